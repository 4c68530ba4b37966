"""An application whose parts are imported by name, and copied with a prefix before their patterns."""

import importlib

import tornado.web

from tests.oracles.tornado_app.handlers import Health

PARTS = {
    "none": None,
    "reports": ["tests.oracles.tornado_app.reports"],
    "both": ["tests.oracles.tornado_app.reports", "tests.oracles.tornado_app.rooms"],
}
BASE = "/base"


def table_of(name):
    part = importlib.import_module(name)
    return part.table


class Gathered(tornado.web.Application):
    def __init__(self, parts):
        super().__init__(self.gather(parts))

    def gather(self, parts):
        gathered = []
        for part in parts:
            names = PARTS[part]
            if names is not None:
                for name in names:
                    gathered.extend(table_of(name))
        gathered.extend(importlib.import_module("tests.oracles.tornado_app.lobby").table)
        prefixed = []
        for item in gathered:
            pattern = BASE + item[0]
            whole = (pattern, *list(item[1:]))
            prefixed.append(whole)
        prefixed.append((r"/base/%s" % "end", Health))  # noqa: UP031
        return prefixed


def create():
    return Gathered(["none", "reports", "both"])
