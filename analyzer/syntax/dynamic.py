"""Imports made by a call with a constant: ``importlib.import_module("a.b")``, ``__import__("a.b")``."""

from __future__ import annotations

import re

import msgspec

from analyzer.facts.expressions import AnyExpression, Argument, Call, Constant, Name
from analyzer.facts.outline import Import
from analyzer.syntax.work import Work

_MODULE = re.compile(r"(\.*)((?:[^\W\d]\w*(?:\.[^\W\d]\w*)*)?)\Z")


def note_import(work: Work, call: Call, chain: str) -> None:
    """Remember the import if ``call``, whose function is ``chain``, is one. It is not yet bound to a name."""
    if chain == "__import__":
        if call.arguments:
            _note(work, call, _constant(call.arguments[0]), aliased=False)
        return
    head, _, last = chain.rpartition(".")
    if chain not in work.importers and not (last == "import_module" and head in work.importlib):
        return
    name = package = ""
    for position, argument in enumerate(call.arguments):
        if argument.keyword == "name" or (argument.keyword is None and position == 0):
            name = _constant(argument)
        elif argument.keyword == "package" or (argument.keyword is None and position == 1):
            package = "." if _is_own_package(argument.value) else _constant(argument)
            if not package:
                return
    if name.startswith(".") and package and package != ".":
        # ``import_module("..x", "a.b")`` is ``a.x``: one dot is the package itself.
        dots = len(name) - len(name.lstrip("."))
        base = package.split(".")
        base = base[: len(base) - (dots - 1)]
        name = ".".join([*base, name.lstrip(".")]) if base else ""
    elif name.startswith(".") and not package:
        return
    _note(work, call, name, aliased=True)


def bind_import(work: Work, before: int, name: str, value: AnyExpression) -> None:
    """Bind the import that ``value`` itself is — the last one noted since ``before`` — to a name."""
    if len(work.imports) <= before or not isinstance(value, Call):
        return
    last = work.imports[-1]
    if last.dynamic and (last.line, last.column) == (value.line, value.column):
        work.imports[-1] = msgspec.structs.replace(last, bound=name)


def _constant(argument: Argument) -> str:
    value = argument.value
    return value.value if isinstance(value, Constant) and isinstance(value.value, str) else ""


def _is_own_package(value: AnyExpression) -> bool:
    return isinstance(value, Name) and value.id == "__package__"


def _note(work: Work, call: Call, name: str, *, aliased: bool) -> None:
    found = _MODULE.match(name)
    if not found or not name:
        return
    dots, module = found.groups()
    work.imports.append(
        Import(
            module, len(dots), None, "", aliased, work.function, work.guard, True,
            call.line, call.column, call.end_line, call.end_column, work.when,
        )
    )  # fmt: skip
