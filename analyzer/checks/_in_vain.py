"""The part of BA401 about validators that are asked in vain: a method that is tested and never called, an answer that
is always true, an answer that nobody looks at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.checks._validators import returns_only
from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Conditional, Name
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import Assert, Assign, Evaluate, If, Raise, Return, While
from analyzer.facts.visit import chain, operands, walk
from analyzer.flow.questions import location
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place, Project, Target

_ASKING = frozenset({"is_valid", "validate_on_submit", "validate"})
"""Methods by which a form, a serializer or a schema says whether what was sent is right."""
_FILLED = re.compile(r"(?:^|[._])\w*(?:form|serializer|schema)(?:\(\))?$", re.IGNORECASE)
"""What such an object is called, where its class is not known."""
_ANSWERING = re.compile(
    r"^(?:django\.forms\.|django\.contrib\.auth\.forms\.|rest_framework\.|wtforms\.|flask_wtf\.|wtforms_alchemy\.|marshmallow\."
    r"|flask_marshmallow\.|quart_wtf\.|starlette_wtf\.)"
)
"""Libraries whose validating methods answer, and do not raise."""
_VALIDATOR = re.compile(
    r"^_*(?:is_\w*(?:valid|strong|allowed|complex|safe)|(?:validate|valid|check|verify)(?:_|$)"
    r"|\w+_(?:is_valid|valid|check|strength|complexity)$)",
    re.IGNORECASE,
)
"""Functions that look at what was sent, by what they are called."""
_USING = frozenset({"save", "validated_data", "data", "populate_obj", "initial_data"})
"""Parts of a form or a serializer that are read or stored once it was asked; ``cleaned_data`` holds what is right."""


class _Vain(msgspec.Struct, frozen=True):
    node: AnyExpression
    says: str
    confidence: Confidence


def in_vain(picture: Picture, rule: Rule) -> Iterator[tuple[Place, Finding]]:
    """The first such question of each function, in order of places."""
    project = picture.project
    for place in project.places():
        function = project.function(place)
        if function is None or not picture.is_main(place.path):
            continue
        if not any(_VALIDATOR.search(use.chain.rpartition(".")[2]) for use in function.uses):
            continue
        found = next(_asked(project, place), None)
        if found is not None:
            yield (
                place,
                Finding(
                    rule=rule.code,
                    location=location(place, found.node),
                    message=found.says,
                    fix="Call it, and end the request where its answer is no",
                    severity=rule.severity,
                    confidence=found.confidence,
                ),
            )


def _asked(project: Project, place: Place) -> Iterator[_Vain]:
    body = project.body(place)
    nodes = list(walk(body))
    tests = [one.test for one in nodes if isinstance(one, If | While | Assert | Conditional)]
    for condition in (operand for test in tests for operand in operands(test)):
        yield from _uncalled(project, place, condition)
        yield from _always(project, place, nodes, condition)
    for node in nodes:
        if isinstance(node, Evaluate):
            yield from _unheard(project, place, nodes, node.value)
        elif isinstance(node, Assign) and len(node.targets) == 1 and isinstance(node.targets[0], Name):
            name = node.targets[0].id
            if node.value is not None and not any(
                isinstance(one, Name) and one.id == name and one is not node.targets[0] for one in nodes
            ):
                yield from _unheard(project, place, nodes, node.value)


def _uncalled(project: Project, place: Place, condition: AnyExpression) -> Iterator[_Vain]:
    """``if form.is_valid:``"""
    if not isinstance(condition, Attribute) or condition.attr not in _ASKING:
        return
    target = project.resolve_expression(place, condition.value)
    known = target is not None and _answers(project, target)
    named = target is None and _FILLED.search(chain(condition.value)) is not None and condition.attr != "validate"
    if known or named or condition.attr == "validate_on_submit":
        shown = chain(condition)
        says = f"`{shown}` is tested and never called: a method is always true, and whatever was sent passes"
        yield _Vain(condition, says, Confidence.HIGH if known else Confidence.MEDIUM)


def _always(project: Project, place: Place, nodes: Sequence[object], condition: AnyExpression) -> Iterator[_Vain]:
    """``if not validate_password(text):`` where the function answers ``(False, "too short")``, or is awaited by nobody;
    also where the answer was given a name first."""
    asked = condition
    if isinstance(condition, Name):
        given = [one for one in nodes if isinstance(one, Assign) and [chain(t) for t in one.targets] == [condition.id]]
        asked = given[0].value if len(given) == 1 and given[0].value is not None else condition
    waited = isinstance(asked, Await)
    call = asked.value if isinstance(asked, Await) else asked
    if not isinstance(call, Call) or not _VALIDATOR.search(chain(call.func).rpartition(".")[2]):
        return
    target = project.resolve_expression(place, call.func)
    if target is None or target.kind != "function" or not target.ours or target.index < 0:
        return
    function = project.outline(target.path).functions[target.index]
    if function.decorators and not all(chain(one) in {"staticmethod", "classmethod"} for one in function.decorators):
        return
    if function.is_async and not waited:
        says = f"Nobody awaits `{function.name}`: a coroutine is always true, and whatever was sent passes"
        yield _Vain(call, says, Confidence.HIGH)
    elif waited == function.is_async and _answers_with_pairs(project.body(Place(target.path, target.index))):
        says = (
            f"`{function.name}` answers with a tuple, which is always true, also where it says no: whatever "
            "was sent passes"
        )
        yield _Vain(call, says, Confidence.HIGH)


def _unheard(project: Project, place: Place, nodes: Sequence[object], asked: AnyExpression) -> Iterator[_Vain]:
    """``form.is_valid()``, ``schema.validate(data)``, ``is_valid_email(text)`` whose answer nobody looks at."""
    if not isinstance(asked, Call) or not chain(asked.func):
        return
    name = chain(asked.func).rpartition(".")[2]
    target = project.resolve_expression(place, asked.func)
    if isinstance(asked.func, Attribute) and name in _ASKING:
        held = asked.func.value
        of = project.resolve_expression(place, held)
        if (
            of is None
            or not _answers(project, of, name)
            or any(one.keyword == "raise_exception" for one in asked.arguments)
        ):
            return
        if not _looked_at(nodes, chain(held), asked) and _is_used(nodes, chain(held), asked):
            yield _Vain(asked, _UNHEARD.format(shown=chain(asked.func)), Confidence.MEDIUM)
    elif target is not None and target.kind == "function" and target.ours and _VALIDATOR.search(name):
        function = project.outline(target.path).functions[target.index]
        if not function.decorators and not function.is_async and returns_only(
            project.body(Place(target.path, target.index))
        ):  # fmt: skip
            yield _Vain(asked, _UNHEARD.format(shown=chain(asked.func)), Confidence.MEDIUM)


_UNHEARD = "Nobody looks at the answer of `{shown}`, which never raises: whatever was sent passes"


def _answers(project: Project, target: Target, name: str = "is_valid") -> bool:
    """Whether an object is a form, a serializer or a schema of a library whose method of that name answers."""
    if target.kind == "external":
        return _ANSWERING.match(target.dotted) is not None
    if target.kind not in {"class", "instance"} or target.index < 0:
        return False
    if name in {one for one, _ in project.classes.methods(target.path, target.index)}:
        return False  # its own may raise
    return any(map(_ANSWERING.match, project.classes.externals(target.path, target.index)))


def _looked_at(nodes: Sequence[object], held: str, asked: Call) -> bool:
    """Whether a function asks an object once more, or for its errors."""
    for node in nodes:
        if isinstance(node, Attribute) and node.attr == "errors" and chain(node.value) == held:
            return True
        method = node.func if isinstance(node, Call) and node is not asked else None
        if isinstance(method, Attribute) and method.attr in _ASKING and chain(method.value) == held:
            return True
    return False


def _is_used(nodes: Sequence[object], held: str, asked: Call) -> bool:
    """Whether what an object holds is read or stored after it was asked; what a schema looks at is used elsewhere."""
    if asked.arguments:
        return True
    later = (one for one in nodes if isinstance(one, Attribute) and one.line > asked.line)
    return any((one.attr in _USING and chain(one.value).startswith(held)) for one in later)


def _answers_with_pairs(body: Sequence[msgspec.Struct]) -> bool:
    """Whether every end of a function is a tuple: ``return False, "too short"``."""
    nodes = list(walk(list(body)))
    answers = [one.value for one in nodes if isinstance(one, Return)]
    if not answers or not body or not isinstance(body[-1], Return | Raise):
        return False
    return all(isinstance(one, Display) and one.kind == "tuple" and len(one.items) > 1 for one in answers)
