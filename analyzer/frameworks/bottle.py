"""Bottle: applications and the default one, decorators, direct registrations, mounted and merged applications."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from analyzer.facts.expressions import AnyExpression, Call, Constant, Name
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.aiohttp import passed
from analyzer.frameworks.attachments import attachment, listed
from analyzer.frameworks.backend import Attachment, Found, Route, Unresolved
from analyzer.frameworks.loops import unrolled
from analyzer.frameworks.prefixes import UNKNOWN, Mount, inherited, prefixes
from analyzer.frameworks.registry import Holder, creations, holder, imports_any
from analyzer.frameworks.text import argument, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place

_APPLICATIONS = frozenset({"bottle.Bottle"})
_DEFAULT = frozenset({"bottle.default_app", "bottle.app", "bottle.app.push", "bottle.default_app.push"})
_NAMES = frozenset({"route", "get", "post", "put", "delete", "patch"})
_PARAMETER = re.compile(r"<(\w*)(?::(?:\\.|[^\\>])*)?>|:(\w+)(?:#[^#]*#)?")
"""``<name>``, ``<name:filter:configuration>`` and the older ``:name#regex#``."""


def recognise(project: Project) -> Found | None:
    """The routes of Bottle; ``None`` when the project does not import it."""
    if not imports_any(project, frozenset({"bottle"})):
        return None
    found = Found()
    own = {creation.holder: "" for creation in creations(project, _APPLICATIONS, _DEFAULT)}
    mounts = list(_mounts(project, own))
    around = _around(project, own, mounts)
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            if function is not None and isinstance(decorator, Call):
                _registered(project, Place(place.path, function.parent), decorator, place, own, mounts, around, found)
    for place, call in unrolled(project, _NAMES):
        if isinstance(call.func, Call):
            # app.get("/x")(handler)
            handler = _handler(project, place, argument(call, 0))
            _registered(project, place, call.func, handler, own, mounts, around, found)
        elif (given := _callback(call)) is not None:
            _registered(project, place, call, _handler(project, place, given), own, mounts, around, found)
    return found


def _mounts(project: Project, own: dict[Holder, str]) -> Iterator[Mount]:
    """Applications below a prefix (``mount``), applications whose routes another takes over (``merge``)."""
    for place, call in unrolled(project, frozenset({"mount", "merge"})):
        chain, _, name = chain_of(call.func).rpartition(".")
        nested = name == "mount"
        prefix = text(project, place, argument(call, 0, "prefix")) if nested else ""
        given = argument(call, 1 if nested else 0, "app", "routes")
        for parent in _held(project, place, chain):
            for child in passed(project, place, given):
                if parent in own and child in own:
                    below = None if prefix is None else "/" + prefix.strip("/")
                    yield Mount(child, parent, below if below != "/" else "")


def _around(project: Project, own: dict[Holder, str], mounts: list[Mount]) -> dict[Holder, tuple[Attachment, ...]]:
    """What runs before the routes of each application: ``@app.hook("before_request")`` of it and of those it is mounted
    in, and the plugins that it has installed."""
    hooks: dict[Holder, list[Attachment]] = {}
    plugins: dict[Holder, list[Attachment]] = {}
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            outside = Place(place.path, function.parent if function else -1)
            if isinstance(decorator, Call) and _hooked(project, outside, decorator):
                one = Attachment("application", place, project.qualified(place), place.path, decorator.line)
                for held in _applications(project, outside, decorator, own):
                    hooks.setdefault(held, []).append(one)
    for place, call in unrolled(project, frozenset({"add_hook", "install"})):
        hooking = chain_of(call.func).rpartition(".")[2] == "add_hook"
        if hooking and not _hooked(project, place, call):
            continue
        given = attachment(
            project, place, argument(call, 1 if hooking else 0, "func" if hooking else "plugin"), "router"
        )
        for held in _applications(project, place, call, own) if given is not None else ():
            if given is not None:
                (hooks if hooking else plugins).setdefault(held, []).append(given)
    every = {*own, _THE_DEFAULT}
    return {held: (*inherited(hooks, mounts, held), *plugins.get(held, ())) for held in every}


def _hooked(project: Project, place: Place, call: Call) -> bool:
    last = chain_of(call.func).rpartition(".")[2]
    return last in {"hook", "add_hook"} and text(project, place, argument(call, 0, "name")) == "before_request"


def _applications(project: Project, place: Place, call: Call, own: dict[Holder, str]) -> list[Holder]:
    """The applications that a method is called on, the default one for ``bottle.hook``."""
    chain = chain_of(call.func).rpartition(".")[0]
    owners = [held for held in _held(project, place, chain) if held in own]
    target = project.resolve_expression(place, call.func)
    ours = target is not None and target.dotted in {f"bottle.{name}" for name in ("hook", "add_hook", "install")}
    return owners or ([_THE_DEFAULT] if ours else [])


_THE_DEFAULT = Holder("", -1, "")
"""Stands for the application that Bottle makes itself."""


def _held(project: Project, place: Place, chain: str) -> list[Holder]:
    if "." not in chain:
        return passed(project, place, Name(1, 1, 1, 1, chain)) if chain else []
    held = holder(project, place, chain)
    return [held] if held is not None else []


def _callback(call: Call) -> AnyExpression | None:
    """The handler given directly: ``route("/x", "GET", handler)`` or ``get("/x", callback=handler)``."""
    named = chain_of(call.func).rpartition(".")[2]
    return argument(call, 2 if named == "route" else 99, "callback")


def _handler(project: Project, place: Place, given: AnyExpression | None) -> Place | None:
    target = project.resolve_expression(place, given)
    return Place(target.path, target.index) if target is not None and target.kind == "function" else None


def _prefixes(project: Project, place: Place, func: AnyExpression, own: dict[Holder, str], m: list[Mount]) -> list[str]:
    """Every prefix in force where something is registered; empty when the callee is none of Bottle's."""
    chain, _, name = chain_of(func).rpartition(".")
    if name not in _NAMES:
        target = project.resolve_expression(place, func)
        known = target is not None and target.dotted.rpartition(".")[0] == "bottle"
        return [""] if target and known and target.dotted.rpartition(".")[2] in _NAMES else []
    owners = [held for held in _held(project, place, chain) if held in own]
    if owners:
        return list(dict.fromkeys(one for held in owners for one in prefixes(own, m, held)))
    target = project.resolve_expression(place, func)
    if target is not None and target.dotted in {f"{base}.{name}" for base in ("bottle", *_calls())}:
        return [""]
    base = project.resolve(place, chain) if chain else None
    known = base is not None and base.kind == "instance" and base.path != ""
    return [""] if base and known and project.classes.descends(base.path, base.index, _APPLICATIONS) else []


def _calls() -> Iterator[str]:
    return (f"{name}()" for name in (*_APPLICATIONS, *_DEFAULT))


def _registered(
    project: Project,
    place: Place,
    call: Call,
    handler: Place | None,
    own: dict[Holder, str],
    mounts: list[Mount],
    around: Mapping[Holder, tuple[Attachment, ...]],
    found: Found,
) -> None:
    above = _prefixes(project, place, call.func, own, mounts)
    if not above:
        return
    where = (place.path, call.line)
    if handler is None:
        found.unresolved.append(Unresolved(*where, "the handler is not a plain function"))
        return
    name = chain_of(call.func).rpartition(".")[2]
    name = name if name in _NAMES else project.callee(place, call).rpartition(".")[2]
    methods = [name.upper()]
    if name == "route" or argument(call, 1, "method") is not None:
        methods = _several(project, place, argument(call, 1, "method"), ["GET"])
    given = argument(call, 0, "path")
    absent = given is None or (isinstance(given, Constant) and given.value is None)
    rules = _from_signature(project, handler) if absent else _several(project, place, given, [])
    if not rules or not methods:
        found.unresolved.append(Unresolved(*where, "the path or the method is not constant"))
    owners = [held for held in _held(project, place, chain_of(call.func).rpartition(".")[0]) if held in own]
    before = around.get(owners[0] if owners else _THE_DEFAULT, ())
    attached = (*before, *listed(project, place, call, "handler", "apply"))
    for rule in rules:
        for prefix in above:
            whole = prefix + "/" + rule.lstrip("/") if prefix else rule
            shown = _PARAMETER.sub(lambda match: "{%s}" % (match[1] or match[2] or "_"), whole)
            for method in methods:
                path = whole if UNKNOWN in whole else shown
                found.routes.append(Route(path, method.upper(), handler, "Bottle", *where, whole, (), attached))


def _several(project: Project, place: Place, given: AnyExpression | None, absent: list[str]) -> list[str]:
    """One text or a list of them; empty when not constant."""
    if given is None:
        return absent
    one = text(project, place, given)
    return [one] if one is not None else texts(project, place, given) or []


def _from_signature(project: Project, handler: Place) -> list[str]:
    """Without a path the function's name and parameters are the path, one more path for each default."""
    function = project.function(handler)
    if function is None:
        return []
    path = "/" + function.name.replace("__", "/").lstrip("/")
    found = [path]
    for parameter in (item for item in function.parameters if item.kind in {"positional", "normal"}):
        path += f"/<{parameter.name}>"
        found = [*found, path] if parameter.default is not None else [path]
    return found
