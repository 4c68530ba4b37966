"""Under which condition an import happens: for type checkers, as an attempt, as a fallback."""

from __future__ import annotations

from collections.abc import Sequence as Series

import libcst as cst

from analyzer.facts.expressions import AnyExpression, Attribute, Boolean, Call, Compare, Constant, Name, Sequence, Unary
from analyzer.facts.outline import Guard
from analyzer.facts.visit import chain
from analyzer.syntax.work import Work

_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_FLAG_NAMES = frozenset({"TYPE_CHECKING", "MYPY"})
"""Names that mean "a type checker is reading" when a module sets them to ``False`` itself."""


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
    if isinstance(test, Name):
        return True if test.id in work.flags else None
    if isinstance(test, Attribute) and test.attr == "TYPE_CHECKING":
        return True if chain(test.value) in work.typing else None
    return None


def within(outer: Guard, inner: Guard) -> Guard:
    """The guard of a block inside a guarded block: a type checker's stays its own, an attempt outweighs a condition."""
    if outer == "type" or (inner == "if" and outer in ("try", "fallback")):
        return outer
    return inner


def note_flag(work: Work, targets: Series[AnyExpression], value: AnyExpression) -> None:
    """Remember names that are set to a type checker's flag, and forget names set to something else."""
    for target in targets:
        if not isinstance(target, Name):
            continue
        if isinstance(value, Constant):
            is_flag = value.value is False and target.id in _FLAG_NAMES
        else:
            is_flag = _for_checkers(work, value) is True
        if is_flag:
            work.flags.add(target.id)
        elif target.id != "TYPE_CHECKING":
            work.flags.discard(target.id)


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
