"""The part of BA113 about forms and serializers that take every field of their model, or all but some."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._privileged import gives_rights, privileged_fields, words
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name
from analyzer.facts.outline import Class, Use
from analyzer.facts.statements import Assign, Evaluate, Return
from analyzer.facts.visit import calls, chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.questions import location
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Tier
from analyzer.project import Place, Project

_BASES = re.compile(r"(?:^|\.)(?:ModelForm|ModelSerializer|HyperlinkedModelSerializer|ModelSchema)$")
_MIGHTY = re.compile(r"^is_?(?:staff|superuser|admin)$")
_RUNNING = re.compile(r"admin|staff|superuser", re.IGNORECASE)
_ADMIN = re.compile(r"admin|staff|internal|superuser|read_?only|output|detail|list|response", re.IGNORECASE)
"""Forms and serializers for those who run the application, or that only write out."""
_WRITING = re.compile(
    r"(?:^|\.)(?:ModelViewSet|CreateModelMixin|UpdateModelMixin|CreateAPIView|UpdateAPIView|ListCreateAPIView"
    r"|RetrieveUpdateAPIView|RetrieveUpdateDestroyAPIView|CreateView|UpdateView|FormView)$"
)
_STORING = frozenset({"perform_create", "perform_update", "create", "post", "form_valid"})
"""Methods of a view that store what its serializer took."""
_SENT = re.compile(r"(?:^|\.)request\.(?:POST|data|FILES)\b")
_OWN = frozenset({"self.serializer_class", "self.get_serializer"})
_FIX = "List the fields that a client may set in `fields`, and leave {names} out or make them read-only"


def findings(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Classes whose ``Meta`` lets clients set privileged fields, in order of places."""
    project = picture.project
    for path in project.paths():
        if picture.tier(path) is not Tier.MAIN or "admin" in path.lower():
            continue
        outline = project.outline(path)
        for index, item in enumerate(outline.classes):
            bases = project.classes.externals(path, index)
            if not any(_BASES.search(one) for one in bases) or _ADMIN.search(item.name):
                continue
            for at, meta in enumerate(outline.classes):
                if meta.name == "Meta" and meta.owner == index:
                    yield from _meta(picture, rule, path, index, at)


def _meta(picture: Picture, rule: Rule, path: str, index: int, at: int) -> Iterator[Finding]:
    project = picture.project
    outline = project.outline(path)
    values = assigned(outline.classes[at])
    model, listed, left_out = values.get("model"), values.get("fields"), values.get("exclude")
    if model is None or (listed is None and left_out is None):
        return
    known = privileged_fields(project, project.resolve_expression(Place(path, -1), model))
    shown = words(left_out) if left_out is not None else words(listed)
    if shown is None:
        return
    if left_out is None and shown != ["__all__"]:
        # Who lists a field means it to be set; only those that make an administrator are told all the same.
        known = [name for name in shown if _MIGHTY.match(name)] if _for_strangers(picture, path, index) else []
        shown = []
    if not known:
        return
    fixed = {*(shown if left_out is not None else ()), *(words(values.get("read_only_fields")) or ())}
    fixed |= {name for name, value in assigned(outline.classes[index]).items() if _read_only(value)}
    opened = [name for name in known if name not in fixed]
    if opened and taken_by_views(picture, path, index):
        yield _finding(rule, path, left_out or listed, outline.classes[index].name, opened)


def assigned(item: Class) -> dict[str, AnyExpression]:
    """What the body of a class assigns, by name."""
    found: dict[str, AnyExpression] = {}
    for statement in item.body:
        if isinstance(statement, Assign) and statement.value is not None:
            for target in statement.targets:
                found[chain(target)] = statement.value
    return found


def _read_only(value: AnyExpression) -> bool:
    if not isinstance(value, Call):
        return False
    given = argument(value, -1, "read_only")
    fixed = isinstance(given, Constant) and given.value is True
    return fixed or chain(value.func).endswith(("SerializerMethodField", "ReadOnlyField", "HiddenField"))


def taken_by_views(picture: Picture, path: str, index: int, *, whole: bool = False) -> bool:
    """Whether objects of a class are made with what a client sent, or a writing view of a library does so; ``whole``
    where the library stores what it took without a word of ours."""
    project, name = picture.project, picture.project.outline(path).classes[index].name
    for other in project.paths():
        outline = project.outline(other)
        for number, function in enumerate(outline.functions):
            called = any(use.kind == "call" and use.chain.rpartition(".")[2] == name for use in function.uses)
            if not whole and called and _reads(function.uses) and _filled(project, Place(other, number), name):
                return True
        for at, item in enumerate(outline.classes):
            named = assigned(item)
            used = [named.get("serializer_class"), named.get("form_class")]
            named_here = any(one is not None and chain(one).rpartition(".")[2] == name for one in used)
            named_here = named_here or name in _chosen(project, other, at)
            if not named_here or _for_administrators(named.get("permission_classes")):
                continue
            if any(_WRITING.search(base) for base in project.classes.externals(other, at)):
                if whole and any(
                    method in _STORING and not _leaves_it(project, place)
                    for method, place in project.classes.methods(other, at)
                ):
                    continue
                return True
            if not whole and _fills(project, other, at):
                return True
    return False


def _filled(project: Project, place: Place, name: str) -> bool:
    """Whether a function makes an object of a class with data; ``OrderSerializer(order)`` only shows a record."""
    for call in calls(project.body(place)):
        if chain(call.func).rpartition(".")[2] == name:
            plain = [one for one in call.arguments if one.keyword is None]
            if len(plain) > name.endswith("Serializer") or any(
                one.keyword == "data" or one.star for one in call.arguments
            ):
                return True
    return False


def _chosen(project: Project, path: str, index: int) -> set[str]:
    """The names of the classes that a view's own ``get_serializer_class`` returns."""
    place = project.namespace(path).methods.get(index, {}).get("get_serializer_class")
    returned = [
        one.value
        for one in walk(project.body(Place(path, place)) if place is not None else ())
        if isinstance(one, Return)
    ]
    return {chain(one).rpartition(".")[2] for one in returned if isinstance(one, Name | Attribute)}


def _leaves_it(project: Project, place: Place) -> bool:
    """Whether a method does nothing but leave the work to the one it overrides: ``return super().create(request)``."""
    body = project.body(place)
    last = body[-1] if body else None
    value = last.value if isinstance(last, Return | Evaluate) else None
    return len(body) == 1 and isinstance(value, Call) and chain(value.func).startswith("super().")


def _for_strangers(picture: Picture, path: str, index: int) -> bool:
    """Whether a view that fills objects of a class says that everybody may call it: ``[AllowAny]``."""
    project, name = picture.project, picture.project.outline(path).classes[index].name
    for outline in (project.outline(other) for other in project.paths()):
        for item in outline.classes:
            named = assigned(item)
            if chain(named.get("serializer_class")).rpartition(".")[2] == name:
                asked = list(walk([named["permission_classes"]] if "permission_classes" in named else []))
                if any(isinstance(one, Name | Attribute) and chain(one).endswith("AllowAny") for one in asked):
                    return True
    return False


def _for_administrators(permissions: AnyExpression | None) -> bool:
    """Whether a view asks for those who run the application: ``permission_classes = [IsAdminUser]``."""
    named = [chain(one) for one in walk([permissions] if permissions else []) if isinstance(one, Name | Attribute)]
    return any(_RUNNING.search(one) for one in named)


def _fills(project: Project, path: str, index: int) -> bool:
    """Whether a method of a view fills its serializer itself: ``self.get_serializer(data=request.data)``."""
    for number, function in enumerate(project.outline(path).functions):
        if function.owner != index or not any(use.chain in _OWN for use in function.uses):
            continue
        for node in walk(project.body(Place(path, number))):
            if isinstance(node, Call) and chain(node.func) in _OWN and argument(node, -1, "data") is not None:
                return True
    return False


def _reads(uses: list[Use]) -> bool:
    return any(_SENT.search(use.chain) is not None for use in uses)


def _finding(rule: Rule, path: str, node: AnyExpression | None, name: str, opened: list[str]) -> Finding:
    names = ", ".join(f"`{one}`" for one in opened[:3])
    return Finding(
        rule=rule.code,
        location=location(Place(path, -1), node),
        message=f"`{name}` lets a client set {names}, which no field of the page has to show",
        fix=_FIX.format(names=names),
        severity=rule.severity,
        confidence=Confidence.HIGH if any(gives_rights(one) for one in opened) else Confidence.MEDIUM,
    )
