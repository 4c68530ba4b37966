"""The part of BA401 about schemas for a change that let through what the schema for making the same thing refuses:
``UserCreate.name`` has a pattern, ``UserUpdate.name`` none, so whoever wants another name changes it afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._numbers import looked_at
from analyzer.facts.expressions import AnyExpression, Binary, Call, Constant, Name, Sequence, Subscript
from analyzer.facts.visit import chain, walk
from analyzer.flow.questions import location
from analyzer.frameworks.persistence import is_schema
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Related, Rule, Severity
from analyzer.project import Place, Project, Target

_MAKING = re.compile(r"Create|New|Register|Registration|SignUp|Signup|Add")
_CHANGING = re.compile(r"Update|Patch|Edit|Change|Modify")
_KIND = re.compile(r"(?:Schema|Model|In|Input|Request|Payload|DTO|Dto|Data|Body|Base|Form)$")
_ARGUMENTS = frozenset({"pattern", "regex", "min_length"})
"""What refuses a text that is there. A longer one than the column has is refused by the table."""
_TEXT = frozenset({"str", "Optional", "Union", "None", "Annotated"})


class _Field(msgspec.Struct, frozen=True):
    """A field of a schema: where it stands, and whether something refuses some of its texts."""

    place: Place
    node: AnyExpression
    strict: bool


def looser(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a schema for a change, at its first such field, in order of handlers."""
    project = picture.project
    taken = list(_taken(picture))
    making = [(one, stem) for one in taken if (stem := _stem(one, _MAKING))]
    seen: set[Target] = set()
    for change in taken:
        stem = _stem(change, _CHANGING)
        if not stem or change in seen:
            continue
        seen.add(change)
        twin = next((one for one, other in making if other == stem and one != change), None)
        if twin is not None:
            yield from _compared(project, rule, change, twin)


def _compared(project: Project, rule: Rule, change: Target, twin: Target) -> Iterator[Finding]:
    strict = {name: one for name, one in _fields(project, twin).items() if one.strict}
    for name, one in _fields(project, change).items():
        if name in strict and not one.strict:
            made, called = twin.dotted.rpartition(".")[2], change.dotted.rpartition(".")[2]
            yield Finding(
                rule=rule.code,
                location=location(one.place, one.node),
                message=f"`{name}` of `{called}` takes what `{made}` refuses: whoever wants it changes it afterwards",
                fix="Declare the rule once, as an annotated type or in a class that both build on",
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
                related=(Related(location(strict[name].place, strict[name].node), "is looked at here"),),
            )
            return


def _taken(picture: Picture) -> Iterator[Target]:
    """The schemas that handlers declare as what they take."""
    project = picture.project
    for handler in picture.handlers():
        function = project.function(handler)
        if function is None or not picture.is_main(handler.path):
            continue
        for one in function.parameters:
            for node in walk(one.annotation) if one.annotation is not None else ():
                target = project.annotated(handler, node) if isinstance(node, Name) else None
                if target is None or target.kind not in {"class", "instance"} or target.index < 0:
                    continue
                if is_schema(project, target.path, target.index):
                    yield project.class_target(target.path, target.index)


def _stem(target: Target, words: re.Pattern[str]) -> str:
    """``User`` of ``UserCreate`` and ``CreateUserRequest``; ``""`` where the words are not in the name."""
    name = target.dotted.rpartition(".")[2]
    if not words.search(name):
        return ""
    bare = words.sub("", name)
    while (shorter := _KIND.sub("", bare)) != bare:
        bare = shorter
    return bare


def _fields(project: Project, schema: Target) -> dict[str, _Field]:
    """The fields of text of a pydantic schema."""
    looked = looked_at(project, schema)
    found = {}
    for name, path, made in project.classes.fields(schema.path, schema.index):
        if made.annotation is None:
            continue
        place = Place(path, -1)
        strict = name in looked or "*" in looked or _refuses(made.value) or _refuses(made.annotation)
        if strict or _plain(made.annotation):
            found[name] = _Field(place, made.annotation, strict or not _plain(made.annotation))
    return found


def _plain(annotation: AnyExpression) -> bool:
    """``str``, ``str | None``, ``Optional[str]``: any text."""
    if isinstance(annotation, Constant):
        return annotation.value is None
    if isinstance(annotation, Binary):
        return _plain(annotation.left) and _plain(annotation.right)
    if isinstance(annotation, Subscript):
        items = annotation.index.items if isinstance(annotation.index, Sequence) else [annotation.index]
        return chain(annotation.value).rpartition(".")[2] in _TEXT and _plain(items[0])
    return chain(annotation) in _TEXT


def _refuses(node: AnyExpression | None) -> bool:
    """``Field(pattern="…")``, ``constr(min_length=8)``, ``StringConstraints(pattern="…")``, a validator of a type."""
    return node is not None and any(
        isinstance(one, Call)
        and (
            any(given.keyword in _ARGUMENTS and _says(given.value) for given in one.arguments)
            or chain(one.func).rpartition(".")[2] in {"AfterValidator", "BeforeValidator"}
        )
        for one in walk(node)
    )


def _says(value: AnyExpression) -> bool:
    """Whether a bound refuses more than the empty text."""
    return not (isinstance(value, Constant) and isinstance(value.value, int) and value.value <= 1)
