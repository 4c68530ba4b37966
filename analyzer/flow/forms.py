"""What a form, serializer or parser of requests hands on: request data of the kind its field declares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name
from analyzer.facts.statements import Return
from analyzer.facts.visit import chain, walk
from analyzer.flow.environment import Environment
from analyzer.flow.origins import origins
from analyzer.flow.sources import HARMLESS
from analyzer.frameworks.registry import calls
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.flow.values import Evaluation

_VALIDATED = frozenset({"validated_data", "cleaned_data"})
"""Where Django's forms and REST framework's serializers keep what a client sent, once it passed their fields."""

_WTFORMS = ("wtforms.", "flask_wtf.", "wtforms_alchemy.", "quart_wtf.", "starlette_wtf.")
_NUMBERS = frozenset(
    "IntegerField IntegerRangeField DateTimeLocalField MonthField WeekField "
    "FloatField DecimalField BooleanField NullBooleanField NullBooleanSelect UUIDField DateField "
    "DateTimeField TimeField DurationField IPAddressField GenericIPAddressField".split()
)
"""Fields whose values hold no quote, space or keyword (they become numbers, dates, UUIDs)."""

_CHOICES = frozenset(
    "ChoiceField TypedChoiceField MultipleChoiceField TypedMultipleChoiceField ModelChoiceField "
    "ModelMultipleChoiceField PrimaryKeyRelatedField SlugRelatedField SelectField SelectMultipleField RadioField "
    "QuerySelectField QuerySelectMultipleField".split()
)
"""Fields that let through only what a list or a table of ours holds."""


_LIMITING = frozenset({"AnyOf", "Regexp", "UUID", "IPAddress", "MacAddress"})
"""Validators that let through what is on a list, or of a form that holds no syntax."""


def posted(project: Project, place: Place, expression: Attribute) -> str:
    """What ``form.name.data`` of WTForms and ``api.payload`` of Flask-RESTX bring, as :func:`kind` says it; ``""`` for
    anything else."""
    if expression.attr == "payload":
        held = project.resolve_expression(place, expression)
        return "request" if held is not None and held.dotted.startswith(_RESTX) else ""
    field = expression.value
    if expression.attr != "data" or not isinstance(field, Attribute):
        return ""
    target = project.resolve_expression(place, field.value)
    if target is None or target.kind != "instance" or target.index < 0:
        return ""
    if not any(one.startswith(_WTFORMS) for one in project.classes.externals(target.path, target.index)):
        return ""
    for name, _, statement in project.classes.fields(target.path, target.index):
        if name == field.attr and isinstance(statement.value, Call):
            limits = {chain(one.func).rpartition(".")[2] for one in walk(statement.value) if isinstance(one, Call)}
            last = chain(statement.value.func).rpartition(".")[2]
            if last in _CHOICES or not _LIMITING.isdisjoint(limits):
                return "enum"
            return "number" if last in _NUMBERS else "" if last.endswith("FileField") else "request"
    return ""


_RESTX = ("flask_restx.", "flask_restplus.")
_PARSING = (*_RESTX, "flask_restful.")
_INPUTS = frozenset({"boolean", "positive", "natural", "date", "datetime", "datetime_from_iso8601", "iso8601interval"})


def _parsed(project: Project, place: Place, held: Name, name: str) -> str:
    """What ``args["name"]`` of ``args = parser.parse_args()`` brings, Flask-RESTful's and Flask-RESTX's."""
    target = project.resolve_expression(place, held)
    if target is None or not target.dotted.startswith(_PARSING) or not target.dotted.endswith(".parse_args()"):
        return ""
    declared: dict[str, set[str]] | None = vars(project).get("_parsed_arguments")
    if declared is None:
        declared = vars(project)["_parsed_arguments"] = {}
        for _, call in calls(project, frozenset({"add_argument"})):
            named = call.arguments[0].value if call.arguments else None
            if isinstance(named, Constant) and isinstance(named.value, str):
                declared.setdefault(named.value.lstrip("-"), set()).add(_declared(call))
    kinds = declared.get(name, {"request"})
    return "request" if "request" in kinds else max(kinds)


def _declared(call: Call) -> str:
    """The kind of an argument that a parser is told of."""
    given = {one.keyword: one.value for one in call.arguments if one.keyword}
    if "choices" in given:
        return "enum"
    last = chain(given["type"]).rpartition(".")[2] if "type" in given else ""
    return "number" if last in HARMLESS or last in _INPUTS else "request"


def brought(run: Evaluation, held: AnyExpression, name: AnyExpression, state: Environment) -> str:
    """What ``held[name]`` brings, as :func:`kind` says it; the ``data`` of a serializer that got nothing but what a
    client sent is what passed its fields."""
    if isinstance(held, Attribute) and held.attr == "data" and _filled(run, held.value, state):
        held = msgspec.structs.replace(held, attr="validated_data")
    return kind(run.flow.project, run.place, held, name)


def _filled(run: Evaluation, serializer: AnyExpression, state: Environment) -> bool:
    """``PersonSerializer(data=request.data)``, and no record beside it."""
    made = [one.expression for one in origins(run.flow, run.place, serializer, state)]
    return bool(made) and all(
        isinstance(one, Call) and bool(one.arguments) and {given.keyword for given in one.arguments} <= _FILLING
        for one in made
    )


_FILLING = frozenset({"data", "context", "many"})


def kind(project: Project, place: Place, held: AnyExpression, name: AnyExpression | None) -> str:
    """What ``held[name]`` brings: ``request``, ``number`` or ``enum``; ``""`` when ``held`` is no validated data of a
    form whose class is ours, or that class does not declare the field."""
    if not isinstance(name, Constant) or not isinstance(name.value, str):
        return ""
    if isinstance(held, Name):
        return _parsed(project, place, held, name.value)
    if not isinstance(held, Attribute) or held.attr not in _VALIDATED:
        return ""
    target = project.resolve_expression(place, held.value)
    if target is None:
        return ""
    made = [target] if target.kind == "instance" else _of_view(project, place, target)
    fields = {one for one in (_field(project, form, name.value) for form in made) if one}
    if not fields:
        return ""
    if fields <= _NUMBERS | _CHOICES:
        return "number" if fields <= _NUMBERS else "enum"
    return "request"


def _of_view(project: Project, place: Place, target: Target) -> list[Target]:
    """The forms or serializers that a class view makes of what it names: ``self.get_serializer(data=…)``."""
    asked = _MADE_BY_VIEWS.search(target.dotted)
    owner = project.owner_index(place) if asked is not None else -1
    if asked is None or owner < 0:
        return []
    named = project.classes.variable(place.path, owner, f"{asked[1]}_class")
    found = [] if named is None else [project.resolve_expression(Place(named[0], -1), named[1])]
    choosing = dict(project.classes.methods(place.path, owner)).get(f"get_{asked[1]}_class")
    for node in walk(project.body(choosing)) if choosing is not None else ():
        if choosing is not None and isinstance(node, Return) and isinstance(node.value, Name | Attribute):
            found.append(project.resolve_expression(choosing, node.value))
    return [
        Target("instance", one.dotted, one.path, one.index)
        for one in found
        if one is not None and one.kind == "class" and one.index >= 0
    ]


_MADE_BY_VIEWS = re.compile(r"\.(?:get_)?(serializer|form)(?:_class)?\(\)$")


def _field(project: Project, target: Target, name: str) -> str:
    """The class of the field that a form declares under a name, by its last name."""
    if target.kind != "instance" or target.index < 0:
        return ""
    for field, _, statement in project.classes.fields(target.path, target.index):
        if field == name and isinstance(statement.value, Call):
            return chain(statement.value.func).rpartition(".")[2]
    return ""
