"""Imports made by a call: ``importlib.import_module("a.b")``, ``__import__("a.b")``.

The name may be put together from constants of the module and of the function: ``f"{PLUGINS}.mail"``,
``__package__ + ".mail"``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Series

import msgspec

from analyzer.facts.expressions import AnyExpression, Binary, Call, Constant, Format, Interpolation, Name, Parameter
from analyzer.facts.outline import Import
from analyzer.syntax.work import Work

_OWN = "\0"
_DEPTH = 8
"""Constants made of constants that are looked through; more is a circle."""
_MODULE = re.compile(r"(\.*)((?:[^\W\d]\w*(?:\.[^\W\d]\w*)*)?)\Z")


def note_import(work: Work, call: Call, chain: str) -> None:
    """Remember the import if ``call``, whose function is ``chain``, is one. It is not yet bound to a name."""
    if chain == "__import__":
        if call.arguments:
            _note(work, call, _text(work, call.arguments[0].value), aliased=False)
        return
    head, _, last = chain.rpartition(".")
    if chain not in work.importers and not (last == "import_module" and head in work.importlib):
        return
    name = package = ""
    for position, argument in enumerate(call.arguments):
        if argument.keyword == "name" or (argument.keyword is None and position == 0):
            name = _text(work, argument.value)
        elif argument.keyword == "package" or (argument.keyword is None and position == 1):
            package = _text(work, argument.value)
            if not package:
                return
    if package.startswith(_OWN):
        package = "." if package == _OWN else ""
    if name.startswith(f"{_OWN}."):
        name, package = name.removeprefix(_OWN), "."
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


def note_value(work: Work, targets: Series[AnyExpression], value: AnyExpression) -> None:
    """Remember what a module or a function gives a name."""
    if not work.member:
        for target in targets:
            if isinstance(target, Name):
                work.values[work.function, target.id] = value


def note_parameters(work: Work, parameters: Series[Parameter]) -> None:
    """Remember that the function under work is given these."""
    for parameter in parameters:
        work.values[work.function, parameter.name] = None


def _text(work: Work, value: AnyExpression) -> str:
    return _Texts(work).of(value, work.function, 0)


class _Texts:
    """The texts of constant expressions, ``""`` where one is none; the module's own package is ``_OWN``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def of(self, value: AnyExpression | None, function: int, depth: int) -> str:
        """The text of an expression in a function, −1 for the module."""
        if isinstance(value, Constant):
            return value.value if isinstance(value.value, str) else ""
        if depth > _DEPTH:
            return ""
        if isinstance(value, Name):
            # Only in a package is a name that begins with ``__name__`` one of a module.
            return _OWN if value.id in ("__package__", "__name__") else self._named(value.id, function, depth)
        parts: list[AnyExpression] = []
        if isinstance(value, Binary) and value.op == "+":
            parts = [value.left, value.right]
        elif isinstance(value, Format) and not value.template:
            parts = [_shown(part) for part in value.parts]
        texts = [self.of(part, function, depth + 1) for part in parts]
        return "".join(texts) if all(texts) else ""

    def _named(self, name: str, function: int, depth: int) -> str:
        """The text of a name that has only ever had this one value."""
        values = self._work.values
        uses = self._work.uses if function >= 0 else self._work.module_uses
        written = sum(1 for use in uses if use.kind == "write" and use.chain == name)
        if written or (function, name) in values:
            return self.of(values.get((function, name)), function, depth + 1) if written == 1 else ""
        return self._named(name, -1, depth) if function >= 0 else ""


def _shown(part: AnyExpression) -> AnyExpression:
    plain = isinstance(part, Interpolation) and part.conversion is None and part.spec is None
    return part.value if isinstance(part, Interpolation) and plain else part


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
