"""Constants of paths."""

VERSION = "v2"
PREFIX = f"/api/{VERSION}"
USERS = "/users"
