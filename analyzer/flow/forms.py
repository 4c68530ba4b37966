"""What a form or serializer hands on: request data of the kind its field declares."""

from __future__ import annotations

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant
from analyzer.facts.visit import chain
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_VALIDATED = frozenset({"validated_data", "cleaned_data"})
"""Where Django's forms and REST framework's serializers keep what a client sent, once it passed their fields."""

_NUMBERS = frozenset(
    "IntegerField FloatField DecimalField BooleanField NullBooleanField NullBooleanSelect UUIDField DateField "
    "DateTimeField TimeField DurationField IPAddressField GenericIPAddressField".split()
)
"""Fields whose values hold no quote, space or keyword (they become numbers, dates, UUIDs)."""

_CHOICES = frozenset(
    "ChoiceField TypedChoiceField MultipleChoiceField TypedMultipleChoiceField ModelChoiceField "
    "ModelMultipleChoiceField PrimaryKeyRelatedField SlugRelatedField".split()
)
"""Fields that let through only what a list or a table of ours holds."""


def kind(project: Project, place: Place, held: AnyExpression, name: AnyExpression | None) -> str:
    """What ``held[name]`` brings: ``request``, ``number`` or ``enum``; ``""`` when ``held`` is no validated data of a
    form whose class is ours, or that class does not declare the field."""
    if not isinstance(held, Attribute) or held.attr not in _VALIDATED:
        return ""
    if not isinstance(name, Constant) or not isinstance(name.value, str):
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
