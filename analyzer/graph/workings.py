"""What a handler's lowered body works out: arithmetic, decisions, loops, changes, calls to the outside; with lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Name,
    Subscript,
    Unary,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import (
    AnyStatement,
    Assign,
    Augment,
    Evaluate,
    For,
    If,
    Match,
    Return,
    Try,
    While,
    With,
)
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import expressions, walk
from analyzer.graph.operands import bare, is_nothing, is_number, is_textual, operands, refuses
from analyzer.graph.picture import Picture
from analyzer.graph.storing import Storing
from analyzer.graph.transport import is_transport, is_transport_name, outbound, secrecy, sends
from analyzer.project import Place


class Piece(msgspec.Struct, frozen=True, order=True):
    """One piece of evidence: its line, kind and a phrase (``sets `loan.state` ``)."""

    line: int
    kind: str
    text: str


class Reader:
    """Walks a body once, statements first; knows which locals are only the answer being built."""

    def __init__(self, picture: Picture, place: Place) -> None:
        self.found: list[Piece] = []
        self._picture = picture
        self._place = place
        function = picture.project.function(place)
        self._paging = {p.name for p in function.parameters if is_transport_name(p.name)} if function else set()
        self._texts: set[str] = set()
        """Locals that hold text or a list: adding to them is no arithmetic."""
        self._sent: set[str] = set()
        """Locals that hold what was sent, as it was: comparing two of them (``password == again``) is validation."""

    def block(self, body: Sequence[AnyStatement], looped: bool) -> None:
        for statement in body:
            self._statement(statement, looped)

    def _statement(self, statement: AnyStatement, looped: bool) -> None:
        if isinstance(statement, Assign):
            self._assign(statement)
        elif isinstance(statement, Augment):
            self._augment(statement)
        elif isinstance(statement, Evaluate | Return):
            if statement.value is not None:
                self._expression(statement.value)
        elif isinstance(statement, If):
            self._if(statement, looped)
        elif isinstance(statement, For | While):
            self._loop(statement)
        elif isinstance(statement, With):
            for item in statement.items:
                self._expression(item.context)
            self.block(statement.body, looped)
        elif isinstance(statement, Try):
            self.block(statement.body, looped)
            for handler in statement.handlers:
                if not refuses(handler.body):
                    self.block(handler.body, looped)
            self.block(statement.otherwise, looped)
            self.block(statement.final, looped)
        elif isinstance(statement, Match):
            for case in statement.cases:
                self.block(case.body, looped)

    def _assign(self, statement: Assign) -> None:
        if statement.value is not None:
            self._expression(statement.value)
        for target in statement.targets:
            chain = chain_of(target)
            if isinstance(target, Name) and statement.value is not None and self._textual(statement.value):
                self._texts.add(target.id)
            given = chain_of(bare(statement.value))
            if isinstance(target, Name) and given and is_transport(given):
                self._sent.add(target.id)
            if isinstance(target, Attribute) and self._is_domain(chain):
                self._note(statement.line, "change", f"sets `{chain}`")

    def _augment(self, statement: Augment) -> None:
        chain = chain_of(statement.target)
        if is_transport(chain) or self._textual(statement.value) or self._textual(statement.target):
            return
        if isinstance(statement.value, Display | Comprehension):
            return
        self._expression(statement.value)
        if not (
            isinstance(statement.value, Constant) and statement.value.value == 1 and isinstance(statement.target, Name)
        ):
            self._note(statement.line, "arithmetic", f"computes `{chain}`")
        if isinstance(statement.target, Attribute) and self._is_domain(chain):
            self._note(statement.line, "change", f"changes `{chain}`")

    def _if(self, statement: If, looped: bool) -> None:
        for body in (statement.then, statement.otherwise):
            if not refuses(body) or self._asks_others(body):
                self.block(body, looped)
        self._test(statement.test)
        asked = self._domain_test(statement.test)
        sides = [body for body in (statement.then, statement.otherwise) if body]
        decided = [self._decides(body) for body in sides]
        if not any(refuses(body) for body in sides):  # what is left after a refusal is the way itself
            decided += [self._stores(body) for body in sides if not isinstance(body[0], If)]
        if asked and any(decided):
            self._note(statement.line, "branch", f"decides on `{asked}`")
        elif self._missing(statement.test) and self._stores(statement.then):
            self._note(statement.line, "branch", f"makes `{self._missing(statement.test)}` where there is none")
        elif self._limits(statement.test):
            self._note(statement.line, "limit", f"checks a limit of `{self._limits(statement.test)}`")

    def _loop(self, statement: For | While) -> None:
        before = len(self.found)
        if isinstance(statement, For):
            self._expression(statement.iterable)
        self.block(statement.body, True)
        grown = [piece for piece in self.found[before:] if piece.kind in {"change", "arithmetic", "branch"}]
        last = statement.body[-1].end_line if statement.body else statement.line
        stored = [
            access for access in self._picture.accesses_of(self._place)
            if access.kind == "write" and statement.line <= access.line <= last
        ]  # fmt: skip
        if stored or any(piece.kind in {"change", "branch"} for piece in grown):
            self._note(statement.line, "loop", "loops and changes state")
        elif grown:
            self._note(statement.line, "sum", "loops and works values out")

    # Expressions

    def _expression(self, value: AnyExpression) -> None:
        for node in expressions(value):
            if isinstance(node, Binary):
                self._binary(node)
            elif isinstance(node, Call):
                self._call(node)
            elif isinstance(node, Conditional):
                asked = self._domain_test(node.test)
                if (
                    asked
                    and isinstance(node.then, Constant | Binary)
                    and not is_nothing(node.then)
                    and not is_nothing(node.otherwise)
                ):
                    self._note(node.line, "branch", f"chooses by `{asked}`")

    def _test(self, test: AnyExpression) -> None:
        for node in expressions(test):
            if isinstance(node, Call):
                self._call(node)

    def _binary(self, node: Binary) -> None:
        if node.op not in {"+", "-", "*", "/", "//", "%", "**"} or self._textual(node):
            return
        names = [chain_of(side) for side in operands(node) if not isinstance(side, Constant)]
        heads = {name.partition(".")[0] for name in names if name}
        if not heads or any(is_transport_name(head) or head in self._paging for head in heads):
            return
        if any(is_transport_name(name.rpartition(".")[2]) for name in names):
            return
        if node.op == "+" and not (is_number(node.left) or is_number(node.right)):
            return
        if all(name.isupper() for name in names if name):
            return  # a limit made of constants
        self._note(node.line, "arithmetic", "calculates")

    def _call(self, node: Call) -> None:
        chain = chain_of(node.func)
        if not chain:
            return
        if self._is_outbound(node):
            self._note(node.line, "outbound", f"calls out with `{chain}`")
        elif secrecy(self._picture.project.callee(self._place, node)):
            self._note(node.line, "crypto", f"makes a secret with `{chain}`")

    def _asks_others(self, body: Sequence[AnyStatement]) -> bool:
        """Whether a branch that ends the handler calls other systems before."""
        return any(isinstance(node, Call) and self._is_outbound(node) for node in walk(body))

    def _is_outbound(self, node: Call) -> bool:
        chain = chain_of(node.func)
        return bool(chain) and (sends(chain) or outbound(self._picture.project.callee(self._place, node)))

    def _textual(self, node: AnyExpression) -> bool:
        if is_textual(node):
            return True
        return any(isinstance(side, Name) and side.id in self._texts for side in operands(node))

    def _domain_test(self, test: AnyExpression) -> str:
        """The data a condition is about, ``""`` when it is about the request, presence or a validation."""
        for node in self._parts(test):
            if isinstance(node, Compare):
                sides = [node.left, *node.comparators]
                if any(isinstance(side, Constant) and side.value is None for side in sides):
                    continue
                if all(isinstance(side, Name) and side.id in self._sent for side in sides):
                    continue
                for side in sides:
                    name = chain_of(side).replace("()", "")
                    if name and not is_transport(name) and not name.isupper() and self._is_data(side):
                        return name
            elif isinstance(node, Attribute | Subscript):
                name = chain_of(node)
                if name and not is_transport(name) and self._is_data(node):
                    return name
        return ""

    def _limits(self, test: AnyExpression) -> str:
        """Two values of the domain compared by size, as a business rule does and a presence check does not."""
        for node in self._parts(test):
            if isinstance(node, Compare) and len(node.comparators) == 1 and node.operators[0] in {"<", ">", "<=", ">="}:
                sides = [node.left, node.comparators[0]]
                if all(isinstance(side, Attribute | Binary | Subscript) and self._is_data(side) for side in sides):
                    return chain_of(node.left) or "a calculation"
        return ""

    def _parts(self, test: AnyExpression) -> Iterator[AnyExpression]:
        if isinstance(test, Boolean):
            for value in test.values:
                yield from self._parts(value)
        elif isinstance(test, Unary):
            yield from self._parts(test.operand)
        else:
            yield test

    def _is_data(self, side: AnyExpression) -> bool:
        if isinstance(side, Constant):
            return False
        head = chain_of(side).partition(".")[0].replace("()", "").replace("[]", "")
        if isinstance(side, Binary):
            return any(self._is_data(one) for one in operands(side))
        return bool(head) and not is_transport_name(head) and head not in self._paging

    def _is_domain(self, chain: str) -> bool:
        return bool(chain) and not is_transport(chain) and not chain.startswith(("self.", "cls."))

    def _decides(self, body: Sequence[AnyStatement]) -> bool:
        """Whether a branch does something about data: sets a field, computes, chooses a value, calls a colleague."""
        if refuses(body):
            return False
        for statement in body:
            if isinstance(statement, Augment):
                if not isinstance(statement.value, Display) and not self._textual(statement.value):
                    return True
            elif isinstance(statement, Assign):
                if any(
                    isinstance(target, Attribute) and self._is_domain(chain_of(target)) for target in statement.targets
                ):
                    return True
                value = bare(statement.value)
                if isinstance(value, Binary) and not self._textual(value):
                    return True
            elif isinstance(statement, If):
                if self._decides(statement.then) or self._decides(statement.otherwise):
                    return True
            elif isinstance(statement, For | While | With) and self._decides(statement.body):
                return True
        return bool(body) and any(body[0].line <= line <= body[-1].end_line for line in self._writing())

    def _writing(self) -> set[int]:
        accesses = self._picture.accesses_of(self._place)
        return {access.line for access in accesses if access.kind == "write"}

    def _stores(self, body: Sequence[AnyStatement]) -> bool:
        """Whether a branch changes stored data, itself or through what it calls."""
        if not body or refuses(body):
            return False
        storing = self._picture.shared(Storing)
        lines = self._writing() | {site.line for site in self._picture.calls_of(self._place) if storing.at(site)}
        return any(body[0].line <= line <= body[-1].end_line for line in lines)

    def _missing(self, test: AnyExpression) -> str:
        """The local that a test finds to be nothing: ``not tag``, ``tag is None``."""
        found: AnyExpression | None = None
        if isinstance(test, Unary) and test.op == "not":
            found = test.operand
        elif isinstance(test, Compare) and test.operators == ["is"] and is_nothing(test.comparators[0]):
            found = test.left
        return found.id if isinstance(found, Name) and not is_transport_name(found.id) else ""

    def _note(self, line: int, kind: str, text: str) -> None:
        self.found.append(Piece(line, kind, text))
