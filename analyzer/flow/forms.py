"""What a form, serializer or parser of requests hands on: request data of the kind its field declares."""

from __future__ import annotations

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name
from analyzer.facts.visit import chain, walk
from analyzer.flow.sources import HARMLESS
from analyzer.frameworks.registry import calls
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

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
    field = _field(project, target, name.value) if target is not None else ""
    if not field:
        return ""
    return "number" if field in _NUMBERS else "enum" if field in _CHOICES else "request"


def _field(project: Project, target: Target, name: str) -> str:
    """The class of the field that a form declares under a name, by its last name."""
    if target.kind != "instance" or target.index < 0:
        return ""
    for field, _, statement in project.classes.fields(target.path, target.index):
        if field == name and isinstance(statement.value, Call):
            return chain(statement.value.func).rpartition(".")[2]
    return ""
