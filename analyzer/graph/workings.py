"""What a handler's lowered body works out: arithmetic, decisions, loops, changes, calls to the outside; with lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
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
    Delete,
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
from analyzer.facts.visit import expressions, statements, walk
from analyzer.graph.effects import changed_by_statement, effect
from analyzer.graph.operands import as_number, bare, is_nothing, is_number, is_rate, is_textual, operands, refuses
from analyzer.graph.picture import Picture
from analyzer.graph.ruling import demanded, parts, refuses_for, taken
from analyzer.graph.storing import Storing
from analyzer.graph.transport import is_transport, is_transport_name
from analyzer.project import Place

STORED = " what is stored"
"""How the phrase of a decision ends that chooses between changes of stored data."""
THERE = " is there already"
"""How the phrase of a refusal ends that keeps a second one away."""
_STORED = frozenset({"write", "file"})
_ONE_TIME = re.compile(
    r"(?:^|\.)_?(?:generate|create|make|issue|new|build|verify|decode|check|validate|confirm)_\w*?"
    r"(?:verif\w*|reset|confirm\w*|activat\w*|recover\w*|invit\w*|otp|one_time|magic)_?\w*?(?:token|code|otp|pin|secret)$"
)
"""Functions that make or check what a person proves one thing with, once; what a session lives on is the protocol's."""
_OF_UPLOADS = frozenset({"filename", "content_type", "mimetype", "content_length"})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "**"})
_ANSWER = 3
"""Statements that a refusal or an answer is worded in; a longer branch that returns works something out first."""


class Piece(msgspec.Struct, frozen=True, order=True):
    """One piece of evidence: its line, kind and a phrase (``sets `loan.state` ``)."""

    line: int
    kind: str
    text: str


def _long_answer(body: Sequence[AnyStatement]) -> bool:
    return len(body) > _ANSWER and isinstance(body[-1], Return)


def _head(side: AnyExpression) -> str:
    return chain_of(side).partition(".")[0].partition("(")[0].partition("[")[0]


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
        self._loaded: set[str] = set()
        """Locals that hold what a query, a repository or a service gave."""
        self._reckoned: set[str] = set()
        """Locals that were calculated."""
        self._effects: dict[int, list[Piece]] = {}
        """What calls and entries of containers bring about, by the line."""
        self._handed: set[str] = set()
        """Locals that are given to functions of the project or to other systems, the answer left aside."""
        self._asked: set[int] = set()
        """Lines that ask a database, a repository or a service."""
        self._writes: set[int] = set()
        """Lines that change stored data, caches, files or what the application keeps in memory."""

    def read(self, body: Sequence[AnyStatement]) -> None:
        """Find all pieces of a body."""
        project, place = self._picture.project, self._place
        answered = {id(call) for one in statements(body) if isinstance(one, Return) for call in walk(one)}
        sockets = any(route.method == "WEBSOCKET" for route in self._picture.handlers().get(place, ()))
        for node in walk(body):
            if isinstance(node, Call):
                kind, text = effect(project, place, node, memory=not sockets)
                if not kind and _ONE_TIME.search(chain_of(node.func)) and not self._is_layer(node):
                    kind, text = "crypto", f"makes or checks a secret with `{chain_of(node.func)}`"
                if kind:
                    self._effects.setdefault(node.line, []).append(Piece(node.line, kind, text))
                if id(node) not in answered and (kind == "outbound" or self._is_ours(node)):
                    self._handed |= {one.value.id for one in node.arguments if isinstance(one.value, Name)}
            elif isinstance(node, Assign | Delete) and not sockets:
                held = changed_by_statement(project, place, node)
                if held:
                    self._effects.setdefault(node.line, []).append(Piece(node.line, "write", f"changes `{held}`"))
        self._writes = {access.line for access in self._picture.accesses_of(place) if access.kind == "write"}
        self._writes |= {line for line, found in self._effects.items() if any(one.kind in _STORED for one in found)}
        self._asked = {access.line for access in self._picture.accesses_of(place)}
        self._asked |= {
            site.line
            for site in self._picture.calls_of(place)
            if self._picture.target_role(site.target).name in {"repository", "service"}
        }
        self.block(body, False)

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
                if not self._leaves(handler.body):
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
            if isinstance(target, Name) and any(
                piece.kind == "arithmetic" and statement.line <= piece.line <= statement.end_line
                for piece in self.found
            ):
                self._reckoned.add(target.id)
            if isinstance(target, Name) and any(statement.line <= line <= statement.end_line for line in self._asked):
                self._loaded.add(target.id)
            given = chain_of(bare(statement.value))
            if isinstance(target, Name) and given and is_transport(given):
                self._sent.add(target.id)
            if isinstance(target, Attribute) and self._is_domain(chain):
                made = isinstance(bare(statement.value), Call) and any(
                    one.kind == "crypto" for one in self._effects.get(statement.line, ())
                )
                way = "changes" if self._is_reckoned(statement.value) else "sets"
                self._note(statement.line, "change", f"changes `{chain}` to a secret" if made else f"{way} `{chain}`")

    def _is_reckoned(self, value: AnyExpression | None) -> bool:
        """Whether what a field is set to was calculated from another field of a record; times of today are not."""
        given = bare(value)
        return isinstance(given, Name) and given.id in self._reckoned

    def _augment(self, statement: Augment) -> None:
        chain = chain_of(statement.target)
        if statement.op not in _ARITHMETIC or is_transport(chain):
            return
        if self._textual(statement.value) or self._textual(statement.target):
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
            if not self._leaves(body) or self._asks_others(body) or _long_answer(body):
                self.block(body, looped)
        self._test(statement.test)
        asked = self._domain_test(statement.test)
        sides = [body for body in (statement.then, statement.otherwise) if body]
        decided = [self._decides(body) for body in sides]
        if not any(self._leaves(body) for body in sides):  # what is left after a refusal is the way itself
            decided += [self._stores(body) for body in sides if not isinstance(body[0], If)]
        if asked and any(decided):
            stored = any(self._stores(body) for body in sides)
            self._note(statement.line, "branch", f"decides on `{asked}`{STORED if stored else ''}")
        elif len(sides) == 2 and all(self._stores(body) for body in sides) and self._asks(statement.test):
            self._note(statement.line, "branch", f"decides{STORED}")
        elif self._missing(statement.test) and self._stores(statement.then):
            self._note(statement.line, "branch", f"makes `{self._missing(statement.test)}` where there is none")
        elif self._limits(statement.test):
            self._note(statement.line, "limit", f"checks a limit of `{self._limits(statement.test)}`")
        elif self._leaves(statement.then):
            self._refusal(statement)

    def _refusal(self, statement: If) -> None:
        asked = demanded(statement.test, self._is_record)
        there = "" if asked or not refuses_for(statement.then) else taken(statement.test, self._is_found)
        if asked:
            self._note(statement.line, "rule", f"demands something of `{asked}`")
        elif there:
            self._note(statement.line, "rule", f"refuses where `{there}`{THERE}")

    def _is_record(self, side: AnyExpression) -> bool:
        return isinstance(side, Attribute | Call) and _head(side) in self._loaded

    def _is_found(self, value: AnyExpression) -> bool:
        """Whether a value is what a database, a repository or a service gave."""
        if isinstance(value, Name):
            return value.id in self._loaded
        return any(value.line <= line <= value.end_line for line in self._asked)

    def _loop(self, statement: For | While) -> None:
        before = len(self.found)
        if isinstance(statement, For):
            self._expression(statement.iterable)
        self.block(statement.body, True)
        grown = [piece for piece in self.found[before:] if piece.kind in {"change", "arithmetic", "branch"}]
        if self._within(statement.body, self._writes) or any(piece.kind in {"change", "branch"} for piece in grown):
            self._note(statement.line, "loop", "loops and changes state")
        elif grown or (
            isinstance(statement, For) and (self._fills_in(statement.body) or self._writes_up(statement.body))
        ):
            self._note(statement.line, "sum", "loops and works values out")

    def _is_layer(self, call: Call) -> bool:
        target = self._picture.project.resolve_expression(self._place, call.func)
        return self._picture.target_role(target).name in {"service", "repository"}

    def _is_ours(self, call: Call) -> bool:
        target = self._picture.project.resolve_expression(self._place, call.func)
        return target is not None and target.ours

    def _writes_up(self, body: Sequence[AnyStatement]) -> bool:
        """Whether each turn adds to a text that others are given later: a prompt, a message; no answer is one."""
        grown = [node for node in statements(body) if isinstance(node, Augment) and node.op == "+"]
        return any(
            isinstance(node.target, Name) and node.target.id in self._handed and is_textual(node.value)
            for node in grown
        )

    def _fills_in(self, body: Sequence[AnyStatement]) -> bool:
        """Whether each turn replaces something in the text of the last one: ``text = text.replace(name, value)``."""
        for node in statements(body):
            if not isinstance(node, Assign) or len(node.targets) != 1 or not isinstance(node.value, Call):
                continue
            target, func = node.targets[0], node.value.func
            if not isinstance(target, Name) or not isinstance(func, Attribute) or is_transport_name(target.id):
                continue
            given = [func.value] if func.attr == "replace" else [one.value for one in node.value.arguments[2:3]]
            if func.attr in {"replace", "sub"} and any(isinstance(one, Name) and one.id == target.id for one in given):
                return True
        return False

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
        if node.op not in _ARITHMETIC or self._textual(node):
            return
        names = [chain_of(side) for side in operands(node) if not isinstance(side, Constant)]
        heads = {name.partition(".")[0] for name in names if name}
        if not heads or any(is_transport_name(head) or head in self._paging for head in heads):
            return
        tails = {name.rpartition(".")[2] for name in names} - {"total"}  # what an order comes to is no page's
        if any(is_transport_name(tail) for tail in tails):
            return
        if node.op == "+" and not (is_number(node.left) or is_number(node.right)):
            return
        if all(name.isupper() for name in names if name):
            return  # a limit made of constants
        self._note(node.line, "arithmetic", "calculates")

    def _call(self, node: Call) -> None:
        self.found += self._effects.get(node.line, ())

    def _asks_others(self, body: Sequence[AnyStatement]) -> bool:
        """Whether a branch that ends the handler calls other systems before."""
        calling = {line for line, found in self._effects.items() if any(one.kind == "outbound" for one in found)}
        return self._within(body, calling)

    def _leaves(self, body: Sequence[AnyStatement]) -> bool:
        """A guard clause that changes nothing on its way out."""
        return refuses(body) and not self._within(body, self._writes)

    @staticmethod
    def _within(body: Sequence[AnyStatement], lines: set[int]) -> bool:
        return bool(body) and any(body[0].line <= line <= body[-1].end_line for line in lines)

    def _asks(self, test: AnyExpression) -> bool:
        """Whether a condition asks something else than how the request was sent."""
        names = [chain_of(node) for part in parts(test) for node in expressions(part)]
        return any(name and not is_transport(name) for name in names)

    def _textual(self, node: AnyExpression) -> bool:
        if is_textual(node):
            return True
        return any(isinstance(side, Name) and side.id in self._texts for side in operands(node))

    def _domain_test(self, test: AnyExpression) -> str:
        """The data a condition is about, ``""`` when it is about the request, presence or a validation."""
        for node in parts(test):
            if isinstance(node, Compare):
                sides = [node.left, *node.comparators]
                if any(isinstance(side, Constant) and side.value is None for side in sides):
                    continue
                if all(isinstance(side, Name) and side.id in self._sent for side in sides):
                    continue
                if any(self._is_upload(node) for side in sides for node in expressions(side)):
                    continue
                for side in sides:
                    name = chain_of(side).replace("()", "")
                    if name and not is_transport(name) and not name.isupper() and self._is_data(side):
                        return name
            elif isinstance(node, Attribute | Subscript):
                name = chain_of(node)
                if self._is_upload(node):
                    continue
                if name and not is_transport(name) and self._is_data(node):
                    return name
        return ""

    @staticmethod
    def _is_upload(node: msgspec.Struct) -> bool:
        """What a request says of a file that came with it."""
        return isinstance(node, Attribute) and node.attr in _OF_UPLOADS

    def _limits(self, test: AnyExpression) -> str:
        """Two values of the domain compared by size, as a business rule does and a presence check does not."""
        for node in parts(test):
            if isinstance(node, Compare) and len(node.comparators) == 1 and node.operators[0] in {"<", ">", "<=", ">="}:
                sides = [as_number(node.left), as_number(node.comparators[0])]
                if all(isinstance(side, Attribute | Binary | Subscript) and self._is_data(side) for side in sides):
                    return chain_of(node.left) or "a calculation"
                stored = [side for side in sides if self._is_loaded(side)]
                others = [side for side in sides if not self._is_loaded(side)]
                if stored and not any(isinstance(side, Constant) or self._is_setting(side) for side in others):
                    return chain_of(stored[0])
        return ""

    def _is_loaded(self, side: AnyExpression) -> bool:
        return isinstance(side, Name | Attribute | Subscript) and _head(side) in self._loaded

    def _is_setting(self, side: AnyExpression) -> bool:
        """Whether a value says how the application is run or which page is asked for, and is no one's record."""
        name = chain_of(side)
        return _head(side) in self._paging or name.isupper() or name.startswith(("settings.", "config."))

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
        if self._leaves(body):
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
                if value is not None and is_rate(value) and all(isinstance(one, Name) for one in statement.targets):
                    return True
            elif isinstance(statement, If):
                if self._decides(statement.then) or self._decides(statement.otherwise):
                    return True
            elif isinstance(statement, For | While | With) and self._decides(statement.body):
                return True
        secret = {line for line, found in self._effects.items() if any(one.kind == "crypto" for one in found)}
        return self._within(body, self._writes | secret)

    def _stores(self, body: Sequence[AnyStatement]) -> bool:
        """Whether a branch changes stored data, itself or through what it calls."""
        if not body or self._leaves(body):
            return False
        storing = self._picture.shared(Storing)
        sites = self._picture.calls_of(self._place)
        return self._within(body, self._writes | {site.line for site in sites if storing.at(site)})

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
