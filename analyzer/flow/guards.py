"""What a condition proves about the values it looks at, once it is known to be true or false.

Guards are what audited code does to foreign data before it uses it: membership in an allow-list, comparison with a
constant, a type test, a full match, a digit test, or a call of a function of the project that does one of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Constant,
    Name,
    Sequence,
    Subscript,
    Unary,
    Walrus,
)
from analyzer.facts.visit import chain
from analyzer.flow import paths
from analyzer.flow.environment import Environment, key

DIGITS = frozenset({"isdigit", "isdecimal", "isnumeric"})
WORDS = frozenset({"isalnum", "isalpha", "isidentifier", *DIGITS})
"""String predicates that leave no quote, space or punctuation in the text."""

HARMLESS_TYPES = frozenset(
    {"int", "float", "bool", "complex", "UUID", "Decimal", "date", "datetime", "time", "timedelta", "Enum", "Number"}
)

_VALIDATING = re.compile(r"valid|check|ensure|assert|verify|allow|require|safe|permit|guard|known|whitelist|restrict")
"""Names of functions worth following to see whether they check their argument. The name alone proves nothing."""


_ENOUGH = frozenset({"allowed", "text", "number", "inside"})
"""Kinds of proofs of which any one does where several are asked for."""


_PARSING = frozenset({"int", "float", "decimal", "uuid", "ip_address", "fromisoformat"})
"""Calls, in small letters, that raise for any text that is no number, identifier or date."""


_SAME_HOST = frozenset({"url_has_allowed_host_and_scheme", "is_safe_url"})
"""Django's tests of whether a URL stays on hosts that are allowed."""


class Guard(msgspec.Struct, frozen=True):
    """A proof: the value called ``key`` (read by ``subject``) is of ``kind`` (a kind of part, ``inside`` for a path
    that stays in its folder, or ``prefix`` for what begins with ``text``).

    With a ``call`` the proof hangs on what the called function does with its argument number ``position``; ``text`` is
    the constant for kind ``text``.
    """

    key: str
    kind: str
    subject: AnyExpression
    call: Call | None = None
    text: str = ""
    position: int = 0


def guards(test: AnyExpression, truth: bool, state: Environment, depth: int = 3) -> Iterator[Guard]:
    """What ``test`` proves when it came out as ``truth`` in ``state``."""
    if isinstance(test, Unary) and test.op == "not":
        yield from guards(test.operand, not truth, state, depth)
    elif isinstance(test, Boolean):
        if (test.op == "and") == truth:
            for value in test.values:
                yield from guards(value, truth, state, depth)
        else:
            yield from _either(test, truth, state, depth)
    elif isinstance(test, Compare):
        yield from _compared(test, truth)
        yield from _contained(test, truth, state)
    elif isinstance(test, Call):
        yield from _called(test, truth, state, depth)
    elif isinstance(test, Walrus):
        yield from guards(test.value, truth, state, depth)
    elif isinstance(test, Binary) and test.op == "-" and not truth:
        # ``set(columns) - ALLOWED`` is empty
        yield from _guard(_unwrapped(test.left), "allowed")
    elif isinstance(test, Name) and depth:
        found = state.get(test.id, ())
        if len(found) == 1 and found[0].how == "value" and found[0].expression is not None:
            yield from guards(found[0].expression, truth, state, depth - 1)
    if isinstance(test, Name | Attribute | Subscript) and not truth:
        yield from _guard(test, "allowed")  # empty, zero or nothing


def _either(test: Boolean, truth: bool, state: Environment, depth: int) -> Iterator[Guard]:
    """``if x not in NAMES and x != "main": refuse``: behind it one of several proofs holds, and each would do."""
    sides = [list(guards(value, truth, state, depth)) for value in test.values]
    for first in sides[0]:
        if first.kind not in _ENOUGH or first.call is not None:
            continue
        kinds = [{one.kind for one in side if one.key == first.key and one.kind in _ENOUGH} for side in sides]
        if all(kinds):
            yield Guard(first.key, "inside" if {"inside"} in kinds else "allowed", first.subject)


def called_guard(call: Call, state: Environment) -> Iterator[Guard]:
    """What a call for its effect may prove by returning at all (``validate_column(name)``)."""
    last = chain(call.func).rsplit(".", 1)[-1].lower()
    if isinstance(call.func, Attribute) and call.func.attr == "relative_to":
        for subject in paths.named(call.func.value, state):
            yield from _guard(subject, "inside")
    if last in _PARSING and len(call.arguments) == 1 and not call.arguments[0].star:
        yield from _guard(call.arguments[0].value, "number")  # it would have raised
    if _VALIDATING.search(last):
        for position, argument in enumerate(call.arguments):
            if not argument.star:
                yield from _guard(argument.value, "returned", call, position=position)


def _compared(test: Compare, truth: bool) -> Iterator[Guard]:
    if len(test.operators) != 1:
        return
    operator, right = test.operators[0], test.comparators[0]
    if operator == ("in" if truth else "not in"):
        if not (isinstance(right, Constant) and isinstance(right.value, str)):
            yield from _guard(test.left, "allowed")
    elif operator in ({"==", "is"} if truth else {"!=", "is not"}):
        for one, other in ((test.left, right), (right, test.left)):
            if isinstance(other, Constant) and other.value is not None:
                text = other.value if isinstance(other.value, str) else ""
                yield from _guard(one, "text" if text else "allowed", text=text)
            elif isinstance(other, Constant) or (isinstance(other, Attribute) and other.attr.isupper()):
                yield from _guard(one, "allowed")  # nothing, or one of the names that the code keeps
        if isinstance(test.left, Call) and chain(test.left.func) == "type" and chain(right) in HARMLESS_TYPES:
            for argument in test.left.arguments[:1]:
                yield from _guard(argument.value, "number")
    elif operator == "<=" and truth:
        yield from _guard(_unwrapped(test.left), "allowed")


def _contained(test: Compare, truth: bool, state: Environment) -> Iterator[Guard]:
    """``".." not in name``, ``commonpath([base, path]) == base`` and ``base in path.parents``."""
    if len(test.operators) != 1:
        return
    operator, right = test.operators[0], test.comparators[0]
    if operator == ("not in" if truth else "in") and paths.climbing(test.left):
        held = right.value if isinstance(right, Attribute) and right.attr == "parts" else right
        yield from _guard(held, "inside")
    elif operator == ("in" if truth else "not in") and isinstance(right, Attribute) and right.attr == "parents":
        for subject in paths.named(right.value, state):
            yield from _guard(subject, "inside")
    elif operator == ("==" if truth else "!="):
        for member in (*paths.members(test.left), *paths.members(right)):
            for subject in paths.named(member, state):
                yield from _guard(subject, "inside")


def _stays(call: Call, state: Environment) -> Iterator[Guard]:
    """``path.is_relative_to(base)``, ``os.path.abspath(path).startswith(base)`` of what has been resolved, and
    ``url.startswith("https://api.example.org/")``."""
    if isinstance(call.func, Attribute) and (
        call.func.attr == "is_relative_to" or (call.func.attr == "startswith" and paths.settled(call.func.value, state))
    ):
        for subject in paths.named(call.func.value, state):
            yield from _guard(subject, "inside")
    elif isinstance(call.func, Attribute) and call.func.attr == "startswith" and len(call.arguments) == 1:
        begun = call.arguments[0].value
        # A single slash may be the first of two, behind which a host stands.
        if isinstance(begun, Constant) and isinstance(begun.value, str) and begun.value not in {"", "/"}:
            yield from _guard(call.func.value, "prefix", text=begun.value)


def _called(call: Call, truth: bool, state: Environment, depth: int) -> Iterator[Guard]:
    name = chain(call.func)
    last = name.rsplit(".", 1)[-1]
    arguments = [argument.value for argument in call.arguments if not argument.star]
    if name == "isinstance" and len(arguments) == 2:
        kinds = arguments[1].items if isinstance(arguments[1], Sequence) else [arguments[1]]
        if truth and all(chain(kind).rsplit(".", 1)[-1] in HARMLESS_TYPES for kind in kinds):
            yield from _guard(arguments[0], "number")
    elif name in {"all", "any"} and len(arguments) == 1 and isinstance(arguments[0], Comprehension):
        if truth == (name == "all"):
            yield from _quantified(arguments[0], truth, state)
    elif not truth:
        if last == "startswith" and isinstance(call.func, Attribute) and _hosts(arguments):
            yield from _guard(call.func.value, "prefix", text="/")  # a path on the same host, if anything
        if name == "bool" and arguments and depth:
            yield from guards(arguments[0], truth, state, depth - 1)
        return
    elif last in {"is_relative_to", "startswith"}:
        yield from _stays(call, state)
    elif last in WORDS and isinstance(call.func, Attribute) and not arguments:
        yield from _guard(call.func.value, "number" if last in DIGITS else "allowed")
    elif last == "issubset" and isinstance(call.func, Attribute):
        yield from _guard(_unwrapped(call.func.value), "allowed")
    elif last in {"fullmatch", "match"} and arguments:
        yield from _full_match(last, name, arguments)
    elif last in _SAME_HOST and arguments:
        named = [one.value for one in call.arguments if one.keyword == "url"]
        yield from _guard((named or arguments)[0], "prefix", text="/")
    elif _VALIDATING.search(last.lower()):
        for position, argument in enumerate(call.arguments):
            if not argument.star:
                yield from _guard(argument.value, "answered", call, position=position)
        if isinstance(call.func, Attribute):
            yield from _guard(call.func.value, "answered", call, position=-1)


def _hosts(arguments: list[AnyExpression]) -> bool:
    """Whether a prefix asked for is the two slashes before a host."""
    named = arguments[0].items if arguments and isinstance(arguments[0], Sequence) else arguments[:1]
    return any(isinstance(one, Constant) and one.value == "//" for one in named)


def _full_match(last: str, name: str, arguments: list[AnyExpression]) -> Iterator[Guard]:
    by_module = name.split(".", 1)[0] in {"re", "regex"} and len(arguments) > 1
    subject = arguments[1] if by_module else arguments[0]
    pattern = arguments[0].value if isinstance(arguments[0], Constant) else None
    open_ended = isinstance(pattern, str) and not pattern.endswith(("$", "\\Z", "\\z"))
    if last == "match" and by_module and open_ended:
        return
    yield from _guard(subject, "allowed")


def _quantified(test: Comprehension, truth: bool, state: Environment) -> Iterator[Guard]:
    if len(test.generators) != 1:
        return
    generator = test.generators[0]
    target = key(generator.target)
    for guard in guards(test.element, truth, state, 1):
        if guard.key == target:
            yield from _guard(generator.iterable, guard.kind, guard.call, guard.text, guard.position)


def _unwrapped(expression: AnyExpression) -> AnyExpression:
    if isinstance(expression, Call) and expression.arguments and chain(expression.func) in {"set", "frozenset"}:
        return expression.arguments[0].value
    return expression


def _guard(
    subject: AnyExpression, kind: str, call: Call | None = None, text: str = "", position: int = 0
) -> Iterator[Guard]:
    """A guard on a place; one on ``x.lower()`` or ``str(x)`` is none on ``x`` itself unless nothing is lost."""
    if isinstance(subject, Walrus):
        subject = subject.target
    if (
        isinstance(subject, Call)
        and isinstance(subject.func, Attribute)
        and subject.func.attr in {"lower", "upper", "casefold"}
        and not subject.arguments
    ):
        subject = subject.func.value
    elif (
        isinstance(subject, Call)
        and isinstance(subject.func, Attribute)
        and subject.func.attr in {"replace"}
        and all(isinstance(argument.value, Constant) for argument in subject.arguments)
    ):
        # ``name.replace("_", "").isalnum()``
        subject = subject.func.value
    name = key(subject)
    if name:
        yield Guard(name, kind, subject, call, text, position)
