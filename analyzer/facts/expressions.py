"""Lowered expressions: what code computes, without its spelling.

Every expression is an array-like struct whose first four fields are its position (1-based line and column in
code points, end column exclusive). Parentheses and comments are gone; nothing that changes meaning is.
"""

from __future__ import annotations

import msgspec


class Expression(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """Common head of all expressions: where the expression stands."""

    line: int
    column: int
    end_line: int
    end_column: int


class Constant(Expression, tag="c", frozen=True, gc=False, eq=False):
    """A literal. Integers beyond 64 bits and imaginary numbers arrive as :class:`Opaque`, bytes as :class:`Bytes`."""

    value: bool | int | float | str | None


class Bytes(Expression, tag="by", frozen=True, gc=False, eq=False):
    """A bytes literal."""

    value: bytes


class Opaque(Expression, tag="o", frozen=True, gc=False, eq=False):
    """A literal whose value no rule needs: ``...``, ``3j``, a huge integer. ``text`` is its spelling."""

    text: str


class Secret(Expression, tag="z", frozen=True, gc=False, eq=False):
    """A string literal that looks like a secret; its value is not kept anywhere.

    ``kind`` says what it looks like (``token:github``, ``pem``, ``url``, ``named`` …); ``preview`` is a safe
    shortened form for messages (``"ghp_…"``); ``length`` counts code points; ``strength`` is ``"live"``
    (a known token format or a random-looking value), ``"plain"`` (a real but weak value) or ``"placeholder"``
    (``changeme`` and its kind). It behaves like a constant string of unknown content.
    """

    kind: str
    preview: str
    length: int
    strength: str


class Name(Expression, tag="n", frozen=True, gc=False, eq=False):
    """A variable read or written."""

    id: str


class Attribute(Expression, tag="a", frozen=True, gc=False, eq=False):
    """``value.attr``."""

    value: AnyExpression
    attr: str


class Subscript(Expression, tag="s", frozen=True, gc=False, eq=False):
    """``value[index]``; several indices arrive as one :class:`Sequence` of kind ``tuple``."""

    value: AnyExpression
    index: AnyExpression


class Slice(Expression, tag="sl", frozen=True, gc=False, eq=False):
    """``lower:upper:step`` inside a subscript."""

    lower: AnyExpression | None
    upper: AnyExpression | None
    step: AnyExpression | None


class Argument(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """One argument of a call: ``keyword`` for ``name=value``, ``star`` 1 for ``*value``, 2 for ``**value``."""

    value: AnyExpression
    keyword: str | None = None
    star: int = 0


class Call(Expression, tag="k", frozen=True, gc=False, eq=False):
    """``func(arguments…)``."""

    func: AnyExpression
    arguments: list[Argument]


class Unary(Expression, tag="u", frozen=True, gc=False, eq=False):
    """``op`` is ``not``, ``-``, ``+`` or ``~``."""

    op: str
    operand: AnyExpression


class Binary(Expression, tag="b", frozen=True, gc=False, eq=False):
    """``op`` is the operator's spelling: ``+``, ``%``, ``//``, ``@`` …"""

    op: str
    left: AnyExpression
    right: AnyExpression


class Boolean(Expression, tag="bo", frozen=True, gc=False, eq=False):
    """``op`` is ``and`` or ``or``; chains of one operator are flattened."""

    op: str
    values: list[AnyExpression]


class Compare(Expression, tag="cm", frozen=True, gc=False, eq=False):
    """``left op0 right0 op1 right1 …``; operators as spelled, ``not in`` and ``is not`` with one space."""

    left: AnyExpression
    operators: list[str]
    comparators: list[AnyExpression]


class Conditional(Expression, tag="if", frozen=True, gc=False, eq=False):
    """``then if test else otherwise``."""

    test: AnyExpression
    then: AnyExpression
    otherwise: AnyExpression


class Lambda(Expression, tag="l", frozen=True, gc=False, eq=False):
    """``lambda parameters: body``."""

    parameters: list[Parameter]
    body: AnyExpression


class Interpolation(Expression, tag="fi", frozen=True, gc=False, eq=False):
    """``{value!conversion:spec}`` of formatted text; ``spec`` is a :class:`Format` or ``None``."""

    value: AnyExpression
    conversion: str | None
    spec: AnyExpression | None


class Format(Expression, tag="f", frozen=True, gc=False, eq=False):
    """Formatted text: parts are :class:`Constant` strings (:class:`Secret` where one shows a token or credentials) and
    :class:`Interpolation`.

    ``template`` is true for a t-string, whose value is not text. Neighbouring literals joined by the grammar
    (``"a" f"{b}"``) arrive as one ``Format``; plain neighbours as one :class:`Constant`.
    """

    parts: list[AnyExpression]
    template: bool = False


class Sequence(Expression, tag="q", frozen=True, gc=False, eq=False):
    """A display: ``kind`` is ``list``, ``tuple`` or ``set``; items may be :class:`Starred`."""

    kind: str
    items: list[AnyExpression]


class Mapping(Expression, tag="d", frozen=True, gc=False, eq=False):
    """A dict display; a key of ``None`` (no expression) marks ``**value``."""

    keys: list[AnyExpression | None]
    values: list[AnyExpression]


class Starred(Expression, tag="st", frozen=True, gc=False, eq=False):
    """``*value`` in a display or a target."""

    value: AnyExpression


class Generator(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """One ``for target in iterable if …`` of a comprehension."""

    target: AnyExpression
    iterable: AnyExpression
    conditions: list[AnyExpression]
    is_async: bool


class Comprehension(Expression, tag="cp", frozen=True, gc=False, eq=False):
    """``kind`` is ``list``, ``set``, ``dict`` or ``generator``; ``value`` is set for ``dict`` only."""

    kind: str
    element: AnyExpression
    value: AnyExpression | None
    generators: list[Generator]


class Await(Expression, tag="aw", frozen=True, gc=False, eq=False):
    """``await value``."""

    value: AnyExpression


class Yield(Expression, tag="y", frozen=True, gc=False, eq=False):
    """``yield value``; ``delegate`` for ``yield from``."""

    value: AnyExpression | None
    delegate: bool


class Walrus(Expression, tag="w", frozen=True, gc=False, eq=False):
    """``target := value``."""

    target: AnyExpression
    value: AnyExpression


class Parameter(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """One parameter. ``kind`` is ``positional``, ``normal``, ``keyword``, ``args`` or ``kwargs``."""

    name: str
    kind: str
    annotation: AnyExpression | None
    default: AnyExpression | None
    line: int
    column: int


AnyExpression = (
    Constant
    | Bytes
    | Opaque
    | Secret
    | Name
    | Attribute
    | Subscript
    | Slice
    | Call
    | Unary
    | Binary
    | Boolean
    | Compare
    | Conditional
    | Lambda
    | Interpolation
    | Format
    | Sequence
    | Mapping
    | Starred
    | Comprehension
    | Await
    | Yield
    | Walrus
)
