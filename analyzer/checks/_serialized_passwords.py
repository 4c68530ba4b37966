"""The part of BA202 about serializers of REST framework that store a password field like any other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._declared_fields import assigned, taken_by_views
from analyzer.checks._privileged import words
from analyzer.facts.expressions import AnyExpression, Call, Name
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow
from analyzer.flow.passwords import is_password_name
from analyzer.flow.questions import chain_end, flow_of
from analyzer.flow.stored import hashes_itself
from analyzer.graph.picture import Picture
from analyzer.project import Place, Project

_BASES = re.compile(r"(?:^|\.)(?:ModelSerializer|HyperlinkedModelSerializer)$")
_OWN = frozenset({"create", "save", "update", "validate", "validate_password", "to_internal_value", "run_validation"})
"""Methods that may hash what the library would store as it came."""


def serialized(picture: Picture) -> Iterator[tuple[Place, AnyExpression, str, str]]:
    """Serializers whose ``create`` is the library's or does no more than it, with the place of their fields, their name
    and the field."""
    flow, project = flow_of(picture), picture.project
    for path in project.paths():
        if not picture.is_main(path):
            continue
        outline = project.outline(path)
        for index, item in enumerate(outline.classes):
            if not any(_BASES.search(one) for one in project.classes.externals(path, index)):
                continue
            found = _stored(flow, project, path, index)
            if found is not None and taken_by_views(picture, path, index, whole=True):
                yield Place(path, -1), found[0], item.name, found[1]


def _hands_on(flow: Flow, create: Place) -> bool:
    """Whether a ``create`` makes a record of all that was sent as it is: ``User.objects.create(**validated_data)``."""
    function = flow.project.function(create)
    given = function.parameters[-1].name if function is not None and len(function.parameters) == 2 else ""
    spread = False
    for point in flow.calls(create):
        call = point.expression
        assert isinstance(call, Call)
        last = chain_end(call)
        if _HASHING.search(last) or chain(call.func).startswith(f"{given}."):
            return False
        handed = any(one.star == 2 and isinstance(one.value, Name) and one.value.id == given for one in call.arguments)
        spread = spread or (handed and (last == "create" or last[:1].isupper()))
    changed = function is not None and any(use.chain.startswith(f"{given}[") for use in function.uses)
    return bool(given) and spread and not changed


_HASHING = re.compile(r"password|hash|encrypt|create_user|create_superuser|^super$", re.IGNORECASE)


def _stored(flow: Flow, project: Project, path: str, index: int) -> tuple[AnyExpression, str] | None:
    """The list of fields that has a password in it, and the field; ``None`` where something may hash it."""
    meta = project.namespace(path).inner_classes.get(index, {}).get("Meta")
    own = {name: place for name, place in project.classes.methods(path, index) if name in _OWN}
    if meta is None or own.keys() - {"create"} or not all(_hands_on(flow, place) for place in own.values()):
        return None
    values = assigned(project.outline(path).classes[meta])
    listed, model = values.get("fields"), values.get("model")
    fixed = words(values.get("read_only_fields")) or ()
    name = next((one for one in words(listed) or () if is_password_name(one) and one not in fixed), "")
    target = project.resolve_expression(Place(path, -1), model) if model is not None and name else None
    if listed is None or target is None or (target.ours and target.kind != "class"):
        return None
    if target.ours and hashes_itself(flow, target, name):
        return None
    return listed, name
