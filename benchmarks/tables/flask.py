"""``url_map`` of Flask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.tables.entries import Entry, write


def dump(app: Any) -> Iterator[Entry]:
    """Every rule of an application, class views by the method that answers."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        made = getattr(view, "view_class", None)
        for method in rule.methods or ():
            if made is None:
                yield method, rule.rule, view, type(getattr(view, "__self__", None))
            else:
                own = getattr(made, method.lower(), None)
                yield method, rule.rule, own or made.dispatch_request, made


if __name__ == "__main__":
    write(dump)
