"""Literals that look like secrets are replaced while a module is lowered, so that facts hold none."""

from __future__ import annotations

from analyzer.facts import literals
from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Boolean,
    Bytes,
    Call,
    Compare,
    Conditional,
    Constant,
    Name,
    Secret,
    Sequence,
    Subscript,
)

_DEFAULTS = frozenset({"default", "default_value", "fallback", "failobj"})
"""Keywords that hold the value of a setting nobody set."""

_LOOKUPS = frozenset({"get", "getenv", "setdefault", "config", "env", "str", "pop", "get_env", "getattr", "get_secret"})
"""Last names of functions called with a setting's name and then, maybe, its default."""

_HOLDERS = frozenset({"Field", "SecretStr", "SecretBytes", "Secret", "str", "bytes", "field", "default", "Optional"})
"""Last names of functions whose first argument is the value they stand for."""


def hide(place: tuple[int, int, int, int], value: str) -> Secret | None:
    """A :class:`Secret` for a value that shows by itself what it is."""
    found = literals.by_value(value)
    return found and Secret(*place, found.kind, found.preview, len(value), found.strength)


def reveal(name: str, value: AnyExpression) -> AnyExpression:
    """``value`` given to something called ``name``: its literals become :class:`Secret` where the name is one's."""
    return _replaced(name, value) if literals.is_secret_name(name) else value


def _replaced(name: str, value: AnyExpression) -> AnyExpression:
    if isinstance(value, Constant):
        if type(value.value) is not str:
            return value
        return _named(name, value, value.value)
    if isinstance(value, Bytes):
        return _named(name, value, value.value.decode("latin-1"))
    if isinstance(value, Boolean) and value.op == "or":
        head = (value.line, value.column, value.end_line, value.end_column)
        return Boolean(*head, value.op, [_replaced(name, part) for part in value.values])
    if isinstance(value, Conditional):
        head = (value.line, value.column, value.end_line, value.end_column)
        then, otherwise = _replaced(name, value.then), _replaced(name, value.otherwise)
        return Conditional(*head, value.test, then, otherwise)
    if isinstance(value, Sequence):
        head = (value.line, value.column, value.end_line, value.end_column)
        return Sequence(*head, value.kind, [_listed(name, item) for item in value.items])
    if isinstance(value, Call):
        return _carried(name, value)
    return value


def _named(name: str, node: Constant | Bytes, value: str) -> AnyExpression:
    found = literals.by_name(name, value)
    if found is None:
        return node
    return Secret(
        node.line, node.column, node.end_line, node.end_column,
        found.kind, found.preview, len(value), found.strength,
    )  # fmt: skip


def _listed(name: str, item: AnyExpression) -> AnyExpression:
    """An item of a list with a secret's name counts only when it looks like one by itself."""
    replaced = _replaced(name, item) if isinstance(item, (Constant, Bytes)) else item
    return replaced if isinstance(replaced, Secret) and replaced.strength == "live" else item


def _carried(name: str, call: Call) -> AnyExpression:
    last = _last(call.func)
    arguments = list(call.arguments)
    for position, argument in enumerate(arguments):
        first = position == 0 and argument.keyword is None and not argument.star
        second = position == 1 and argument.keyword is None and not argument.star
        if (argument.keyword in _DEFAULTS) or (first and last in _HOLDERS) or (second and last in _LOOKUPS):
            arguments[position] = Argument(_replaced(name, argument.value), argument.keyword, argument.star)
    return Call(call.line, call.column, call.end_line, call.end_column, call.func, arguments)


def reveal_call(call: Call, chain: str) -> Call:
    """A look-up of a setting by name with a literal default: ``os.getenv("SECRET_KEY", "literal")``."""
    if len(call.arguments) < 2:
        return call
    first = call.arguments[0]
    if first.keyword is not None or not isinstance(first.value, Constant) or type(first.value.value) is not str:
        return call
    if chain.rpartition(".")[2].lower() not in _LOOKUPS and not any(
        argument.keyword in _DEFAULTS for argument in call.arguments
    ):
        return call
    if not literals.is_secret_name(first.value.value):
        return call
    replaced = _carried(first.value.value, call)
    assert isinstance(replaced, Call)
    return replaced


def reveal_compare(compare: Compare) -> Compare:
    """``api_key == "literal"``, either way round."""
    if len(compare.operators) != 1 or compare.operators[0] not in ("==", "!=", "in", "not in"):
        return compare
    left, right = compare.left, compare.comparators[0]
    head = (compare.line, compare.column, compare.end_line, compare.end_column)
    name = name_of(left)
    if name and isinstance(right, (Constant, Bytes, Sequence)):
        return Compare(*head, left, compare.operators, [reveal(name, right)])
    name = name_of(right)
    if name and isinstance(left, (Constant, Bytes)) and compare.operators[0] in ("==", "!="):
        return Compare(*head, reveal(name, left), compare.operators, [right])
    return compare


def name_of(target: AnyExpression) -> str:
    """What a target is called: ``x``, ``y.x``, ``y["x"]``, ``y.get("x")``; ``""`` for anything else."""
    if isinstance(target, Name):
        return target.id
    if isinstance(target, Attribute):
        return target.attr
    if isinstance(target, Subscript):
        index = target.index
        return index.value if isinstance(index, Constant) and isinstance(index.value, str) else ""
    if isinstance(target, Call) and target.arguments and _last(target.func) == "get":
        first = target.arguments[0].value
        return first.value if isinstance(first, Constant) and isinstance(first.value, str) else ""
    return ""


def _last(func: AnyExpression) -> str:
    if isinstance(func, Name):
        return func.id
    return func.attr if isinstance(func, Attribute) else ""
