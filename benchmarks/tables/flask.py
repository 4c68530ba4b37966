"""``url_map`` of Flask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.tables.entries import Entry, enclosed, write


def dump(app: Any) -> Iterator[Entry]:
    """Every rule of an application, class views by the method that answers."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        made = getattr(view, "view_class", None)
        for method in rule.methods or ():
            if made is None:
                yield method, rule.rule, view, type(getattr(_bound(view), "__self__", None))
            else:
                own = getattr(made, method.lower(), None)
                yield method, rule.rule, own or made.dispatch_request, made


def _bound(view: Any) -> Any:
    """The method of an object that a view is, also behind the hooks that run before it."""
    while not hasattr(view, "__self__"):
        inner = getattr(view, "__wrapped__", None) or enclosed(view)
        if inner is None:
            break
        view = inner
    return view


if __name__ == "__main__":
    write(dump)
