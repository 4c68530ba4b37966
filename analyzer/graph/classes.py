"""What a class is for, told by its bases, its methods and what it is given; its name only supports that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.facts.outline import Class, Function
from analyzer.frameworks import EntryPoint, persistence
from analyzer.graph.names import class_hint
from analyzer.graph.role import UTILITY, Role, role
from analyzer.model import Confidence
from analyzer.project import Place, Target
from analyzer.project.classes import PROTOCOLS

if TYPE_CHECKING:
    from analyzer.graph.roles import Roles

_ERRORS = frozenset({"builtins.Exception", "builtins.BaseException", "builtins.ValueError", "builtins.RuntimeError"})
_ABSTRACT = PROTOCOLS | {"abc.ABC"}
_STORE = re.compile(
    r"(?:^|_)(?:db|database|session|sessions|conn|connection|pool|engine|cursor|collection|store|table)(?:_|$)"
)
_SIBLINGS = 2
"""Classes that call repositories, from which on what they all extend is a base of services."""
_PASSIVE = ("Enum", "NamedTuple", "TypedDict", "Flag", "Choices")


def class_role(roles: Roles, path: str, index: int) -> Role:
    """The role of a class: bases first, then what its methods do, then its name."""
    project = roles.project
    item = project.outline(path).classes[index]
    methods = project.namespace(path).methods.get(index, {})
    for at in methods.values():
        routes = roles.handlers.get(Place(path, at))
        if routes:
            return role("controller", Confidence.HIGH, f"answers {routes[0].label}", path, item.line)
        door = roles.doors.get(Place(path, at))
        if door is not None:
            return behind(door, path, item.line)
    if persistence.is_model(project, path, index):
        return role("model", Confidence.HIGH, "is a persisted class", path, item.line)
    if persistence.is_schema(project, path, index):
        return role("schema", Confidence.HIGH, "describes data at the boundary", path, item.line)
    busy = any(roles.accesses.of(Place(path, at)) for at in methods.values())
    if (is_value(roles, path, index) and not busy) or _spans_transaction(roles, path, index):
        return UTILITY
    if _only_made(roles, path, index, methods):
        return UTILITY
    return _by_bases(roles, path, index, item) or _by_behaviour(roles, path, index, item, methods)


def behind(door: EntryPoint, path: str, line: int) -> Role:
    """The role of what runs behind a door that is no route: a client's call is answered by a controller."""
    if door.kind == "rpc":
        return role("controller", Confidence.HIGH, f"answers {door.label}", path, line)
    return role(door.kind, Confidence.HIGH, f"is the {door.label} of {door.framework}", path, line)


def is_value(roles: Roles, path: str, index: int) -> bool:
    """Whether a class is an exception, an enumeration or another passive kind that every layer may share."""
    for name in roles.project.classes.externals(path, index):
        last = name.removesuffix("()").rpartition(".")[2]
        if name in _ERRORS or last.endswith(("Exception", "Error", *_PASSIVE)):
            return True
    return False


def _spans_transaction(roles: Roles, path: str, index: int) -> bool:
    """Whether a class is a unit of work: a context that is committed or rolled back, and does no work itself."""
    names = {name for name, _ in roles.project.classes.methods(path, index)}
    return {"commit", "rollback"} <= names and not names.isdisjoint({"__exit__", "__aexit__"})


def _only_made(roles: Roles, path: str, index: int, methods: dict[str, int]) -> bool:
    """Whether a protocol says no more than how an object is made."""
    return methods.keys() == {"__init__"} and bool(PROTOCOLS & set(roles.project.classes.externals(path, index)))


def is_abstract(roles: Roles, path: str, index: int) -> bool:
    """Whether a class only promises: a Protocol, an ABC, or one whose methods are abstract."""
    if roles.project.classes.descends(path, index, _ABSTRACT):
        return True
    functions = roles.project.outline(path).functions
    return any(
        _decorated(functions[at], "abstractmethod")
        for at in roles.project.namespace(path).methods.get(index, {}).values()
    )


def _decorated(function: Function, name: str) -> bool:
    return any(getattr(item, "id", getattr(item, "attr", "")) == name for item in function.decorators)


def _by_bases(roles: Roles, path: str, index: int, item: Class) -> Role | None:
    for base in roles.project.classes.order(path, index)[1:]:
        last = base.dotted.removesuffix("()").replace("[]", "").rpartition(".")[2]
        if base.kind == "class":
            own = roles.of_class(base.path, base.index)
            if own.name in {"service", "controller"} and _stores(roles, path, index, item):
                continue  # it borrows from a higher layer; what it does itself says which one it belongs to
            if own.name in {"repository", "service", "client", "controller", "middleware", "settings", "command"}:
                return role(own.name, own.confidence, f"extends {last}", path, item.line)
            continue
        found = _library_base(base.dotted, last)
        if found:
            return role(found, Confidence.HIGH, f"extends {base.dotted}", path, item.line)
    return None


def _stores(roles: Roles, path: str, index: int, item: Class) -> bool:
    """Whether a class is called a repository and runs queries in a method of its own."""
    methods = roles.project.namespace(path).methods.get(index, {})
    return class_hint(item.name) == "repository" and any(roles.accesses.of(Place(path, at)) for at in methods.values())


def _library_base(dotted: str, last: str) -> str:
    if dotted.startswith(("django.db.models", "django.contrib.auth")) and last.endswith(("Manager", "QuerySet")):
        return "model"
    if last.endswith("Middleware"):
        return "middleware"
    if last == "BaseSettings":
        return "settings"
    if last == "BaseCommand":
        return "command"
    if last in {"APIView", "View", "MethodView", "Resource", "HTTPEndpoint", "Controller", "ModelView", "BaseView"}:
        return "controller"
    if last.endswith(("ViewSet", "APIView", "GenericAPIView")):
        return "controller"
    if last.endswith(("DeclarativeContainer", "DynamicContainer")):
        return "entrypoint"
    hint = class_hint(last)
    return hint if hint in {"repository", "service"} else ""


def _by_behaviour(roles: Roles, path: str, index: int, item: Class, methods: dict[str, int]) -> Role:
    project = roles.project
    hint, where = class_hint(item.name), f"is called {item.name}"
    if not hint:
        hint, word = roles.hint(path)
        where = f"lies in {word}"
    used = roles.used(path, "class", index)
    if hint not in {"repository", "service", "client"} and not used:
        return UTILITY
    places = [Place(path, at) for at in methods.values()]
    busy = [place for place in places if roles.accesses.of(place)]
    given = _given(roles, path, index, strict=hint == "repository")
    if hint == "repository":
        if busy:
            text = f"{_counted(busy, 'method')} run{'s' if len(busy) == 1 else ''} queries and it {where}"
            return role("repository", Confidence.HIGH, text, path, item.line)
        if is_abstract(roles, path, index) and _implemented(roles, path, index):
            return role("repository", Confidence.MEDIUM, f"is a port and {where}", path, item.line)
        if given:
            return role("repository", Confidence.MEDIUM, f"{given} and {where}", path, item.line)
    elif hint == "service" and (used or busy or given or _calls_lower(roles, places)):
        sure = Confidence.HIGH if used or given or busy else Confidence.MEDIUM
        reason = "is called by handlers" if used else given or "does the work"
        return role("service", sure, f"{reason} and {where}", path, item.line)
    elif hint == "service" and is_abstract(roles, path, index) and _is_port_of_services(roles, path, index):
        return role("service", Confidence.MEDIUM, f"is a port and {where}", path, item.line)
    elif hint == "client":
        return role("client", Confidence.MEDIUM, where, path, item.line)
    if used and busy and 2 * len(busy) >= len([name for name in methods if not name.startswith("__")]):
        if any(persistence.is_model(project, below.path, below.index) for below in project.classes.below(path, index)):
            return role("model", Confidence.MEDIUM, "is a base of persisted classes", path, item.line)
        base = _base_of_services(roles, path, index)
        if base:
            text = f"extends {base} like others that stand between handlers and a repository"
            return role("service", Confidence.MEDIUM, text, path, item.line)
        text = f"{_counted(busy, 'method')} run{'s' if len(busy) == 1 else ''} queries for handlers"
        return role("repository", Confidence.MEDIUM, text, path, item.line)
    if used and _calls_lower(roles, places):
        return role("service", Confidence.MEDIUM, "stands between handlers and a repository", path, item.line)
    return UTILITY


def _given(roles: Roles, path: str, index: int, strict: bool = False) -> str:
    """What the constructor is given and keeps, as a phrase: a session, a repository, any collaborator.

    ``strict`` wants something that leads to a database: a parameter of unknown type must at least be called like it.
    """
    project = roles.project
    place = dict(project.classes.methods(path, index)).get("__init__")
    function = project.function(place) if place is not None else None
    if place is None or function is None:
        return ""
    kept = {local.source for local in function.locals if local.target.startswith("self.")}
    found = ""
    for parameter in function.parameters[1:]:
        target = project.resolve(place, parameter.name)
        if target is not None and target.kind == "external" and persistence.is_handle(target.dotted):
            return "is given a database session"
        if target is not None and target.kind == "instance" and (target.path, target.index) != (path, index):
            name = roles.of_class(target.path, target.index).name
            if name in {"repository", "service", "client"}:
                return f"is given {target.dotted.rpartition('.')[2]}"
        if target is None and parameter.name in kept and (not strict or _STORE.search(parameter.name)):
            found = found or f"is given its {parameter.name.strip('_')}"
    return found


def _implemented(roles: Roles, path: str, index: int) -> bool:
    """Whether a class that talks to a database keeps the promise; a port nobody extends is believed by its place."""
    project = roles.project
    below = project.classes.below(path, index)
    if not below:
        return roles.hint(path)[0] == "repository"
    for item in below:
        if any(map(roles.accesses.of, project.classes.own(item.path, item.index))):
            return True
        if _given(roles, item.path, item.index, strict=True):
            return True
    return False


def _is_port_of_services(roles: Roles, path: str, index: int) -> bool:
    """Whether a class below a port works for it: it is given what a service is given, or calls repositories; a port
    nobody keeps is believed beside one that services keep."""
    project = roles.project
    below = project.classes.below(path, index)
    if not below:
        others = (at for at, _ in enumerate(project.outline(path).classes) if at != index)
        return any(project.classes.below(path, at) and roles.of_class(path, at).name == "service" for at in others)
    for item in below:
        if _given(roles, item.path, item.index) or _calls_lower(roles, project.classes.own(item.path, item.index)):
            return True
    return False


def _base_of_services(roles: Roles, path: str, index: int) -> str:
    """The base of a class where more of its siblings call repositories than run queries themselves: commands that
    mostly use data access objects are services, the few that ask the session as well."""
    project = roles.project
    for base in project.classes.order(path, index)[1:]:
        if base.kind != "class":
            continue
        calling = asking = 0
        for item in project.classes.below(base.path, base.index):
            places = project.classes.own(item.path, item.index)
            if _calls_lower(roles, places):
                calling += 1
            else:
                asking += any(map(roles.accesses.of, places))
        if calling >= _SIBLINGS and calling > asking:
            return base.dotted.rpartition(".")[2]
    return ""


def _calls_lower(roles: Roles, places: list[Place]) -> bool:
    for place in places:
        for site in roles.accesses.calls(place):
            if site.target.path != place.path and roles.of_target(site.target).name == "repository":
                return True
    return False


def _counted(items: list[Place], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def owner_class(roles: Roles, target: Target) -> tuple[str, int] | None:
    """The class behind a target: itself, an object's class, a method's owner."""
    if target.kind in {"class", "instance"} and target.path and target.index >= 0:
        return target.path, target.index
    if target.kind == "function":
        index = roles.project.owner_index(Place(target.path, target.index))
        return (target.path, index) if index >= 0 else None
    return None
