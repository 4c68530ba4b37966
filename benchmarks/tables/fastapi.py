"""``app.routes`` of FastAPI and Starlette, through mounts."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from benchmarks.tables.entries import Entry, write


def dump(app: Any) -> Iterator[Entry]:
    """Every route of an application and of what is mounted in it."""
    yield from _routes(app, "")


def _routes(app: Any, prefix: str) -> Iterator[Entry]:
    for route in [*app.routes, *_versioned(app)]:
        path = prefix + getattr(route, "path", "")
        endpoint = getattr(route, "endpoint", None)
        included = getattr(route, "original_router", None)
        if included is not None:  # FastAPI, since it no longer copies the routes of what it includes.
            yield from _routes(included, prefix + route.include_context.prefix)
        elif endpoint is None:
            inner = getattr(route, "app", None)
            yield from _routes(inner if hasattr(inner, "routes") else route, path) if hasattr(route, "routes") else ()
        elif inspect.isclass(endpoint):
            for verb in ("get", "post", "put", "patch", "delete"):
                if hasattr(endpoint, verb):
                    yield verb.upper(), path, getattr(endpoint, verb), endpoint
        else:
            for method in getattr(route, "methods", None) or ["WEBSOCKET"]:
                yield method, path, endpoint, None


def _versioned(app: Any) -> Iterator[Any]:
    """The routes that Cadwyn's applications keep apart, a table a version of the API, once they have been made."""
    if hasattr(app, "generate_and_include_versioned_routers"):
        app._cadwyn_initialize()
        for router in app.router.versioned_routers.values():
            yield from router.routes


if __name__ == "__main__":
    write(dump)
