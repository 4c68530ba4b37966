"""Checks that keep nobody out: their outcome is used for nothing, or they can come to one outcome only.

``if not note and note.owner_id != me.id: abort(403)`` never fires; ``owns(note)`` and ``jsonify(…), 403`` by themselves
are answers that nobody takes; after ``if note.owner_id != me.id: flash(…)`` the note is deleted all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Boolean, Call, Compare, Constant, Name, Unary
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import AnyStatement, Assign, Evaluate, Handler, If, Jump, Raise, Return, Try
from analyzer.facts.visit import chain, statements, walk
from analyzer.graph.refusals import answered, raised
from analyzer.project import Place, Project

_LOGGERS = re.compile(r"(?:^|[._])(?:log|logger|logging|messages|sentry_sdk|structlog)$", re.IGNORECASE)
_SAYING = frozenset({"flash", "print", "pprint", "capture_message", "add_message"})
"""Calls that tell somebody, and stop nobody."""
_BUILDING = frozenset({"jsonify", "redirect", "render", "render_template", "make_response"})
"""Calls that make an answer."""
_LOGGED_IN = re.compile(r"(?:^|\.)(?:current_user|request\.user)(?:\.is_authenticated|\.is_active)?$")
"""What is true of everybody who came past the login."""
_PLAIN = frozenset(
    "str int len bool getattr isinstance get first filter filter_by scalar scalars one_or_none lower strip select "
    "where all exists count find_one".split()
)
"""Calls that neither refuse nor change anything."""
_RAISING = re.compile(r"(?:^|\.)objects\.get$|_or_404$")
_EVERYTHING = frozenset({"Exception", "BaseException"})
_DEPTH = 2


class Looked(Protocol):
    """What this needs of a picture."""

    project: Project


class Idleness:
    """The checks that keep nobody out, by function, remembered."""

    def __init__(self, picture: Looked) -> None:
        self._project = picture.project
        self._known: dict[Place, dict[int, Idle]] = {}

    def of(self, place: Place) -> dict[int, Idle]:
        """The checks of a function that keep nobody out, by the identity of the test or the call."""
        if place not in self._known:
            self._known[place] = idle(self._project, place)
        return self._known[place]


class Idle(msgspec.Struct, frozen=True):
    """A test, or a call that asks, whose outcome changes nothing; ``meant`` where somebody was to be refused by it."""

    node: AnyExpression
    meant: bool


def idle(project: Project, place: Place) -> dict[int, Idle]:
    """The checks of a function that keep nobody out, by the identity of the test or the call."""
    body = project.body(place)
    found = list(_found(project, place, body, frozenset()))
    return {id(one.node): one for one in found}


def _found(project: Project, place: Place, body: Sequence[AnyStatement], caught: frozenset[int]) -> Iterable[Idle]:
    read = _read(body)
    for node in statements(body):
        if isinstance(node, Try):
            caught |= _lost(node)
        if isinstance(node, If):
            if never(node.test) or always(node.test):
                yield Idle(node.test, meant=True)
            elif _harmless([*node.then, *node.otherwise], project, place, caught):
                yield Idle(node.test, meant=any(not _said(one) for one in statements(node.then)))
        elif isinstance(node, Evaluate):
            value = node.value.value if isinstance(node.value, Await) else node.value
            if isinstance(value, Compare | Boolean | Unary):
                yield Idle(value, meant=True)
            elif isinstance(value, Call):
                never_run = value is node.value and _asynchronous(project, place, value)
                if never_run or _only_answers(project, place, value, 0):
                    yield Idle(value, meant=True)
        elif isinstance(node, Assign) and isinstance(node.value, Compare) and _unread(node, read):
            yield Idle(node.value, meant=False)


def never(test: AnyExpression) -> bool:
    """Whether a test never holds for anybody who is logged in: ``not note and note.owner_id != me``."""
    if isinstance(test, Unary) and test.op == "not":
        return always(test.operand) or _contradicts(_negated(test.operand))
    if not isinstance(test, Boolean):
        return False
    if test.op == "or":
        return all(never(one) for one in test.values)
    strangers = (one.operand for one in test.values if isinstance(one, Unary) and one.op == "not")
    return any(_LOGGED_IN.search(chain(one)) for one in strangers) or _contradicts(test.values)


def always(test: AnyExpression) -> bool:
    """Whether a test holds for everybody who is logged in: ``note.owner_id == me or current_user.is_authenticated``."""
    if not isinstance(test, Boolean) or test.op != "or":
        return False
    return any(
        (isinstance(one, Constant) and bool(one.value)) or _LOGGED_IN.search(chain(one)) is not None
        for one in test.values
    )


def _negated(test: AnyExpression) -> list[AnyExpression]:
    """The parts of ``not (a or b)``: ``not a``, ``not b``."""
    values = test.values if isinstance(test, Boolean) and test.op == "or" else []
    return [Unary(one.line, one.column, one.end_line, one.end_column, "not", one) for one in values]


def _contradicts(parts: Sequence[AnyExpression]) -> bool:
    """Whether something is asked to be missing, and something of it is read for the same."""
    gone = {chain(name) for one in parts for name in _missing(one)} - {""}
    rest = (one for one in parts if not _missing(one))
    return any(isinstance(node, Attribute) and chain(node.value) in gone for one in rest for node in walk(one))


def _missing(test: AnyExpression) -> list[AnyExpression]:
    if isinstance(test, Unary) and test.op == "not" and isinstance(test.operand, Name | Attribute):
        return [test.operand]
    nothing = isinstance(test, Compare) and test.operators == ["is"] and isinstance(test.comparators[0], Constant)
    return [test.left] if nothing and isinstance(test, Compare) and test.comparators[0].value is None else []  # type: ignore[union-attr]


def _read(body: Sequence[AnyStatement]) -> set[str]:
    """The names that are read somewhere in a body."""
    bound = {id(one) for node in walk(body) if isinstance(node, Assign) for one in node.targets}
    return {node.id for node in walk(body) if isinstance(node, Name) and id(node) not in bound}


def _unread(statement: Assign, read: set[str]) -> bool:
    return all(isinstance(one, Name) and one.id not in read for one in statement.targets)


def _harmless(block: Sequence[AnyStatement], project: Project, place: Place, caught: frozenset[int]) -> bool:
    """Whether what stands in the branches of a test only tells somebody, and ends and changes nothing."""
    return bool(block) and all(
        (isinstance(one, Jump) and one.kind == "pass")
        or id(one) in caught
        or (isinstance(one, Evaluate) and (_tells(one.value) or _made(project, place, one.value)))
        or (isinstance(one, If) and _harmless([*one.then, *one.otherwise], project, place, caught))
        for one in block
    )


def only_tells(block: Sequence[AnyStatement]) -> bool:
    """Whether a block does nothing but tell somebody: a message for the next page, an entry in a log."""
    return all(map(_said, block))


def _said(statement: AnyStatement) -> bool:
    quiet = isinstance(statement, If) or (isinstance(statement, Jump) and statement.kind == "pass")
    return quiet or (isinstance(statement, Evaluate) and _tells(statement.value))


def _tells(value: AnyExpression) -> bool:
    """``flash("…")``, ``logger.warning("…")``, ``messages.error(request, "…")``"""
    if isinstance(value, Constant):
        return True
    head, _, last = chain(value.func).rpartition(".") if isinstance(value, Call) else ("", "", "")
    return last in _SAYING or _LOGGERS.search(head) is not None


def _made(project: Project, place: Place, value: AnyExpression) -> bool:
    """An answer or an exception that is made, and neither returned nor raised."""
    if isinstance(value, Display):
        return value.kind == "tuple" and any(_made(project, place, one) or _built(one) for one in value.items)
    if not isinstance(value, Call):
        return False
    last = chain(value.func).rpartition(".")[2]
    refusing = answered(project, place, value) or raised(project, place, value) or _thrown(project, place, value)
    return last in _BUILDING or (last[:1].isupper() and refusing)


def _thrown(project: Project, place: Place, call: Call) -> bool:
    """Whether a call makes an exception of ours."""
    target = project.resolve_expression(place, call.func)
    ours = target is not None and target.kind == "class" and target.index >= 0
    bases = project.classes.externals(target.path, target.index) if ours and target is not None else ()
    return any(one.endswith(("Exception", "Error")) for one in bases)


def _built(value: AnyExpression) -> bool:
    return isinstance(value, Call) and chain(value.func).rpartition(".")[2] in _BUILDING


def _lost(node: Try) -> frozenset[int]:
    """What is raised at the end of a ``try`` and caught there, where all goes on as if nothing had been."""
    if node.otherwise or not node.body or not isinstance(node.body[-1], If):
        return frozenset()
    raising = [one for one in statements(node.body) if isinstance(one, Raise)]
    quiet = [one for one in node.handlers if _quiet(one)]
    return frozenset(id(one) for one in raising if any(_catches(handler, one) for handler in quiet))


def _quiet(handler: Handler) -> bool:
    return all(_said(one) and not isinstance(one, If) for one in handler.body)


def _catches(handler: Handler, raised_here: Raise) -> bool:
    if handler.kind is None:
        return True
    kinds = {chain(one).rpartition(".")[2] for one in walk(handler.kind) if isinstance(one, Name | Attribute)}
    thrown = raised_here.exception.func if isinstance(raised_here.exception, Call) else raised_here.exception
    return not kinds.isdisjoint(_EVERYTHING) or chain(thrown).rpartition(".")[2] in kinds


def _asynchronous(project: Project, place: Place, call: Call) -> bool:
    """Whether a call makes a coroutine of ours, which nobody runs without ``await``."""
    target = project.resolve_expression(place, call.func) if chain(call.func) else None
    function = project.function(Place(target.path, target.index)) if target is not None else None
    ours = target is not None and target.kind == "function" and function is not None
    return ours and function is not None and function.is_async and not (function.decorators or function.is_generator)


def _only_answers(project: Project, place: Place, call: Call, depth: int) -> bool:
    """Whether a call of ours asks who it is and says so by what it returns, where nobody takes that."""
    target = project.resolve_expression(place, call.func) if chain(call.func) else None
    if target is None or target.kind != "function" or depth > _DEPTH:
        return False
    callee = Place(target.path, target.index)
    function = project.function(callee)
    if function is None or function.decorators or function.is_generator:
        return False
    body = project.body(callee)
    nodes = list(statements(body))
    if not any(isinstance(one, Return) and one.value is not None for one in nodes):
        return False
    if not all(isinstance(one, Return | If | Evaluate | Jump) or _local(one) for one in nodes):
        return False
    return all(_plainly(project, callee, one, depth) for one in walk(body) if isinstance(one, Call))


def _local(statement: AnyStatement) -> bool:
    return isinstance(statement, Assign) and all(isinstance(one, Name) for one in statement.targets)


def _plainly(project: Project, place: Place, call: Call, depth: int) -> bool:
    """Whether a call neither refuses nor changes anything."""
    spelled = chain(call.func)
    last = spelled.rpartition(".")[2]
    if _RAISING.search(spelled):
        return False
    known = last in _PLAIN or last in _BUILDING or _tells(call)
    return known or _made(project, place, call) or _only_answers(project, place, call, depth + 1)
