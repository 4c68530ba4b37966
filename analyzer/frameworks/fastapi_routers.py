"""The routers of FastAPI and Starlette: which there are, what hangs below what, and which ones functions make."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.attachments import listed
from analyzer.frameworks.backend import Attachment, Found, Unresolved
from analyzer.frameworks.class_based import brought_by_class
from analyzer.frameworks.forwarded import forwarded
from analyzer.frameworks.imported import dynamic, imported
from analyzer.frameworks.loops import Known, Registration, agree, registrations
from analyzer.frameworks.made import (
    Instance,
    hangs,
    in_round,
    instances,
    kept_by,
    made_by,
    of_rounds,
    origin,
    stored_call,
    written,
)
from analyzer.frameworks.prefixes import UNKNOWN, Mount, doors
from analyzer.frameworks.registry import Creation, Holder, calls, created, creations, holder, of_object
from analyzer.frameworks.statuses import declared
from analyzer.frameworks.text import argument, rooted, text
from analyzer.project.project import Project
from analyzer.project.target import Place

ROUTERS = frozenset(
    {
        "fastapi.FastAPI",
        "fastapi.APIRouter",
        "fastapi.routing.APIRouter",
        "fastapi.applications.FastAPI",
        "starlette.applications.Starlette",
        "starlette.routing.Router",
        "classy_fastapi.Routable",
        "classy_fastapi.routable.Routable",
    }
)
_APPLICATIONS = frozenset({"fastapi.FastAPI", "fastapi.applications.FastAPI"})
_HELD = "router"
"""Where an object of a class of routes keeps its router (classy-fastapi)."""
_DEPTH = 16
_NO_NAMES: Known = {}


class Foreign(msgspec.Struct, frozen=True):
    """A router that a library makes: what it is included in, under which prefix, what it is, where, what is attached,
    and the variable that holds it, if any."""

    parent: Holder
    prefix: str
    dotted: str
    where: tuple[str, int]
    attached: tuple[Attachment, ...]
    held: Holder | None = None


class Door(msgspec.Struct, frozen=True):
    """A prefix, a path below it (``None``: not constant), what runs before the route there, and whether it stands in
    the document (as ``schema`` of :class:`~analyzer.frameworks.backend.Route`)."""

    prefix: str
    path: str | None
    around: tuple[Attachment, ...]
    schema: str = ""
    statuses: frozenset[int] = frozenset()
    """Status codes that the registration and the routers above declare."""


class Routers(msgspec.Struct, frozen=True):
    """The routers of a project: their own prefixes, what hangs below what, what is attached to each.

    ``instances`` are the routers that functions make of what they are given, by the variable in the function.
    """

    own: dict[Holder, str] = {}
    mounts: list[Mount] = []
    attached: dict[Holder, list[Attachment]] = {}
    instances: dict[Holder, list[Instance]] = {}
    made: dict[Holder, Creation] = {}
    """The calls that make routers, where that is known."""
    known: dict[Holder, dict[str, tuple[Attachment, ...]]] = {}
    told: dict[Holder, dict[str, frozenset[int]]] = {}
    objects: dict[Place, list[Holder]] = {}
    """The routers that are objects of a class of the project, by that class (its file and index)."""
    used: set[Holder] = set()
    """The routers that something is registered on."""
    foreign: list[Foreign] = []
    """What libraries make and the project includes."""

    def held(self, project: Project, place: Place, chain: str) -> Holder | None:
        """The variable behind a chain; the router a function made where that is one."""
        return origin(project, holder(project, place, chain), self.own, self.instances)

    def of_self(self, project: Project, place: Place, chain: str) -> list[Holder]:
        """The routers that ``self`` is in a method of a class that is derived from a router."""
        owner = project.owner_index(place) if chain == "self" else -1
        return self.of_class(place, owner)

    def of_class(self, place: Place, owner: int) -> list[Holder]:
        """The routers that are objects of a class of the project, or of one below it."""
        return self.objects.get(Place(place.path, owner), []) if owner >= 0 else []

    def doors(self, held: Holder) -> dict[str, tuple[Attachment, ...]]:
        """Every prefix of a router with what runs before its routes there."""
        if held not in self.known:
            self.known[held] = doors(self.own, self.attached, self.mounts, held)
        return self.known[held]

    def paths(
        self,
        project: Project,
        held: Holder,
        place: Place,
        given: AnyExpression | None,
        own: frozenset[int],
        names: Known = _NO_NAMES,
    ) -> Iterator[Door]:
        """Every prefix of a router with the path of one of its routes, which may hang on what its function is given.
        ``own`` are the status codes that its registration declares, ``names`` what the loops around it know."""
        self.used.add(held)
        path = text(project, place, given)
        if given is not None and held in self.instances and (path is None or names):
            for one in self.instances[held]:
                if not agree(one.known, names):
                    continue
                path_here, at = written(one, given)
                schemas, statuses = self.schemas(one.holder), self.statuses(project, one.holder)
                told = own | self._declared(project, held)
                for prefix, around in self.doors(one.holder).items():
                    before = (*self.attached.get(held, ()), *around)
                    shown = schemas.get(prefix, "")
                    yield Door(prefix, text(project, at, path_here), before, shown, told | statuses[prefix])
            return
        path = rooted(project, place, given)
        schemas, statuses = self.schemas(held), self.statuses(project, held)
        for prefix, around in self.doors(held).items():
            yield Door(prefix, path, around, schemas.get(prefix, ""), own | statuses[prefix])

    def statuses(self, project: Project, held: Holder, depth: int = 0) -> dict[str, frozenset[int]]:
        """Status codes that ``responses=`` of a router, of those above it and of what includes it declare, by prefix;
        of two ways under one prefix, all."""
        if held in self.told:
            return self.told[held]
        mine, own = self.own.get(held, ""), self._declared(project, held)
        apart = bool(_document(self.made.get(held)))  # an application that is mounted writes a document of its own
        above = [mount for mount in self.mounts if mount.child == held and mount.parent != held]
        found = {} if above and depth <= _DEPTH else {mine: own}
        for mount in above if depth <= _DEPTH else ():
            added = UNKNOWN if mount.prefix is None else mount.prefix
            for start, around in self.statuses(project, mount.parent, depth + 1).items():
                whole = start + added + mine
                brought = frozenset() if apart else around | frozenset(mount.statuses)
                found[whole] = found.get(whole, frozenset()) | own | brought
        if not depth:
            self.told[held] = found
        return found

    def _declared(self, project: Project, held: Holder) -> frozenset[int]:
        creation = self.made.get(held)
        return frozenset(declared(project, creation.place, creation.call)) if creation is not None else frozenset()

    def schemas(self, held: Holder, depth: int = 0) -> dict[str, str]:
        """Whether routes of a router stand in the document of their application, by prefix."""
        creation, mine = self.made.get(held), self.own.get(held, "")
        refused = creation is not None and is_false(argument(creation.call, 99, "include_in_schema"))
        said = _document(creation)
        above = [mount for mount in self.mounts if mount.child == held and mount.parent != held]
        if not above or depth > _DEPTH:
            return {mine: "hidden" if refused and said != "off" else said}
        found: dict[str, str] = {}
        for mount in above:
            added = UNKNOWN if mount.prefix is None else mount.prefix
            for start, state in self.schemas(mount.parent, depth + 1).items():
                told = said or state
                told = "hidden" if told == "yes" and (refused or mount.hidden) else told
                whole = start + added + mine
                found[whole] = told if found.get(whole, "hidden") != "yes" else "yes"
        return found


def _document(creation: Creation | None) -> str:
    """Whether an application writes a document; ``""`` for a router, which has none of its own."""
    if creation is None or creation.dotted not in _APPLICATIONS:
        return ""
    given = argument(creation.call, 99, "openapi_url")
    return "off" if isinstance(given, Constant) and not given.value else "yes"


def is_false(given: AnyExpression | None) -> bool:
    """Whether an argument is a plain ``False``."""
    return isinstance(given, Constant) and given.value is False


def routers(project: Project, found: Found) -> Routers:
    """All routers of a project; prefixes that are not constant are said to be unresolved."""
    made: dict[Holder, Creation] = {}
    known = Routers({}, [], {}, {}, made, {}, {}, {}, set(), [])
    for creation in (*creations(project, ROUTERS), *_included(project)):
        made[creation.holder] = creation
        known.own[creation.holder] = ""
        target = project.resolve_expression(creation.place, creation.call.func)
        for base in project.classes.order(target.path, target.index) if target and target.kind == "class" else ():
            if base.kind == "class":
                known.objects.setdefault(Place(base.path, base.index), []).append(creation.holder)
    for held, creation in made.items():
        looped = of_rounds(project, creation)
        if looped or (held.scope != -1 and hangs(project, creation, "prefix")):
            known.instances[held] = looped or instances(project, creation)
            known.own.update({one.holder: "" for one in known.instances[held]})
    known.mounts.extend(_mounts(project, known, found))
    _unknown_routers(project, known)
    for held, creation in made.items():
        given = argument(creation.call, 99, "prefix")
        begun, brought = brought_by_class(project, creation.place, creation.call)
        around = (
            *listed(project, creation.place, creation.call, "router", "dependencies"),
            *listed(project, creation.place, creation.call, "application", "middleware"),
        )
        known.attached.setdefault(held, []).extend((*brought, *around))
        if not known.instances.get(held):
            known.own[held] = _prefix(project, creation.place, given, found, creation) if given is not None else begun
            continue
        for one in known.instances[held]:
            prefix, at = written(one, given) if given is not None else (None, creation.place)
            known.own[one.holder] = _prefix(project, at, prefix, found, creation) if prefix is not None else begun
            known.mounts.append(Mount(held, one.holder, ""))
    return known


def _included(project: Project) -> Iterator[Creation]:
    """Routers of a class of the project that are made where they are included."""
    for place, call in calls(project, frozenset({"include_router"})):
        item = argument(call, 0, "router")
        item = item.value if isinstance(item, Attribute) and item.attr == _HELD else item
        target = project.resolve_expression(place, item.func) if isinstance(item, Call) else None
        if isinstance(item, Call) and target is not None and target.kind == "class":
            dotted = created(project, place, item, ROUTERS)
            if dotted:
                yield Creation(_there(place, item), place, item, dotted)


def _there(place: Place, call: Call) -> Holder:
    """What stands for an object without a name."""
    return Holder(place.path, place.index, f"{chain_of(call.func)}():{call.line}:{call.column}")


def nest(known: Routers) -> None:
    """Say of middleware around an application below another one that it stands around that part only."""
    for mount in known.mounts:
        if mount.parent.path and mount.child in known.attached:
            known.attached[mount.child] = [
                msgspec.structs.replace(one, level="router") if one.level == "application" else one
                for one in known.attached[mount.child]
            ]


def _prefix(project: Project, place: Place, given: AnyExpression, found: Found, creation: Creation) -> str:
    prefix = text(project, place, given)
    if prefix is None:
        where = creation.place.path, given.line
        found.unresolved.append(Unresolved(*where, "the router's prefix is not constant"))
        return UNKNOWN
    return prefix


def _mounts(project: Project, known: Routers, found: Found) -> Iterator[Mount]:
    for one in registrations(project, frozenset({"include_router", "mount"})):
        for made, where in forwarded(project, one) or [(one, (one.place.path, one.call.line))]:
            yield from _mount(project, made, where, known, found)


def _mount(
    project: Project, made: Registration, where: tuple[str, int], known: Routers, found: Found
) -> Iterator[Mount]:
    call = made.call
    chain, _, name = chain_of(call.func).rpartition(".")
    parent = known.held(project, made.where(call.func), chain)
    including = name == "include_router"
    included = argument(call, 0, "router") if including else argument(call, 1, "app")
    given = argument(call, 99, "prefix") if including else argument(call, 0, "path")
    prefix = text(project, made.where(given), given) if given is not None else ""
    child = child_of(project, made.where(included), included, known) if included is not None else None
    attached = listed(project, made.place, call, "router", "dependencies")
    library = _library(project, made, included, child, known) if including and included is not None else None
    if library is not None:
        dotted, begun = library
        start = UNKNOWN if prefix is None else prefix
        known.foreign.append(Foreign(parent or Holder("", -1, ""), start + begun, dotted, where, attached, child))
    if child is None or (not including and child not in known.own):
        if included is not None and library is None and (including or _found_late(project, made, included)):
            what = "included router" if including else "mounted application"
            found.unresolved.append(
                Unresolved(*where, f"the {what} `{chain_of(included) or '…'}` is not known before it runs")
            )
        return
    child = in_round(child, made.known, known.instances)
    if prefix is not None and not including:
        prefix = prefix.rstrip("/")
    hidden = is_false(argument(call, 99, "include_in_schema"))
    yield Mount(
        child,
        parent or Holder("", -1, ""),
        prefix,
        attached=attached,
        hidden=hidden,
        statuses=declared(project, made.place, call),
    )


def _library(
    project: Project, made: Registration, included: AnyExpression, child: Holder | None, known: Routers
) -> tuple[str, str] | None:
    """The canonical name of what a library makes that is included, and the prefix it is made with."""
    site: tuple[Place, AnyExpression] | None = made.where(included), included
    if child is not None:
        site = stored_call(project, child) if child not in known.own else None
    if site is None:
        return None
    call = site[1]
    if isinstance(call, Call) and created(project, site[0], call, ROUTERS):
        return None
    dotted = of_library(project, *site)
    if not dotted:
        return None
    begun = argument(call, 99, "prefix") if isinstance(call, Call) else None
    told = "" if begun is None else text(project, site[0], begun)
    return dotted, UNKNOWN if told is None else f"/{told.strip('/')}" if told else ""


def of_library(project: Project, place: Place, given: AnyExpression) -> str:
    """The canonical name of what a library makes, or is; empty for what is ours or not known."""
    target = project.resolve_expression(place, given.func if isinstance(given, Call) else given)
    if target is None or target.kind != "external" or target.dotted.startswith(("importlib.", "builtins.")):
        return ""
    return target.dotted.removesuffix("()") if "." in target.dotted else ""


def _found_late(project: Project, made: Registration, mounted: AnyExpression) -> bool:
    """Whether what is mounted may be one of ours that is found at run time; what a class makes is of that class."""
    if isinstance(mounted, Call):
        target = project.resolve_expression(made.where(mounted.func), mounted.func)
        if target is not None and not target.dotted.startswith(("importlib.", "builtins.")):
            return False
    return dynamic(project, made.place, mounted)


def _unknown_routers(project: Project, known: Routers) -> None:
    """Routers of a class that a library derived from FastAPI's: what includes routers is one, and so is what is
    included, whatever made it."""
    used = {held for mount in known.mounts for held in (mount.parent, mount.child) if held.path and held.scope >= -1}
    made_so = {one.holder for several in known.instances.values() for one in several}
    for held in sorted(used - set(known.own) - made_so):
        made = stored_call(project, held)
        if made is not None:
            place, call = made
            known.own[held] = text(project, place, argument(call, 99, "prefix")) or ""
            known.attached.setdefault(held, []).extend(listed(project, place, call, "router", "dependencies"))


def _made_object(project: Project, place: Place, given: AnyExpression) -> Registration | None:
    """The call that makes an object: itself, or what a variable gets its value from."""
    if isinstance(given, Call):
        return Registration(place, given)
    held = holder(project, place, chain_of(given)) if isinstance(given, Name) else None
    made = stored_call(project, held) if held is not None else None
    target = project.resolve_expression(made[0], made[1].func) if made is not None else None
    return Registration(*made) if made is not None and target is not None and target.kind == "class" else None


def child_of(project: Project, place: Place, item: AnyExpression, known: Routers) -> Holder | None:
    """A router by name, also by that of its module as a text, or the variable that a factory called here returns."""
    named = imported(project, place, item)
    if len(named) == 1:
        return holder(project, Place(named[0][0], -1), named[0][1])
    if isinstance(item, Attribute) and item.attr == _HELD:
        whole = _there(place, item.value) if isinstance(item.value, Call) else None
        whole = whole or holder(project, place, chain_of(item.value))
        if whole in known.made:
            return whole
    if isinstance(item, Call) and _there(place, item) in known.made:
        return _there(place, item)
    if isinstance(item, Call):
        return made_by(project, Registration(place, item), known.instances)
    if isinstance(item, Attribute):
        site = _made_object(project, place, item.value)
        if site is not None:
            held = of_object(project, project.resolve_expression(site.place, site.call), item.attr)
            return kept_by(project, site, held, known.instances)
    held = holder(project, place, chain_of(item))
    if held is not None and held not in known.own:
        made = stored_call(project, held)
        inner = made_by(project, Registration(*made), known.instances) if made is not None else None
        if inner is not None and (inner in known.own or inner.scope >= 0):
            return inner
    return held
