"""A part that is imported by name in place."""

from tests.oracles.tornado_app.rooms import Room

table = [(r"/lobby", Room)]
