"""Flask-AppBuilder: views and REST resources whose methods are routes by ``@expose``.

A resource (``BaseApi`` and what extends it) stands at ``/api/<version>/<resource_name>``, a view at ``/<class name>``,
both in lower case, unless the class says ``route_base``. The methods that a generic resource or view brings along
(``ModelRestApi``, ``ModelView`` and their kin) are routes that the library answers, unless the class has a method of
that name itself.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Binary, Call, Name
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.backend import Attachment, Found, Route, Unresolved
from analyzer.frameworks.loops import registrations
from analyzer.frameworks.registry import imports_any, methods_of
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_RESOURCES = re.compile(r"^flask_appbuilder\.(?:\w+\.)*(?:Base|Model|BaseModel\w*)?(?:Rest)?Api$")
_LIBRARY = "flask_appbuilder."
_ADDING = frozenset({"add_api", "add_view", "add_view_no_menu"})
_DEPTH = 8


class Brought(msgspec.Struct, frozen=True):
    """A method of the library's class that is a route, and the decorator of the library that looks who is asking."""

    name: str
    rule: str
    methods: tuple[str, ...]
    check: str


def _table(check: str, *rules: str) -> dict[str, tuple[Brought, ...]]:
    """``"add GET,POST /add"``; a name that comes twice has two rules."""
    found: dict[str, tuple[Brought, ...]] = {}
    for one in rules:
        name, methods, rule = one.split()
        found[name] = (*found.get(name, ()), Brought(name, rule, tuple(methods.split(",")), check))
    return found


_FORM = ("this_form_get GET /form", "this_form_post POST /form")
_CHART = ("chart GET /chart/<group_by>", "chart GET /chart/")
_BRINGS = {
    "ModelRestApi": _table(
        "protect",
        "info GET /_info",
        "get GET /<int:pk>",
        "get_list GET /",
        "post POST /",
        "put PUT /<pk>",
        "delete DELETE /<pk>",
    ),
    "ModelView": _table(
        "has_access",
        "list GET /list/",
        "show GET /show/<pk>",
        "add GET,POST /add",
        "edit GET,POST /edit/<pk>",
        "delete GET,POST /delete/<pk>",
        "download GET /download/<string:filename>",
        "action GET,POST /action/<string:name>/<pk>",
        "action_post POST /action_post",
    ),
    "CompactCRUDMixin": _table(
        "has_access",
        "list GET,POST /list/",
        "add GET,POST /add/",
        "edit GET,POST /edit/<pk>",
        "delete GET,POST /delete/<pk>",
    ),
    "MasterDetailView": _table("has_access", "list GET /list/", "list GET /list/<pk>"),
    "MultipleView": _table("has_access", "list GET /list/"),
    "SimpleFormView": _table("has_access", *_FORM),
    "PublicFormView": _table("", *_FORM),
    "GroupByChartView": _table("has_access", *_CHART),
    "DirectByChartView": _table("has_access", *_CHART),
    "ChartView": _table("has_access", *_CHART),
    "DirectChartView": _table("has_access", *_CHART),
    "TimeChartView": _table("has_access", "chart GET /chart/<group_by>/<period>", "chart GET /chart/"),
}
"""The routes of Flask-AppBuilder 5.3's generic classes by the last part of their names."""


def recognise(project: Project) -> Found | None:
    """The routes of Flask-AppBuilder's classes; ``None`` when the project does not import it."""
    if not imports_any(project, frozenset({"flask_appbuilder"})):
        return None
    found = Found()
    named = _registered(project)
    for path in project.paths():
        for index, item in enumerate(project.outline(path).classes):
            bases = project.classes.externals(path, index)
            extended = Place(path, index) not in named and _extended(project, path, index)
            if not any(base.startswith(_LIBRARY) for base in bases) or extended:
                continue
            start = _base(project, path, index, item.name, any(map(_RESOURCES.match, bases)))
            owner = project.class_target(path, index)
            only = _allowed(project, owner, "include_route_methods")
            never = _allowed(project, owner, "exclude_route_methods") or frozenset()
            for called, method in sorted(project.classes.methods(path, index)):
                if called in never or (only is not None and called not in only):
                    continue
                function = project.function(method)
                for decorator in function.decorators if function else ():
                    if isinstance(decorator, Call) and chain_of(decorator.func).rpartition(".")[2] == "expose":
                        _add(project, method, decorator, start, found)
            own = {called for called, _ in project.classes.methods(path, index)}
            for brought in _brought(bases) if not named or Place(path, index) in named else ():
                if brought.name in own or brought.name in never or (only is not None and brought.name not in only):
                    continue
                _add_brought(owner, item.line, brought, start, found)
    return found


def _brought(bases: Sequence[str]) -> list[Brought]:
    """The methods that a class inherits from the library's, of each name those of the nearest base."""
    found: dict[str, tuple[Brought, ...]] = {}
    for base in bases:
        for name, several in _BRINGS.get(base.rpartition(".")[2] if base.startswith(_LIBRARY) else "", {}).items():
            found.setdefault(name, several)
    return [one for several in found.values() for one in several]


def _add_brought(owner: Target, line: int, one: Brought, start: str | None, found: Found) -> None:
    if start is None:
        found.unresolved.append(Unresolved(owner.path, line, "the path is not constant"))
        return
    whole = start.rstrip("/") + one.rule
    before = Attachment("class", Place("", -1), f"flask_appbuilder.security.decorators.{one.check}", owner.path, line)
    for method in one.methods:
        found.library.append(
            Route(
                path=_shown(whole),
                method=method,
                handler=Place(owner.path, -1),
                framework="Flask",
                registered=owner.path,
                line=line,
                pattern=whole,
                attached=(before,) if one.check else (),
                library=f"{owner.dotted}.{one.name}",
            )
        )


def _shown(whole: str) -> str:
    return re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", whole) or "/"


def _registered(project: Project) -> set[Place]:
    """The classes that are registered by name: ``appbuilder.add_api(Orders)``."""
    found = set()
    for one in registrations(project, _ADDING):
        given = argument(one.call, 0, "resource", "baseview", "view")
        target = project.resolve_expression(one.where(given), given)
        if target is not None and target.kind in {"class", "instance"} and target.ours:
            found.add(Place(target.path, target.index))
    return found


def _extended(project: Project, path: str, index: int) -> bool:
    """Whether a class is only there to be extended: its methods answer under the names of those that do."""
    below = project.classes.below(path, index)
    item = project.outline(path).classes[index]
    named = any(project.variable(path, f"{item.qualname}.{one}") for one in ("route_base", "resource_name"))
    return bool(below) and not named


def _base(project: Project, path: str, index: int, name: str, resource: bool) -> str | None:
    """The path that all methods of a class share; ``None`` when it is not constant."""
    given = _variable(project, path, index, "route_base")
    if given is not None:
        return given or None
    if not resource:
        return f"/{name.lower()}"
    version = _variable(project, path, index, "version")
    called = _variable(project, path, index, "resource_name")
    if called == "":
        return None
    return f"/api/{'v1' if version is None else version}/{(called or name).lower() if called is None else called}"


def _variable(project: Project, path: str, index: int, name: str) -> str | None:
    """The constant text of a class variable, inherited ones too: ``""`` when not constant, ``None`` when absent."""
    value = project.classes.variable(path, index, name)
    return None if value is None else text(project, Place(value[0], -1), value[1]) or ""


def _allowed(project: Project, owner: Target, name: str) -> Container[str] | None:
    """What a class variable names; the library asks it with ``in``, also where it is one text (``RouteMethod.GET``)
    and not a set of them."""
    value = project.classes.variable(owner.path, owner.index, name)
    whole = _text(project, owner, value[0], value[1]) if value is not None else None
    return whole if whole is not None else _listed(project, owner, name)


def _listed(project: Project, owner: Target, name: str, depth: int = 0) -> set[str] | None:
    """The method names in a class variable that holds a set of them; ``None`` when it is absent or not constant."""
    value = project.classes.variable(owner.path, owner.index, name)
    return None if value is None or depth > _DEPTH else _names(project, owner, value[0], value[1], depth)


def _names(project: Project, owner: Target, path: str, value: AnyExpression, depth: int) -> set[str] | None:
    """The texts of a set: written out, joined with ``|``, or held by a variable or by a class of constants."""
    if isinstance(value, Binary) and value.op == "|":
        left = _names(project, owner, path, value.left, depth + 1)
        right = _names(project, owner, path, value.right, depth + 1)
        return left | right if left is not None and right is not None else None
    if isinstance(value, Call) and chain_of(value.func) in {"set", "frozenset", "tuple", "list"} and value.arguments:
        return _names(project, owner, path, value.arguments[0].value, depth + 1) if depth < _DEPTH else None
    if isinstance(value, Display):
        names = [_text(project, owner, path, item) for item in value.items]
        return None if None in names else {name for name in names if name is not None}
    if isinstance(value, Attribute):
        holder = project.resolve_expression(Place(path, -1), value.value)
        if holder is not None and holder.kind == "class":
            return _listed(project, holder, value.attr, depth + 1)
    held = project.variable(path, chain_of(value)) if isinstance(value, Name | Attribute) else None
    return _names(project, owner, held[0], held[1], depth + 1) if held is not None and depth < _DEPTH else None


def _text(project: Project, owner: Target, path: str, item: AnyExpression) -> str | None:
    """A constant, also one that the class's own body calls by its bare name."""
    known = text(project, Place(path, -1), item)
    value = project.classes.variable(owner.path, owner.index, item.id) if isinstance(item, Name) else None
    return known if known is not None or value is None else text(project, Place(value[0], -1), value[1])


def _add(project: Project, handler: Place, decorator: Call, start: str | None, found: Found) -> None:
    place = Place(handler.path, -1)
    url = text(project, place, argument(decorator, 0, "url")) if decorator.arguments else "/"
    if url is None or start is None:
        found.unresolved.append(Unresolved(handler.path, decorator.line, "the path is not constant"))
        return
    whole = start.rstrip("/") + (url if url.startswith("/") else f"/{url}")
    shown = _shown(whole)
    for method in methods_of(project, place, decorator, "expose"):
        found.routes.append(Route(shown, method, handler, "Flask", handler.path, decorator.line, whole))
