"""The part of BA401 about values that only choose rows: what a condition compares with is stored nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import Argument, Attribute, Call
from analyzer.facts.visit import chain

_CHOOSING = frozenset(
    "filter filter_by where exclude having get aget get_or_404 get_or_none find find_one first_or_404 one_or_404 "
    "match_by select in_bulk options join limit offset order_by".split()
)
"""Methods that choose the rows which the rest of the chain changes: ``Vote.query.filter_by(…).delete()``."""
_REMOVING = re.compile(r"^a?(?:delete|remove|discard|destroy)(?:_|$)|_and_delete$|^(?:z|s|h|l)rem$|^hdel$")
"""Methods that take away what they are given the key of."""
_FILTERED = frozenset({"update_one", "update_many", "replace_one", "find_one_and_update", "find_one_and_replace"})
"""Methods of collections whose first argument chooses the documents."""
_STATEMENT = re.compile(r"\s*(?:insert|update|replace|merge)\b", re.IGNORECASE)
_UPDATE = re.compile(r"\s*update\b(?P<set>.*?)\bwhere\b", re.IGNORECASE | re.DOTALL)
_PLACEHOLDER = re.compile(r"\?|%s|%\(\w+\)s|\$\d|(?<!:):\w")


def only_selects(call: Call) -> bool:
    """Whether a call of a chain that changes a database chooses rows, or removes them, and so stores nothing."""
    last = call.func.attr if isinstance(call.func, Attribute) else chain(call.func)
    return last in _CHOOSING or _REMOVING.search(last) is not None


def selectors(call: Call) -> Iterator[Argument]:
    """The arguments of a document store's method that choose what is changed: ``update_one({"_id": key}, …)``."""
    if not isinstance(call.func, Attribute) or call.func.attr not in _FILTERED:
        return
    if any(one.keyword == "upsert" for one in call.arguments):
        return  # what was asked for becomes part of the document that is made
    for position, one in enumerate(call.arguments):
        if one.keyword == "filter" or (position == 0 and one.keyword is None and not one.star):
            yield one


def puts_values(text: str) -> bool:
    """Whether a statement of SQL writes what is bound to it: ``UPDATE … SET seen = TRUE WHERE id = ?`` does not."""
    found = _UPDATE.match(text)
    if found is not None:
        return _PLACEHOLDER.search(found["set"]) is not None
    return _STATEMENT.match(text) is not None
