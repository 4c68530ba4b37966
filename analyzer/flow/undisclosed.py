"""Values that go by a secret's name, or were made of one, and give nothing away: digests, masks, names, no text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Boolean,
    Call,
    Constant,
    Name,
    Sequence,
    Subscript,
    Unary,
)
from analyzer.facts.outline import Function
from analyzer.facts.secretnames import split
from analyzer.facts.statements import AnyStatement, Assign, Delete, If, Jump, Raise, Return
from analyzer.facts.visit import blocks, chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow
from analyzer.flow.origins import Origin
from analyzer.flow.sensitive import sensitive
from analyzer.project.target import Place

_DIGESTS = frozenset({"hash", "hashed", "digest", "fingerprint", "masked", "redacted"})
_LOOKING_UP = re.compile(r"^(?:get|read|fetch|load)_(?:\w+_)?(?:secret|env|environ|setting|config|parameter)(?:_\w+)?$")
"""Functions that are told the name of what they look up: ``get_secret("CACHE_HOST")``."""
_ROWS = re.compile(r"session\.(?:add|delete|refresh|merge|expunge)$")
_TEXTS = frozenset({"str", "bytes"})


def speaks_of(name: str) -> bool:
    """Whether a variable is called a digest, a mask or a name: ``api_key_hash``, ``hashed_token``, ``secret_env_name``.

    The digest of a password is a secret of its own (see :mod:`~analyzer.flow.sensitive`).
    """
    words = split(name) if len(name) < 80 else []
    if not words or sensitive(name) == "password hash":
        return False
    return words[-1] == "name" or not _DIGESTS.isdisjoint(words)


def starred(origins: Iterable[AnyExpression]) -> bool:
    """Whether a value is masked on one of the ways to it: ``key = key[:8] + "*" * 15`` where there was a key."""
    return any(
        isinstance(inner, Binary) and inner.op == "*" and "*" in str(getattr(inner.left, "value", ""))
        for one in origins
        if isinstance(one, Binary)
        for inner in walk(one)
    )


def unset(one: AnyExpression, origin: Origin) -> bool:
    """Whether an attribute comes from an empty default, which somebody sets: ``api_key: str | None = None``."""
    made = origin.expression
    return (
        isinstance(one, Attribute)
        and origin.place.index < 0
        and isinstance(made, Constant)
        and made.value in {None, ""}
    )


def masked_in_place(flow: Flow, place: Place, one: Name) -> bool:
    """Whether items of a mapping are masked or taken out before it is shown: ``body[key] = "***"``,
    ``del body["pin"]``, ``body.pop("password", None)``."""
    function, changing = flow.project.function(place), {f"{one.id}[]", f"{one.id}.pop"}
    if function is not None and all(use.chain not in changing for use in function.uses):
        return False
    for node in walk(flow.project.body(place)):
        if getattr(node, "line", 0) > one.line:
            continue
        written = isinstance(node, Assign) and isinstance(node.value, Constant) and isinstance(node.value.value, str)
        items: list[tuple[AnyExpression, AnyExpression]] = []
        if (isinstance(node, Assign) and written) or isinstance(node, Delete):
            items = [(target.value, target.index) for target in node.targets if isinstance(target, Subscript)]
        elif isinstance(node, Call) and isinstance(node.func, Attribute) and node.func.attr == "pop" and node.arguments:
            items = [(node.func.value, node.arguments[0].value)]
        for holder, key in items:
            if chain(holder) == one.id and (not isinstance(key, Constant) or sensitive(str(key.value))):
                return True
    return False


def looked_up(call: Call, last: str) -> str | None:
    """The name that a function of the project is told to look up; ``None`` for other calls."""
    if _LOOKING_UP.match(last) is None:
        return None
    name = argument(call, 0)
    return name.value if isinstance(name, Constant) and isinstance(name.value, str) else None


def a_row(flow: Flow, function: Function, place: Place, name: str) -> bool:
    """Whether a session of an object mapper takes a value: then it is a record and no text."""
    if not any(use.kind == "call" and _ROWS.search(use.chain) for use in function.uses):
        return False
    return any(
        isinstance(one, Call)
        and isinstance(one.func, Attribute)
        and _ROWS.search(chain(one.func)) is not None
        and any(chain(given.value) == name for given in one.arguments)
        for one in walk(flow.project.body(place))
    )


def no_text(flow: Flow, place: Place, name: str, line: int) -> bool:
    """Whether a line is reached only with a value that is no text: ``if isinstance(key, str): return …`` before it."""
    function = flow.project.function(place)
    if function is None or not any(use.chain == "isinstance" for use in function.uses):
        return False
    return any(first <= line <= last for first, last in _elsewhere(flow.project.body(place), name))


def _elsewhere(body: list[AnyStatement], name: str) -> Iterator[tuple[int, int]]:
    """The lines that only values of other types than text reach."""
    for block in blocks(body):
        for one in block:
            if not isinstance(one, If):
                continue
            asked = _asks(one.test, name)
            if asked == "other" and one.then:
                yield one.then[0].line, one.then[-1].end_line
            if asked == "text" and one.otherwise:
                yield one.otherwise[0].line, one.otherwise[-1].end_line
            if asked == "text" and one.then and isinstance(one.then[-1], Return | Raise | Jump):
                yield one.end_line + 1, block[-1].end_line


def _asks(test: AnyExpression, name: str) -> str:
    """``text`` for ``isinstance(name, str)``, ``other`` for the opposite, also beside other conditions."""
    if isinstance(test, Unary) and test.op == "not":
        return "other" if _asks(test.operand, name) == "text" else ""
    if isinstance(test, Boolean) and test.op == "and":
        return "other" if any(_asks(one, name) == "other" for one in test.values) else ""
    if not isinstance(test, Call) or chain(test.func) != "isinstance" or len(test.arguments) != 2:
        return ""
    asked, types = test.arguments[0].value, test.arguments[1].value
    listed = types.items if isinstance(types, Sequence) else [types]
    named = isinstance(asked, Name) and asked.id == name
    return "text" if named and any(chain(one) in _TEXTS for one in listed) else ""
