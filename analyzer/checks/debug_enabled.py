"""BA604: a server that shows its insides: debug pages, the interactive debugger, a watcher that reloads the code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._choices import Choice, choices, conditional, deployed, truth
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Compare, Constant, Name, Subscript
from analyzer.facts.outline import Import
from analyzer.facts.statements import Assign, If
from analyzer.facts.visit import calls, chain, walk
from analyzer.flow.arguments import argument, entries
from analyzer.flow.arrivals import handing
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import flow_of, location, places_calling, uses_of
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Related, Rule, Severity
from analyzer.project.target import Place

_SERVERS = frozenset(
    "aiohttp apiflask bottle connexion dash fastapi flask flask_socketio hypercorn litestar quart sanic starlette "
    "tornado uvicorn werkzeug".split()
)
"""Packages whose ``debug`` shows tracebacks (or a console) to whoever asks, and those that serve them."""
_CREATING = frozenset({"FastAPI", "Starlette", "Litestar", "Application", "DebuggedApplication", "APIFlask"})
_CALLS = _CREATING | {"run", "run_simple"}
_FLAGS = ("debug", "use_debugger", "evalex", "reload", "use_reloader", "auto_reload")
_CONSOLES = ("flask", "werkzeug", "quart", "connexion", "apiflask", "dash")
_DJANGO = ("INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "MIDDLEWARE_CLASSES", "TEMPLATES", "WSGI_APPLICATION")
_CONFIG = re.compile(r"(?:Config|Configuration|Settings)$")
_APART = re.compile(r"dev|local|test|debug|sample|example", re.IGNORECASE)
"""Names of settings classes that are not those of production."""
_KEYS = {"SECRET_KEY", "SQLALCHEMY_DATABASE_URI", "JWT_SECRET_KEY", "SESSION_COOKIE_SECURE"}
_FIX = "Leave it off, and let an environment variable whose default is off switch it on for development"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA604: calls first, then assignments and settings; in order of places."""
    flow = flow_of(picture)
    for place in places_calling(flow.project, _CALLS):
        if deployed(picture, place.path):
            for point in flow.calls(place):
                if isinstance(point.expression, Call):
                    yield from _called(flow, rule, point, point.expression)
    for place in places_calling(flow.project, frozenset({"debug"})):
        if deployed(picture, place.path):
            yield from _of_bottle(flow, rule, place)
    for place in flow.project.places():
        if deployed(picture, place.path) and _mentions(flow, place):
            yield from _assigned(flow, rule, place)
    for path in flow.project.paths():
        if deployed(picture, path):
            yield from _settings(flow, rule, path)
        if picture.is_main(path):
            yield from _classes(picture, rule, path)


def _called(flow: Flow, rule: Rule, point: Point, call: Call) -> Iterator[Finding]:
    """``app.run(debug=True)``, ``FastAPI(debug=settings.debug)``, ``uvicorn.run(app, reload=True)``."""
    name = chain(call.func).rpartition(".")[2]
    package = _package(flow, point.place, call) if name in _CALLS else ""
    if not package or conditional(flow, point.place, call.line):
        return
    for flag in _FLAGS:
        given = argument(call, -1, flag)
        if given is None:
            if "reload" not in flag:
                yield from _spread(flow, rule, point, call, flag, package)
            continue
        choice = _on(flow, Point(point.place, given, point.environment))
        if choice is None:
            for site in handing(flow, Point(point.place, given, point.environment), True):
                if not conditional(flow, site.place, site.expression.line):
                    what, on = f"`{flag}` of `{name}`, told here,", Choice(True, site, False)
                    watching = "reload" in flag
                    yield _finding(flow, rule, site.place, site.expression, what, on, package, watching=watching)
            continue
        watching = "reload" in flag
        if watching and _by_hand_at_home(flow, point, call):
            continue
        what = f"`{name}({flag}=…)`" if not isinstance(given, Constant) else f"`{name}({flag}={given.value})`"
        yield _finding(flow, rule, point.place, given, what, choice, package, watching=watching)
        return


def _spread(flow: Flow, rule: Rule, point: Point, call: Call, flag: str, package: str) -> Iterator[Finding]:
    """``Application(handlers, **settings)`` with ``settings = {"debug": True}``."""
    for one in call.arguments:
        held = Point(point.place, one.value, point.environment)
        for inner in entries(flow, held, flag) if one.star == 2 else ():
            choice = _on(flow, inner)
            if choice is not None:
                what = f"`{flag}` of what is spread into `{chain(call.func).rpartition('.')[2]}`"
                yield _finding(flow, rule, inner.place, inner.expression, what, choice, package)
                return


def _of_bottle(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    """``bottle.debug(True)``, and ``bottle.debug()``, which says the same."""
    for point in flow.calls(place):
        call = point.expression
        target = flow.project.resolve_expression(place, call.func) if isinstance(call, Call) else None
        if not isinstance(call, Call) or target is None or target.dotted != "bottle.debug":
            continue
        given = argument(call, 0, "mode")
        here = Point(place, given if given is not None else call, point.environment)
        choice = _on(flow, here) if given is not None else Choice(True, here, False)
        if choice is not None and not conditional(flow, place, call.line):
            yield _finding(flow, rule, place, call, "`bottle.debug`", choice, "bottle")


def _by_hand_at_home(flow: Flow, point: Point, call: Call) -> bool:
    """Whether a server is started by hand and answers this machine only: its developer's."""
    host = argument(call, -1, "host")
    if host is None or not _started_by_hand(flow, point.place, call.line):
        return False
    values = list(choices(flow, Point(point.place, host, point.environment)))
    return bool(values) and all(one.value in {"localhost", "127.0.0.1", "::1"} for one in values)


def _package(flow: Flow, place: Place, call: Call) -> str:
    """The package whose server a call configures; ``""`` when it is none of them."""
    target = flow.project.resolve_expression(place, call.func)
    if target is not None and not target.ours:
        root = target.dotted.partition(".")[0]
        if root == "tornado" and not target.dotted.startswith("tornado.web"):
            return ""
        return root if root in _SERVERS else ""
    if target is not None and target.kind == "class":
        bases = flow.project.classes.externals(target.path, target.index)
        return next((root for root in (one.partition(".")[0] for one in bases) if root in _SERVERS), "")
    if target is not None or not isinstance(call.func, Attribute) or call.func.attr != "run":
        return ""
    # `create_app().run(debug=True)`: what a factory of ours returns is told by what the file or its factory imports.
    held = flow.project.resolve_expression(place, call.func.value)
    made = held.path if held is not None and held.path else place.path
    roots = {item.module.partition(".")[0] for path in (place.path, made) for item in _imports(flow, path)}
    return next((root for root in sorted(roots) if root in _CONSOLES or root == "sanic"), "")


def _imports(flow: Flow, path: str) -> list[Import]:
    outline = flow.project.modules.outlines.get(path)
    return [item for item in outline.imports if not item.level] if outline is not None else []


def _mentions(flow: Flow, place: Place) -> bool:
    """Whether a function can set a flag of an application made by one of the servers' packages."""
    roots = {item.module.partition(".")[0] for item in _imports(flow, place.path)}
    if roots.isdisjoint(_SERVERS):
        return False
    chains = (use.chain for use in uses_of(flow.project, place))
    return any(
        one.endswith((".config", ".debug", ".config.update", ".config.from_mapping")) or ".config[" in one
        for one in chains
    )


def _assigned(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    """``app.debug = True``, ``app.config["DEBUG"] = True``."""
    for statement in walk(flow.project.body(place)):
        if isinstance(statement, Call):
            yield from _updated(flow, rule, place, statement)
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        for target in statement.targets:
            held = _switched(target)
            package = _owner(flow, place, held) if held is not None else ""
            if not package or conditional(flow, place, statement.line):
                continue
            choice = _on(flow, Point(place, statement.value, flow.final(place)))
            if choice is not None:
                shown = f'`{chain(held)}.config["DEBUG"]`' if isinstance(target, Subscript) else f"`{chain(target)}`"
                yield _finding(flow, rule, place, statement.value, shown, choice, package)


def _updated(flow: Flow, rule: Rule, place: Place, call: Call) -> Iterator[Finding]:
    """``app.config.update(DEBUG=True)``, ``app.config.from_mapping(DEBUG=True)``."""
    func = call.func
    if not isinstance(func, Attribute) or func.attr not in {"update", "from_mapping"}:
        return
    held = func.value
    given = argument(call, -1, "DEBUG")
    if given is None or not isinstance(held, Attribute) or held.attr != "config":
        return
    package = _owner(flow, place, held.value)
    if not package or conditional(flow, place, call.line):
        return
    choice = _on(flow, Point(place, given, flow.final(place)))
    if choice is not None:
        yield _finding(flow, rule, place, given, f"`{chain(held)}.{func.attr}(DEBUG=…)`", choice, package)


def _switched(target: AnyExpression) -> AnyExpression | None:
    """The application whose debug flag an assignment sets."""
    if isinstance(target, Attribute) and target.attr == "debug":
        return target.value
    if isinstance(target, Subscript) and isinstance(target.value, Attribute) and target.value.attr == "config":
        named = target.index
        if isinstance(named, Constant) and named.value == "DEBUG":
            return target.value.value
    return None


def _owner(flow: Flow, place: Place, held: AnyExpression) -> str:
    target = flow.project.resolve_expression(place, held)
    if target is None and isinstance(held, Name):
        # ``def configure(app): app.config["DEBUG"] = True``: what is handed over is what the module imports.
        function = flow.project.function(place)
        roots = {item.module.partition(".")[0] for item in _imports(flow, place.path)}
        given = function is not None and any(one.name == held.id for one in function.parameters)
        return next((root for root in _CONSOLES if given and root in roots), "")
    if target is None or target.ours:
        return ""
    root = target.dotted.partition(".")[0]
    return root if root in _SERVERS else ""


def _settings(flow: Flow, rule: Rule, path: str) -> Iterator[Finding]:
    """``DEBUG`` of a Django settings module, unless a module that builds on it switches it off."""
    variables = flow.project.namespace(path).variables
    values = variables.get("DEBUG", ())
    if len(values) != 1 or not any(name in variables for name in _DJANGO):
        return
    place = Place(path, -1)
    choice = _on(flow, Point(place, values[0], {}))
    if choice is None and _is_text(flow, place, values[0]):
        yield _as_text(rule, place, values[0])
    if choice is None or conditional(flow, place, values[0].line):
        return
    if _corrected(flow, path) and not _served(flow, path):
        return
    yield _finding(flow, rule, place, values[0], "`DEBUG`", choice, "django")


def _is_text(flow: Flow, place: Place, value: AnyExpression) -> bool:
    """Whether a flag is the text of an environment variable as it is: ``DEBUG = os.environ.get("DEBUG")``."""
    target = flow.project.resolve_expression(place, value.func) if isinstance(value, Call) else None
    asked = isinstance(value, Subscript) and flow.project.resolve_expression(place, value.value)
    if asked:
        return asked.dotted == "os.environ"
    default = argument(value, 1, "default") if isinstance(value, Call) else None
    none = default is None or (isinstance(default, Constant) and not default.value)
    return none and target is not None and target.dotted in {"os.environ.get", "os.getenv"}


def _as_text(rule: Rule, place: Place, value: AnyExpression) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, value),
        message="`DEBUG` is the text that the environment holds: `False` and `0` switch it on too",
        fix='Compare it, `os.environ.get("DEBUG", "").lower() in {"1", "true"}`',
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
    )


def _served(flow: Flow, path: str) -> bool:
    """Whether the server starts with these settings unless the environment names others: ``wsgi.py`` says so."""
    module = path.removesuffix(".py").replace("/", ".")
    for other in flow.project.paths():
        if other.rpartition("/")[2] not in {"wsgi.py", "asgi.py"}:
            continue
        for call in calls(flow.project.body(Place(other, -1))):
            texts = [one.value.value for one in call.arguments if isinstance(one.value, Constant)]
            if chain(call.func).endswith("environ.setdefault") and texts[:1] == ["DJANGO_SETTINGS_MODULE"]:
                return len(texts) == 2 and f".{module}".endswith(f".{texts[1]}")
    return False


def _corrected(flow: Flow, path: str) -> bool:
    """Whether another settings module takes these over (``from .base import *``) and has a ``DEBUG`` that is off."""
    for other in flow.project.paths():
        variables = flow.project.namespace(other).variables
        if other == path or "DEBUG" not in variables:
            continue
        for item in flow.project.outline(other).imports:
            if item.name != "*":
                continue
            layout, named = flow.project.layout, item.module
            found = layout.relative(other, item.level, named) if item.level else layout.absolute(other, named)
            if found == path and _on(flow, Point(Place(other, -1), variables["DEBUG"][-1], {})) is None:
                return True
    return False


def _classes(picture: Picture, rule: Rule, path: str) -> Iterator[Finding]:
    """``DEBUG = True`` of a Flask configuration class that no class below it switches off; of one for development (and
    in modules for it) where the application loads it unless it is told another."""
    flow = flow_of(picture)
    outline = flow.project.outline(path)
    for index, item in enumerate(outline.classes):
        apart = not deployed(picture, path) or _APART.search(item.name) is not None
        if not _CONFIG.search(item.name) or (apart and not _loaded(picture, flow, Place(path, index))):
            continue
        own = {chain(one.targets[0]): one.value for one in item.body if isinstance(one, Assign)}
        value = own.get("DEBUG")
        if value is None or _KEYS.isdisjoint(own) or flow.project.classes.externals(path, index):
            continue
        choice = _on(flow, Point(Place(path, -1), value, {}))
        if choice is not None and (apart or not _off_below(flow, path, item.name)):
            yield _finding(flow, rule, Place(path, -1), value, f"`{item.name}.DEBUG`", choice, "flask", sure=False)


def _loaded(picture: Picture, flow: Flow, config: Place) -> bool:
    """Whether an application loads a class of settings: ``app.config.from_object(DevelopmentConfig)``, where the class
    is written there, or is the default of a factory that nobody gives another."""
    for place in places_calling(flow.project, frozenset({"from_object"})):
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or not chain(call.func).endswith(".from_object") or not call.arguments:
                continue
            given = call.arguments[0].value
            if not picture.is_main(place.path) or conditional(flow, place, call.line):
                continue
            if config == _class_of(picture, flow, place, given):
                return True
    return False


def _class_of(picture: Picture, flow: Flow, place: Place, given: AnyExpression) -> Place | None:
    """The class that an expression names, itself or as the default of a parameter that no caller fills."""
    function = flow.project.function(place)
    default = next((one.default for one in function.parameters if one.name == chain(given)), None) if function else None
    if default is not None:
        sites = (flow.call_at(site) for site in flow.callers.every(place) if picture.is_main(site.place.path))
        if any(one is not None and isinstance(one.expression, Call) and one.expression.arguments for one in sites):
            return None
        given, place = default, Place(place.path, -1)
    target = flow.project.resolve_expression(place, given)
    return Place(target.path, target.index) if target is not None and target.kind == "class" else None


def _off_below(flow: Flow, path: str, name: str) -> bool:
    """Whether a class of the same module that builds on this one has a ``DEBUG`` of its own that is off."""
    for item in flow.project.outline(path).classes:
        if any(chain(base).rpartition(".")[2] == name for base in item.bases):
            values = [one.value for one in item.body if isinstance(one, Assign) and chain(one.targets[0]) == "DEBUG"]
            if any(one is not None and _on(flow, Point(Place(path, -1), one, {})) is None for one in values):
                return True
    return False


def _on(flow: Flow, point: Point) -> Choice | None:
    """The choice by which a flag is on; ``None`` when it is off or unknown."""
    return next((one for one in choices(flow, point) if truth(one.value) is True), None)


def _started_by_hand(flow: Flow, place: Place, line: int) -> bool:
    """Whether a line runs only where somebody starts the file: under ``if __name__ == "__main__"``."""
    if place.index < 0:
        return _under_main(flow, place, line)
    sites = flow.callers.of(place)[0]
    return bool(sites) and all(site.place.index < 0 and _under_main(flow, site.place, site.line) for site in sites)


def _under_main(flow: Flow, place: Place, line: int) -> bool:
    return any(
        isinstance(one, If) and one.line < line <= one.end_line and _asks_for_main(one.test)
        for one in walk(flow.project.body(place))
    )


def _asks_for_main(test: AnyExpression) -> bool:
    return any(
        isinstance(one, Compare) and any(isinstance(side, Name) and side.id == "__name__" for side in walk(one))
        for one in walk(test)
    )


def _finding(
    flow: Flow,
    rule: Rule,
    place: Place,
    node: AnyExpression,
    what: str,
    choice: Choice,
    package: str,
    *,
    watching: bool = False,
    sure: bool = True,
) -> Finding:
    shows = "a console that runs any code" if package in _CONSOLES else "its traceback, source and settings"
    does = "the server watches its files and starts anew when one changes" if watching else f"an error shows {shows}"
    by_hand = _started_by_hand(flow, place, node.line)
    use, kept = location(place, node), choice.point
    elsewhere = choice.default and kept.place.path != place.path
    return Finding(
        rule=rule.code,
        location=location(kept.place, kept.expression) if elsewhere else use,
        related=(Related(use, "is switched on here"),) if elsewhere else (),
        message=f"{what} is on{' unless the environment says otherwise' if choice.default else ''}: {does}"
        + (" (where this file is started by hand)" if by_hand else ""),
        fix=_FIX,
        severity=Severity.NOTE if by_hand else Severity.WARNING if watching else rule.severity,
        confidence=Confidence.HIGH if sure and not choice.default else Confidence.MEDIUM,
    )
