"""Under which condition an import happens: for type checkers, as an attempt, as a fallback."""

from __future__ import annotations

import re
from collections.abc import Sequence as Series

import libcst as cst

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Boolean,
    Call,
    Compare,
    Conditional,
    Constant,
    Name,
    Sequence,
    Subscript,
    Unary,
    Walrus,
)
from analyzer.facts.outline import Guard
from analyzer.facts.visit import chain
from analyzer.syntax.work import Work

_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_FLAG_NAMES = frozenset({"TYPE_CHECKING", "MYPY"})
"""Names that mean "a type checker is reading" when a module sets them to ``False`` itself."""
_DOTTED = re.compile(r"\w+(?:\.\w+)*")


def branches(work: Work, test: AnyExpression) -> tuple[Guard, Guard]:
    """The guards of the branch taken when ``test`` holds and of the one taken when it does not."""
    outer = work.guard
    verdict = _for_checkers(work, test)
    if verdict is None:
        inner = within(outer, "if")
        return inner, inner
    return ("type", outer) if verdict else (outer, "type")


def _for_checkers(work: Work, test: AnyExpression) -> bool | None:
    """True: only a type checker goes in; False: only run time does; None: an ordinary condition."""
    if isinstance(test, Unary) and test.op == "not":
        verdict = _for_checkers(work, test.operand)
        return None if verdict is None else not verdict
    if isinstance(test, Compare) and test.operators in (["is"], ["=="]):
        other = test.comparators[0]
        return _for_checkers(work, test.left) if isinstance(other, Constant) and other.value is True else None
    if isinstance(test, Constant):
        return True if test.value in (False, 0) and test.value is not None else None
    if isinstance(test, Boolean) and test.op == "and":
        return True if any(_for_checkers(work, value) for value in test.values) else None
    if isinstance(test, Walrus):
        note_flag(work, [test.target], test.value)
        return _for_checkers(work, test.value)
    if isinstance(test, Conditional):
        return _chosen(work, test)
    if isinstance(test, Call) and chain(test.func) == "bool" and len(test.arguments) == 1:
        return _for_checkers(work, test.arguments[0].value)
    if isinstance(test, Name):
        return True if test.id in work.flags else None
    if isinstance(test, Attribute) and test.attr == "TYPE_CHECKING":
        return True if chain(test.value) in work.typing else None
    return None


def _chosen(work: Work, test: Conditional) -> bool | None:
    """``True if TYPE_CHECKING else False`` is the flag again, with the values exchanged its opposite."""
    verdict = _for_checkers(work, test.test)
    values = [value.value if isinstance(value, Constant) else None for value in (test.then, test.otherwise)]
    if verdict is None or values not in ([True, False], [False, True]):
        return None
    return verdict is values[0]


def asked(test: AnyExpression, *, holds: bool) -> tuple[str, ...]:
    """The dotted names that are true when ``test`` holds, or when it does not: a flag of another module may be one."""
    if isinstance(test, Unary) and test.op == "not":
        return asked(test.operand, holds=not holds)
    if isinstance(test, Boolean):
        every = test.op == ("and" if holds else "or")
        return tuple(name for value in test.values for name in asked(value, holds=holds)) if every else ()
    if isinstance(test, Compare) and test.operators in (["is"], ["=="]):
        other = test.comparators[0]
        return asked(test.left, holds=holds) if isinstance(other, Constant) and other.value is True else ()
    name = chain(test) if holds and isinstance(test, Name | Attribute) else ""
    return (name,) if _DOTTED.fullmatch(name) else ()


def within(outer: Guard, inner: Guard) -> Guard:
    """The guard of a block inside a guarded block: a type checker's stays its own, an attempt outweighs a condition."""
    if outer == "type" or (inner == "if" and outer in ("try", "fallback")):
        return outer
    return inner


def note_flag(work: Work, targets: Series[AnyExpression], value: AnyExpression) -> None:
    """Remember names that are set to a type checker's flag, and forget names set to something else."""
    for target in targets:
        planted = _planted(target)
        name = target.id if isinstance(target, Name) else planted
        if not name:
            continue
        if isinstance(value, Constant):
            is_flag = value.value is False and (name in _FLAG_NAMES or name == planted)
        else:
            is_flag = _for_checkers(work, value) is True
        if is_flag:
            work.flags.add(name)
        elif name != "TYPE_CHECKING":
            work.flags.discard(name)


def _planted(target: AnyExpression) -> str:
    """The name in ``globals()["CHECKING"] = False``: set where type checkers do not see it."""
    if not isinstance(target, Subscript) or not isinstance(target.index, Constant):
        return ""
    name = target.index.value
    planted = isinstance(target.value, Call) and chain(target.value.func) == "globals"
    return name if planted and isinstance(name, str) else ""


def catches_import_error(kind: cst.BaseExpression | None) -> bool:
    """Whether a handler for this type (none: every type) sees an import fail."""
    if kind is None:
        return True
    if isinstance(kind, cst.Tuple):
        return any(catches_import_error(element.value) for element in kind.elements)
    if isinstance(kind, cst.Attribute):
        return kind.attr.value in _IMPORT_ERRORS
    return isinstance(kind, cst.Name) and kind.value in _IMPORT_ERRORS


def suppresses_import_error(value: AnyExpression) -> bool:
    """``contextlib.suppress(ImportError)``."""
    if not isinstance(value, Call) or chain(value.func).rpartition(".")[2] != "suppress":
        return False
    kinds = [argument.value for argument in value.arguments]
    kinds += [item for kind in kinds if isinstance(kind, Sequence) for item in kind.items]
    return any(chain(kind).rpartition(".")[2] in _IMPORT_ERRORS for kind in kinds)
