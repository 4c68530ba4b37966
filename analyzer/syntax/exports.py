"""``__all__``: what a module says it exports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.facts.expressions import AnyExpression, Binary, Call, Constant, Name, Sequence, Starred
from analyzer.facts.statements import AnyStatement, Assign, Augment, Evaluate, For, If, Try, While, With
from analyzer.facts.visit import chain


def exports(body: Iterable[AnyStatement]) -> list[str] | None:
    """The names in ``__all__``; ``None`` when there is none or any part of it is not constant."""
    names: list[str] | None = None
    for statement in _statements(body):
        if isinstance(statement, Assign):
            if statement.value is None or not any(_is_all(target) for target in statement.targets):
                continue
            names = _constants(statement.value, names)
        elif isinstance(statement, Augment):
            if not _is_all(statement.target):
                continue
            names = _joined(names, _constants(statement.value, names))
        elif isinstance(statement, Evaluate) and isinstance(statement.value, Call):
            names = _called(statement.value, names)
        else:
            continue
        if names is None and _touches(statement):
            return None
    return names


def _statements(body: Iterable[AnyStatement]) -> Iterator[AnyStatement]:
    for statement in body:
        yield statement
        if isinstance(statement, If):
            yield from _statements([*statement.then, *statement.otherwise])
        elif isinstance(statement, Try):
            handled = [each for handler in statement.handlers for each in handler.body]
            yield from _statements([*statement.body, *handled, *statement.otherwise, *statement.final])
        elif isinstance(statement, (For, While, With)):
            yield from _statements(statement.body)


def _is_all(target: AnyExpression) -> bool:
    return isinstance(target, Name) and target.id == "__all__"


def _touches(statement: AnyStatement) -> bool:
    if isinstance(statement, Evaluate):
        return isinstance(statement.value, Call) and chain(statement.value.func).startswith("__all__.")
    return True


def _called(call: Call, names: list[str] | None) -> list[str] | None:
    method = chain(call.func)
    if not method.startswith("__all__."):
        return names
    if len(call.arguments) != 1 or names is None:
        return None
    value = call.arguments[0].value
    if method == "__all__.extend":
        return _joined(names, _constants(value, names))
    text = value.value if isinstance(value, Constant) else None
    if not isinstance(text, str):
        return None
    if method == "__all__.append":
        return [*names, text]
    if method == "__all__.remove":
        return [name for name in names if name != text]
    return None


def _joined(left: list[str] | None, right: list[str] | None) -> list[str] | None:
    return None if left is None or right is None else [*left, *right]


def _constants(value: AnyExpression, names: list[str] | None) -> list[str] | None:
    """The texts of a display, or of displays (and ``__all__`` itself) added up."""
    if isinstance(value, Binary) and value.op == "+":
        return _joined(_constants(value.left, names), _constants(value.right, names))
    if _is_all(value):
        return names
    if isinstance(value, Call) and chain(value.func) in ("list", "tuple", "sorted") and len(value.arguments) == 1:
        return _constants(value.arguments[0].value, names)
    if not isinstance(value, Sequence):
        return None
    found: list[str] = []
    for item in value.items:
        if isinstance(item, Starred):
            inner = _constants(item.value, names)
            if inner is None:
                return None
            found += inner
        elif isinstance(item, Constant) and isinstance(item.value, str):
            found.append(item.value)
        else:
            return None
    return found
