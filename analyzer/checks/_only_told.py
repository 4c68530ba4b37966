"""The part of BA401 about checks that only tell: what is wrong is shown or an answer is made, and the code goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Call,
    Compare,
    Constant,
    Name,
    Subscript,
    Unary,
)
from analyzer.facts.statements import AnyStatement, Assign, Evaluate, For, If, Try, While, With
from analyzer.facts.visit import chain, walk
from analyzer.flow.questions import location
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place

_SHOWING = re.compile(r"(?:^|\.)flash$|(?:^|\.)messages\.(?:error|warning|add_message)$")
"""Calls that put a message on the next page."""
_ANSWERS = frozenset(
    "redirect render_template jsonify make_response HttpResponseRedirect HttpResponseBadRequest HttpResponseForbidden "
    "HttpResponse JsonResponse JSONResponse Response RedirectResponse HTTPException".split()
)
"""Answers and refusals that end nothing while nobody returns or raises them."""
_REFUSING = re.compile(
    r"error|danger|invalid|must|required|too (?:short|long|small|large|big)|at least|at most|cannot|can't"
    r"|not (?:match|allowed)|greater than|less than|wrong|missing|please",
    re.IGNORECASE,
)
"""Words of a message that says no, or its category."""
_FIX = "Return or raise where the check fails, so that nothing below it runs"


def only_told(picture: Picture, rule: Rule) -> Iterator[tuple[Place, Finding]]:
    """The first such check of each function whose value is kept all the same, in order of places."""
    project = picture.project
    for place in project.places():
        function = project.function(place)
        if function is None or not picture.is_main(place.path):
            continue
        if not any(_tells(use.chain) for use in function.uses if use.kind == "call"):
            continue
        found = next(_passed(project.body(place)), None)
        if found is not None:
            test, name, how = found
            yield (
                place,
                Finding(
                    rule=rule.code,
                    location=location(place, test),
                    message=f"The check of `{name}` {how} and ends nothing: what fails it is kept below all the same",
                    fix=_FIX,
                    severity=rule.severity,
                    confidence=Confidence.MEDIUM,
                ),
            )


def _tells(name: str) -> bool:
    return _SHOWING.search(name) is not None or name.rpartition(".")[2] in _ANSWERS


def _passed(body: Sequence[AnyStatement]) -> Iterator[tuple[AnyExpression, str, str]]:
    for number, statement in enumerate(body):
        if isinstance(statement, If):
            how = _only_tells(statement)
            rest = body[number + 1 :]
            name = next((one for one in _names(statement.test) if _kept(rest, one)), "") if how else ""
            if name:
                yield statement.test, name, how
        for inner in _blocks(statement):
            yield from _passed(inner)


def _blocks(statement: AnyStatement) -> Iterator[Sequence[AnyStatement]]:
    if isinstance(statement, If):
        yield from (statement.then, statement.otherwise)
    elif isinstance(statement, For | While | With):
        yield statement.body
    elif isinstance(statement, Try):
        yield from (statement.body, *(one.body for one in statement.handlers), statement.otherwise)


def _only_tells(statement: If) -> str:
    """What a branch does that only tells, for the message; ``""`` where it does more, or there is another."""
    if statement.otherwise or not statement.then:
        return ""
    found = ""
    for one in statement.then:
        call = one.value if isinstance(one, Evaluate) else None
        if not isinstance(call, Call) or not _tells(chain(call.func)):
            return ""
        if chain(call.func).rpartition(".")[2] in _ANSWERS:
            found = f"makes `{chain(call.func)}(…)`, which nobody returns or raises,"
        elif not found and _refuses(call):
            found = "only shows a message"
    return found


def _refuses(call: Call) -> bool:
    told = [*walk([call]), *(one.value for one in call.arguments)]
    if chain(call.func).endswith("messages.error"):
        return True
    return any(isinstance(one, Constant) and _REFUSING.search(str(one.value)) for one in told)


def _names(test: AnyExpression) -> list[str]:
    """How the test spells the values that it compares, measures or asks another about: ``email`` of
    ``len(email) < 4``. That something is there is no question about it."""
    asked: list[AnyExpression] = []
    for one in walk([test]):
        if isinstance(one, Compare):
            asked += [one.left, *one.comparators]
        elif isinstance(one, Call):
            asked += [given.value for given in one.arguments]
        elif isinstance(one, Unary) and one.op == "not":
            asked.append(one.operand)
    return [name for one in asked if (name := _spelled(one)) and not name.startswith("request.method")]


def _spelled(value: AnyExpression) -> str:
    """``email``, ``data['email']``, ``form.email.data``"""
    if isinstance(value, Subscript) and isinstance(value.index, Constant):
        return f"{chain(value.value)}[{value.index.value!r}]"
    return chain(value) if isinstance(value, Name | Attribute) else ""


def _kept(rest: Sequence[AnyStatement], name: str) -> bool:
    """Whether what follows makes a record of a value, or sets it on one, and asks nothing more about it."""
    for statement in rest:
        if isinstance(statement, If) and any(
            _spelled(one) == name for one in walk([statement.test]) if isinstance(one, Name | Attribute | Subscript)
        ):
            return False
        if isinstance(statement, If | For | While | With | Try):
            if any(_kept(inner, name) for inner in _blocks(statement)):
                return True
            continue
        if isinstance(statement, Assign):
            if any(_spelled(one) == name for one in statement.targets):
                return False
            set_ = any(isinstance(one, Attribute) for one in statement.targets)
            if set_ and statement.value is not None and _holds([statement.value], name):
                return True
        for node in walk([statement]):
            if isinstance(node, Call) and _makes(node) and _holds([one.value for one in node.arguments], name):
                return True
    return False


_MAKING = re.compile(r"(?:^|\.)(?:[A-Z]\w*|(?:create|add|insert|save|register|update|set|execute)\w*|values)$")
"""Classes, and functions that keep what they are given."""


def _makes(call: Call) -> bool:
    return _MAKING.search(chain(call.func)) is not None and chain(call.func).rpartition(".")[2] not in _ANSWERS


def _holds(values: Sequence[AnyExpression | Argument], name: str) -> bool:
    nodes: Iterator[msgspec.Struct] = walk(list(values))
    return any(isinstance(one, Name | Attribute | Subscript) and _spelled(one) == name for one in nodes)
