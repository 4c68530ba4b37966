"""The outline of a module: everything that can be known without entering a function's body.

An outline depends on the bytes of its file only — not on the file's path, the host or the other modules — so it is
stored by content. Names stay as written; ``project`` resolves them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from analyzer.facts.expressions import AnyExpression, Parameter, Secret
from analyzer.facts.statements import AnyStatement

# As literal types, not as text: a decoder then gives the same object every time, which saves 50 bytes a use.
Guard = Literal["", "type", "try", "fallback", "if"]
UseKind = Literal["call", "read", "write", "delete", "annotate", "decorate", "base", "default"]
How = Literal["assign", "with", "for", "annotation", "return", "yield"]


class Import(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """One name bound by an import.

    ``import a.b`` → module ``a.b``, name ``None``, bound ``a``; ``import a.b as c`` → bound ``c``, ``aliased``;
    ``from ..x import y as z`` → module ``x``, level 2, name ``y``, bound ``z``; a star import has name ``*`` and
    bound ``""``. ``importlib.import_module("a.b")`` and ``__import__("a.b")`` with a constant arrive with
    ``dynamic`` set and bound to the assigned name, or ``""``.
    ``scope`` is the index of the function the import stands in (−1: module or class level), so an import with a
    scope is *lazy*. ``guard`` is ``""``, ``type`` (only a type checker executes it), ``try`` (body of a ``try``
    whose handlers catch ImportError), ``fallback`` (in such a handler) or ``if`` (any other condition).
    ``when`` holds the dotted names that the conditions around it ask to be true: of another module, one may be a flag
    that is true for type checkers only.
    """

    module: str
    level: int
    name: str | None
    bound: str
    aliased: bool
    scope: int
    guard: Guard
    dynamic: bool
    line: int
    column: int
    end_line: int
    end_column: int
    when: tuple[str, ...] = ()


class Use(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """A dotted chain that code reads, with what it does to it.

    ``chain`` is the longest dotted text (``self.orders.repo.save``); a call or subscript inside the chain is written
    ``()`` or ``[]`` (``db.session().query``, ``request.app.state.db``, ``items[].name``, ``super().save``).
    A chain that starts at anything else than a name has no use of its own, its parts have theirs; only a method that is
    called there is kept, as ``().join`` for ``", ".join(names)``.
    ``kind``: ``call`` (the chain itself is called), ``read``, ``write``, ``delete``, ``annotate``, ``decorate``,
    ``base`` (a class's base), ``default`` (in a parameter's default).
    """

    chain: str
    kind: UseKind
    line: int
    column: int
    end_line: int
    end_column: int


class Local(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """How a local name got its value, as far as a dotted chain says it.

    ``source`` is the chain in :class:`Use` notation, with ``()`` at its end when it was called
    (``repo = OrderRepository(db)`` → ``OrderRepository()``); ``how`` is ``assign``, ``with``, ``for`` or
    ``annotation`` (``source`` is the annotation's chain then). ``target`` is a name or ``self.name``. What a function
    gives back arrives the same way: target ``return``, how ``return`` or ``yield``.
    """

    target: str
    source: str
    how: How
    line: int


class Function(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """A function, method or lambda-free callable definition.

    ``qualname`` is dotted without ``<locals>`` (``Outer.method.inner``); ``owner`` the index of the class it is a
    method of (−1: none); ``parent`` the index of the function it is nested in (−1: none).
    ``line``/``column`` stand on the name after ``def``; ``start_line`` is the first decorator's line.
    """

    name: str
    qualname: str
    owner: int
    parent: int
    is_async: bool
    is_generator: bool
    decorators: list[AnyExpression]
    parameters: list[Parameter]
    returns: AnyExpression | None
    start_line: int
    line: int
    column: int
    end_column: int
    end_line: int
    uses: list[Use]
    """Uses in its decorators and signature and then in its body, in source order; those of nested functions are
    theirs, those of lambdas and comprehensions belong here."""
    locals: list[Local]
    documented: bool


class Class(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """A class: its bases and keywords as expressions, its own body's statements (methods as ``DefineFunction``)."""

    name: str
    qualname: str
    owner: int
    parent: int
    decorators: list[AnyExpression]
    bases: list[AnyExpression]
    keywords: list[tuple[str, AnyExpression]]
    start_line: int
    line: int
    column: int
    end_column: int
    end_line: int
    body: list[AnyStatement]
    uses: list[Use]
    locals: list[Local]


class Comment(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """A comment that speaks to an analyzer (``backend-audit:``, ``nosec``, ``noqa``, ``nosemgrep``).

    ``own_line`` is true when nothing but the comment stands on its line.
    """

    line: int
    column: int
    text: str
    own_line: bool


class Problem(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """Why a file could not be analysed; its outline is empty then. ``line`` is 1 where unknown."""

    line: int
    column: int
    message: str


class Outline(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """A module's outline. ``body`` holds the module-level statements in order (definitions by index).

    ``exports`` is ``__all__`` when it is a constant list, else ``None``. ``uses`` and ``locals`` are those of
    module-level code.
    """

    lines: int
    problem: Problem | None
    imports: list[Import]
    functions: list[Function]
    classes: list[Class]
    body: list[AnyStatement]
    uses: list[Use]
    locals: list[Local]
    exports: list[str] | None
    comments: list[Comment]
    documented: bool
    secrets: list[Secret] = []
    """Every literal of the file that looks like a secret, bodies included, in source order."""
    flags: list[str] = []
    """Names that are true for type checkers only, beside ``TYPE_CHECKING`` itself; sorted."""


class Bodies(msgspec.Struct, frozen=True, array_like=True, eq=False, weakref=True):
    """The lowered bodies of a module's functions, in the order of ``Outline.functions``."""

    functions: list[list[AnyStatement]]


class ModuleFacts(msgspec.Struct, frozen=True, array_like=True, gc=False, eq=False):
    """What lowering one file gives: its outline, and its bodies apart."""

    outline: Outline
    bodies: Bodies
