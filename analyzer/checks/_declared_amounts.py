"""The part of BA401 about prices, quantities and the like in forms, serializers and schemas of libraries that declare
them as any number: Django, REST framework, WTForms, marshmallow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

import msgspec

from analyzer.checks._declared_fields import assigned, taken_by_views
from analyzer.checks._privileged import words
from analyzer.checks._stored_amounts import SIGNED, counted
from analyzer.facts.expressions import AnyExpression, Call, Constant, Name
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.visit import chain, walk
from analyzer.flow.questions import location, uses_of
from analyzer.frameworks.persistence import is_model
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Severity
from analyzer.project import Place, Project, Target

_TAKING = re.compile(
    r"^(?:rest_framework\.serializers\.\w*Serializer|django\.forms\.(?:Model)?Form|flask_wtf\.FlaskForm|wtforms\.Form"
    r"|marshmallow\.Schema|flask_marshmallow\.Marshmallow\(\)\.\w*Schema|marshmallow_sqlalchemy\.\w+Schema)$"
)
_BY_VIEWS = re.compile(r"^(?:rest_framework|django)\.")
_NUMBERS = frozenset("IntegerField DecimalField FloatField BigIntegerField SmallIntegerField Integer Int Float Decimal "
    "Number IntegerRangeField DecimalRangeField".split())  # fmt: skip
_LOOKING = frozenset({"min_value", "validate", "choices", "read_only", "dump_only", "disabled"})
"""Arguments of a field that bound it, or let no client set it."""
_PRESENT = re.compile(r"(?:DataRequired|InputRequired|Optional|MaxValueValidator)$")
"""Validators that have no say in the lowest value."""
_ADMIN = re.compile(r"admin|staff|internal|read_?only|output|detail|list|response", re.IGNORECASE)
_CHECKING = re.compile(r"^(?:validate|clean|save|to_internal_value|full_clean)$")


class Unbounded(msgspec.Struct, frozen=True):
    """A number that a class takes with no lowest value: its name, its class as the message calls it, and where."""

    name: str
    of: str
    place: Place
    node: AnyExpression


def declared_amounts(picture: Picture, rule: Rule, bounded: Set[str]) -> Iterator[Finding]:
    """One finding a class that declares such numbers, at the first, in order of places; ``bounded``: columns that the
    tables look at."""
    project = picture.project
    told: set[tuple[str, str]] = set()
    for path in project.paths():
        if not picture.is_main(path) or "admin" in path.lower():
            continue
        for index, item in enumerate(project.outline(path).classes):
            bases = project.classes.externals(path, index)
            taking = next((one for one in bases if _TAKING.match(one)), "")
            if not taking or _ADMIN.search(item.name) or SIGNED.search(item.name):
                continue
            found = [one for one in _unbounded(project, path, index) if one.name not in bounded]
            if not found or (found[0].place.path, found[0].of) in told:
                continue
            if _taken(picture, path, index, taking):
                told.add((found[0].place.path, found[0].of))
                yield _finding(rule, found)


def _unbounded(project: Project, path: str, index: int) -> Iterator[Unbounded]:
    item = project.outline(path).classes[index]
    looked = _looked_at(project, path, index)
    own = assigned(item)
    for name, value in own.items():
        if name not in looked and _is_open(name, value):
            yield Unbounded(name, item.name, Place(path, -1), value)
    meta = _meta(project, path, index)
    model = project.resolve_expression(Place(path, -1), meta["model"]) if "model" in meta else None
    if model is None or model.kind != "class" or model.index < 0 or not is_model(project, model.path, model.index):
        return
    called = model.dotted.rpartition(".")[2]
    if SIGNED.search(called):
        return
    looked |= _looked_at(project, model.path, model.index) | own.keys()
    listed, left_out = words(meta.get("fields")), words(meta.get("exclude"))
    fixed = set(words(meta.get("read_only_fields")) or ()) | set(left_out or ())
    if listed is None and left_out is None:
        return
    for name, at, statement in project.classes.fields(model.path, model.index):
        shown = listed in (None, ["__all__"]) or name in (listed or ())
        if shown and name not in looked | fixed and statement.value is not None and _is_open(name, statement.value):
            yield Unbounded(name, called, Place(at, -1), statement.value)


def _meta(project: Project, path: str, index: int) -> dict[str, AnyExpression]:
    inner = project.namespace(path).inner_classes.get(index, {}).get("Meta")
    return assigned(project.outline(path).classes[inner]) if inner is not None else {}


def _is_open(name: str, value: AnyExpression) -> bool:
    """``price = FloatField()``: whether a field is such a number, and nothing in its declaration bounds it."""
    if not isinstance(value, Call) or not counted(name) or chain(value.func).rpartition(".")[2] not in _NUMBERS:
        return False
    for one in value.arguments:
        if one.keyword in _LOOKING or one.star:
            return False
        if one.keyword == "editable" and isinstance(one.value, Constant) and one.value.value is False:
            return False
        validating = one.keyword in {None, "validators"} and isinstance(one.value, Display | Name)
        if validating and not _only_present(one.value):
            return False
    return True


def _only_present(validators: AnyExpression) -> bool:
    if not isinstance(validators, Display):
        return False
    named = (chain(one.func) if isinstance(one, Call) else chain(one) for one in validators.items)
    return all(_PRESENT.search(one) for one in named)


def _looked_at(project: Project, path: str, index: int) -> set[str]:
    """The fields that methods of a class look at: ``validate_price``, ``clean_price``, what ``validate`` mentions."""
    found: set[str] = set()
    for name, place in project.classes.methods(path, index):
        function = project.function(place)
        _, _, field = name.partition("_")
        found.add(field)
        decorated = any("validat" in chain(one) for one in (function.decorators if function else ()))
        if _CHECKING.match(name) or decorated or name == "__init__":
            nodes = [*walk(project.body(place)), *walk(list(function.decorators) if function else [])]
            found |= {one.value for one in nodes if isinstance(one, Constant) and isinstance(one.value, str)}
            found |= {getattr(one, "attr", "") for one in nodes}
    return found


def _taken(picture: Picture, path: str, index: int, taking: str) -> bool:
    """Whether something that a client sends goes through a class."""
    if _BY_VIEWS.match(taking):
        return taken_by_views(picture, path, index)
    below = picture.project.classes.below(path, index)
    return not picture.shared(Filled).classes.isdisjoint({(path, index), *((one.path, one.index) for one in below)})


class Filled:
    """The forms and schemas that the project fills with what is sent, by path and index, gathered once."""

    def __init__(self, picture: Picture) -> None:
        project = picture.project
        found = (target for place in project.places() for target in _filled(project, place))
        self.classes = frozenset(
            (one.path, one.index) for one in found if one is not None and one.kind in {"class", "instance"}
        )


def _filled(project: Project, place: Place) -> Iterator[Target | None]:
    """What a function fills, ``ItemSchema().load`` and ``form.validate_on_submit``, and what its decorators fill for
    it, ``@use_kwargs(item_schema)`` and ``@blp.arguments(ItemSchema)``."""
    for use in uses_of(project, place):
        of, _, last = use.chain.removesuffix("()").rpartition(".")
        if last in _LOADING:
            yield project.resolve(place, of, use.line)
    function = project.function(place)
    for made in function.decorators if function is not None else ():
        if isinstance(made, Call) and _FILLING.search(chain(made.func)):
            yield from (project.resolve_expression(Place(place.path, -1), one.value) for one in made.arguments)


_LOADING = frozenset({"load", "loads", "validate", "validate_on_submit"})
_FILLING = re.compile(r"use_args|use_kwargs|arguments|input|json")
"""Decorators that fill a handler's parameters through a schema."""


def _finding(rule: Rule, found: Sequence[Unbounded]) -> Finding:
    first = found[0]
    names = ", ".join(f"`{one.name}`" for one in found[:3] if one.of == first.of)
    return Finding(
        rule=rule.code,
        location=location(first.place, first.node),
        message=f"{names} of `{first.of}` may be below zero: nothing bounds what a client sends",
        fix="Declare the lowest value (`min_value=0`, `MinValueValidator(0)`, `NumberRange(min=0)`, `Range(min=0)`)",
        severity=Severity.NOTE,
        confidence=Confidence.MEDIUM,
    )
