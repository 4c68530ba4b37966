"""Paths as objects: what makes one, what its parts are, and which conditions keep it in its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Binary, Call, Constant, Sequence
from analyzer.facts.visit import chain, walk
from analyzer.flow.environment import Environment
from analyzer.flow.parts import Value

if TYPE_CHECKING:
    from analyzer.flow.values import Evaluation

CLASSES = frozenset(
    {"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath", "anyio.Path", "upath.UPath"}
)
SAME = frozenset({"resolve", "absolute", "expanduser"})
"""Methods of a path that name the same file."""
LAST = frozenset({"name", "stem", "suffix"})
"""Attributes of a path without a slash in them."""
_MADE = SAME | {"joinpath", "with_suffix", "with_name", "with_stem"}
_SETTLING = frozenset({"resolve", "realpath", "abspath", "normpath", "absolute"})
"""Calls after which no ``..`` is left in a path."""
_SHOWING = frozenset({"str", "fspath", "Path", "PurePath"})


def is_path(run: Evaluation, expression: AnyExpression, state: Environment) -> bool:
    """Whether an expression is a path object: of ``Path(…)``, of a division, of a parameter declared so."""
    for origin in run.flow_origins(expression, state):
        made = origin.expression
        if isinstance(made, Binary) and made.op == "/":
            return True
        if isinstance(made, Call) and isinstance(made.func, Attribute) and made.func.attr in _MADE:
            return True
        called = made.func if isinstance(made, Call) else made
        target = run.flow.project.resolve_expression(origin.place, called) if chain(called) else None
        if target is not None and any(target.dotted.startswith(name) for name in CLASSES):
            return True
    return False


def last_part(value: Value) -> Value:
    """The last part of a path: whatever it is made of, there is no slash in it."""
    return Value(
        tuple(
            tuple(msgspec.structs.replace(part, type="segment") if part.source else part for part in row)
            for row in value.rows
        )
    )


def settled(expression: AnyExpression, state: Environment) -> bool:
    """Whether a path has been resolved where it stands, or where the name for it was given its value."""
    for made in (expression, *_values(expression, state)):
        calls = (node for node in walk(made) if isinstance(node, Call))
        if any(chain(node.func).rpartition(".")[2] in _SETTLING or _method(node) in _SETTLING for node in calls):
            return True
    return False


def named(expression: AnyExpression, state: Environment) -> list[AnyExpression]:
    """The names that stand for the path in a condition, and those it was resolved from: ``full`` and ``path`` after
    ``full = path.resolve()``."""
    found = [_bare(expression)]
    found += [_bare(one) for one in _values(found[0], state)]
    return found


def members(expression: AnyExpression) -> list[AnyExpression]:
    """The paths of ``os.path.commonpath([base, path])``."""
    if isinstance(expression, Call) and chain(expression.func).rpartition(".")[2] in {"commonpath", "commonprefix"}:
        given = expression.arguments[0].value if expression.arguments else None
        return list(given.items) if isinstance(given, Sequence) else []
    return []


def climbing(expression: AnyExpression) -> bool:
    """Whether a text is one that a path climbs or leaves its folder with."""
    if isinstance(expression, Constant):
        return expression.value in {"..", "../", "/", "/..", "\\", "..\\"}
    return chain(expression) in {"os.sep", "os.path.sep", "os.pardir", "os.path.pardir"}


def cuts(expression: AnyExpression, first: bool) -> bool:
    """Whether an item of what a call gives has no way up in it: of ``path.split("/")``, which takes the slashes away,
    or what comes after the ``first`` one of ``name.rsplit(".", 1)`` and ``splitext(name)``, behind whatever name the
    code gives the file."""
    if not isinstance(expression, Call) or not expression.arguments:
        return False
    last = chain(expression.func).rpartition(".")[2] or _method(expression)
    at = expression.arguments[0].value
    if last == "splitext":
        return not first
    if last not in {"split", "rsplit", "partition", "rpartition"} or not isinstance(at, Constant):
        return False
    return at.value == "/" or (at.value == "." and not first)


def _values(expression: AnyExpression, state: Environment) -> list[AnyExpression]:
    known = state.get(chain(expression), ())
    return [one.expression for one in known if one.how == "value" and one.expression is not None]


def _bare(expression: AnyExpression) -> AnyExpression:
    """``path`` for ``str(path.resolve())`` and ``os.path.realpath(path)``."""
    while True:
        if isinstance(expression, Await):
            expression = expression.value
        elif not isinstance(expression, Call):
            return expression
        elif _method(expression) in _SETTLING and not expression.arguments and isinstance(expression.func, Attribute):
            expression = expression.func.value
        elif chain(expression.func).rpartition(".")[2] in _SHOWING | _SETTLING and expression.arguments:
            expression = expression.arguments[0].value
        else:
            return expression


def _method(call: Call) -> str:
    return call.func.attr if isinstance(call.func, Attribute) else ""
