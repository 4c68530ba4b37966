"""Lowered statements: the structured program inside a function, a class body or a module.

Every statement begins with the line and column of its first token and the line of its last.
"""

from __future__ import annotations

import msgspec

from analyzer.facts.expressions import AnyExpression


class Statement(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """Common head of all statements."""

    line: int
    column: int
    end_line: int


class Assign(Statement, tag="=", frozen=True, gc=False, eq=False):
    """``targets[0] = targets[1] = value``; an annotated assignment has one target and an annotation.

    ``value`` is ``None`` for a bare annotation (``x: int``).
    """

    targets: list[AnyExpression]
    value: AnyExpression | None
    annotation: AnyExpression | None = None


class Augment(Statement, tag="+=", frozen=True, gc=False, eq=False):
    """``target op= value``; ``op`` is spelled without the equals sign."""

    target: AnyExpression
    op: str
    value: AnyExpression


class Evaluate(Statement, tag="e", frozen=True, gc=False, eq=False):
    """An expression for its effect. Docstrings are dropped."""

    value: AnyExpression


class Return(Statement, tag="r", frozen=True, gc=False, eq=False):
    value: AnyExpression | None


class Raise(Statement, tag="ra", frozen=True, gc=False, eq=False):
    exception: AnyExpression | None
    cause: AnyExpression | None


class If(Statement, tag="i", frozen=True, gc=False, eq=False):
    """``elif`` is an ``If`` alone in ``otherwise``."""

    test: AnyExpression
    then: list[AnyStatement]
    otherwise: list[AnyStatement]


class For(Statement, tag="fo", frozen=True, gc=False, eq=False):
    target: AnyExpression
    iterable: AnyExpression
    body: list[AnyStatement]
    otherwise: list[AnyStatement]
    is_async: bool


class While(Statement, tag="wh", frozen=True, gc=False, eq=False):
    test: AnyExpression
    body: list[AnyStatement]
    otherwise: list[AnyStatement]


class Handler(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """``except kind as name:``; several types arrive as one tuple expression, however they were spelled."""

    line: int
    column: int
    kind: AnyExpression | None
    name: str | None
    body: list[AnyStatement]


class Try(Statement, tag="t", frozen=True, gc=False, eq=False):
    """``group`` is true for ``except*``."""

    body: list[AnyStatement]
    handlers: list[Handler]
    otherwise: list[AnyStatement]
    final: list[AnyStatement]
    group: bool


class WithItem(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    context: AnyExpression
    target: AnyExpression | None


class With(Statement, tag="wi", frozen=True, gc=False, eq=False):
    items: list[WithItem]
    body: list[AnyStatement]
    is_async: bool


class Pattern(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """One pattern of a ``case``.

    ``kind`` and what the other fields hold:
    ``value`` (``value``: constant or dotted name), ``capture`` (``name``; ``None`` for ``_``), ``as``
    (``patterns[0]`` bound to ``name``), ``or`` (``patterns``), ``sequence`` (``patterns``), ``star`` (``name``),
    ``mapping`` (``keys`` with ``patterns``; ``name`` is the ``**rest``), ``class`` (``value`` is the class,
    ``patterns`` positional first and then one for each of ``keywords``).
    """

    kind: str
    line: int
    column: int
    value: AnyExpression | None = None
    name: str | None = None
    patterns: list[Pattern] = []
    keys: list[AnyExpression] = []
    keywords: list[str] = []


class Case(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    line: int
    pattern: Pattern
    guard: AnyExpression | None
    body: list[AnyStatement]


class Match(Statement, tag="m", frozen=True, gc=False, eq=False):
    subject: AnyExpression
    cases: list[Case]


class Delete(Statement, tag="de", frozen=True, gc=False, eq=False):
    targets: list[AnyExpression]


class Assert(Statement, tag="as", frozen=True, gc=False, eq=False):
    test: AnyExpression
    message: AnyExpression | None


class Scope(Statement, tag="g", frozen=True, gc=False, eq=False):
    """``global`` or ``nonlocal`` names."""

    kind: str
    names: list[str]


class Jump(Statement, tag="j", frozen=True, gc=False, eq=False):
    """``kind`` is ``break``, ``continue`` or ``pass``."""

    kind: str


class ImportHere(Statement, tag="im", frozen=True, gc=False, eq=False):
    """An import statement; ``imports`` are indices into ``Outline.imports``."""

    imports: list[int]


class DefineFunction(Statement, tag="df", frozen=True, gc=False, eq=False):
    """A ``def``; ``function`` is an index into ``Outline.functions``, where its signature and body stand."""

    function: int


class DefineClass(Statement, tag="dc", frozen=True, gc=False, eq=False):
    """A ``class``; ``index`` points into ``Outline.classes``."""

    index: int


class TypeAlias(Statement, tag="ty", frozen=True, gc=False, eq=False):
    """``type name = value``."""

    name: str
    value: AnyExpression


AnyStatement = (
    Assign
    | Augment
    | Evaluate
    | Return
    | Raise
    | If
    | For
    | While
    | Try
    | With
    | Match
    | Delete
    | Assert
    | Scope
    | Jump
    | ImportHere
    | DefineFunction
    | DefineClass
    | TypeAlias
)

Body = list[AnyStatement]
