"""What is being gathered while one module is lowered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from analyzer.facts.expressions import AnyExpression
from analyzer.facts.outline import Class, Function, Guard, Import, Local, Use, UseKind
from analyzer.facts.statements import AnyStatement
from analyzer.syntax.positions import Positions

Handlers = Mapping[type, "Callable[[Work, Any], AnyExpression]"]
"""What lowers an expression, by the type of its node."""

Statements = Mapping[type, "Callable[[Work, Any], AnyStatement]"]
"""What lowers a statement, by the type of its node."""


class Work:
    """The module under work: what is found so far, and the scope the walk stands in.

    ``context`` is the kind every use has inside a decorator, a base, a default or an annotation, ``None`` elsewhere.
    ``guard`` and ``when`` are those (:class:`Import`) of the statements being lowered. ``flags`` are names that are
    true for type checkers only, ``typing`` names of modules that hold such a flag, ``importlib`` names bound to that
    module and ``importers`` names bound to its ``import_module``. ``values`` is what names were last given, by function
    (−1: the module) and name; ``None`` for a parameter.
    """

    __slots__ = (
        "_handlers", "_statements", "at", "bodies", "classes", "context", "flags", "function",
        "functions", "generator", "guard", "importers", "importlib", "imports", "klass", "locals",
        "member", "module_uses", "positions", "prefix", "typing", "uses", "values", "when",
    )  # fmt: skip

    def __init__(self, positions: Positions, handlers: Handlers, statements: Statements) -> None:
        self.positions = positions
        self._handlers = handlers
        self._statements = statements
        self.at = positions.expression
        self.imports: list[Import] = []
        self.functions: list[Function] = []
        self.classes: list[Class] = []
        self.bodies: list[list[AnyStatement]] = []
        self.uses: list[Use] = []
        self.module_uses = self.uses
        self.locals: list[Local] = []
        self.function = -1
        self.klass = -1
        self.member = False
        self.prefix = ""
        self.generator = False
        self.context: UseKind | None = None
        self.guard: Guard = ""
        self.when: tuple[str, ...] = ()
        self.flags: set[str] = {"TYPE_CHECKING"}
        self.typing: set[str] = set()
        self.importlib: set[str] = set()
        self.importers: set[str] = set()
        self.values: dict[tuple[int, str], AnyExpression | None] = {}

    def expression(self, node: object) -> AnyExpression:
        """Lower an expression that is read. Raises ``KeyError`` for a node that is none."""
        return self._handlers[type(node)](self, node)

    def optional(self, node: object) -> AnyExpression | None:
        """Lower an expression that may be missing."""
        return None if node is None else self._handlers[type(node)](self, node)

    def statement(self, node: object) -> AnyStatement:
        """Lower a statement. Raises ``KeyError`` for a node that is none."""
        return self._statements[type(node)](self, node)

    def use(self, chain: str, kind: UseKind, node: AnyExpression) -> None:
        """Remember that a dotted chain is used by ``node``."""
        self.uses.append(Use(chain, self.context or kind, node.line, node.column, node.end_line, node.end_column))

    @contextmanager
    def inside(self, context: UseKind | None) -> Iterator[None]:
        """Uses within are of one kind."""
        before, self.context = self.context, context
        try:
            yield
        finally:
            self.context = before

    @contextmanager
    def guarded(self, guard: Guard, when: tuple[str, ...] = ()) -> Iterator[None]:
        """Statements within have this guard, and these conditions more."""
        before = self.guard, self.when
        self.guard, self.when = guard, self.when + when
        try:
            yield
        finally:
            self.guard, self.when = before

    @contextmanager
    def scope(self, name: str, *, function: int = -1, klass: int = -1) -> Iterator[None]:
        """The walk is inside a definition; uses and locals are gathered afresh."""
        before = (
            self.uses, self.locals, self.prefix, self.function, self.klass, self.member, self.generator,
            self.guard, self.context,
        )  # fmt: skip
        self.uses, self.locals, self.generator, self.context = [], [], False, None
        self.prefix = f"{self.prefix}{name}."
        if function >= 0:
            # What guards a definition does not guard what runs when it is called; a type checker's code stays that.
            self.function, self.member = function, False
            self.guard = "type" if self.guard == "type" else ""
        else:
            self.klass, self.member = klass, True
        try:
            yield
        finally:
            (
                self.uses, self.locals, self.prefix, self.function, self.klass, self.member, self.generator,
                self.guard, self.context,
            ) = before  # fmt: skip
