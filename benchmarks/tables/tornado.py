"""The rules of a Tornado application, through nested routers."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from benchmarks.tables.entries import Entry, write

_VERBS = ("get", "post", "put", "patch", "delete")


def dump(app: Any) -> Iterator[Entry]:
    """Every rule of an application; a handler class answers the methods that it or a base of its own defines."""
    for router in (app.default_router, app.wildcard_router):
        yield from _rules(router.rules)


def _rules(rules: Any) -> Iterator[Entry]:
    for rule in rules:
        target = rule.target
        if inspect.isclass(target):
            path = getattr(getattr(rule, "matcher", None), "regex", None)
            yield from _handler(target, path.pattern if path is not None else "")
        elif hasattr(target, "rules"):
            yield from _rules(target.rules)


def _handler(handler: Any, path: str) -> Iterator[Entry]:
    for verb in _VERBS:
        function = getattr(handler, verb, None)
        if function is not None and not getattr(function, "__qualname__", "").startswith("RequestHandler."):
            yield verb.upper(), path, function, handler
    if any(base.__name__ == "WebSocketHandler" for base in handler.__mro__):
        yield "WEBSOCKET", path, handler.on_message, handler


if __name__ == "__main__":
    write(dump)
