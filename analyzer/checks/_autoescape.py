"""The part of BA107 about template engines that write values into HTML as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._choices import deployed
from analyzer.facts.expressions import AnyExpression, Call, Constant
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument, constants, spread
from analyzer.flow.arrivals import arrivals
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import called_name, location, places_calling
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project import Place

_SERVING = frozenset(
    {
        "aiohttp_jinja2.setup",
        "starlette.templating.Jinja2Templates",
        "fastapi.templating.Jinja2Templates",
        "tornado.web.Application",
        "tornado.template.Loader",
        "sanic_jinja2.SanicJinja2",
    }
)
"""What makes the engine of a web application; each escapes unless told otherwise."""
_TEMPLATES = frozenset({"jinja2.Template", "jinja2.environment.Template"})
_TAG = re.compile(r"<(?:html|body|p|div|h[1-6]|table|a|b|br|span|ul|li|td)\b", re.IGNORECASE)
_ENGINES = frozenset({"jinja2.Environment", "jinja2.sandbox.SandboxedEnvironment"})
_NAMES = frozenset({"setup", "Jinja2Templates", "Application", "Loader", "Environment", "SandboxedEnvironment"})
_FIX = "Switch escaping on, `autoescape=True` or `select_autoescape()`, and mark what is HTML by intention"


def findings(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """Engines with escaping switched off, in order of places."""
    project = flow.project
    for place in places_calling(project, _NAMES):
        if not deployed(picture, place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or called_name(flow, place, call) not in _NAMES:
                continue
            target = project.resolve_expression(place, call.func) if chain(call.func) else None
            dotted = target.dotted if target is not None else ""
            given = argument(call, -1, "autoescape")
            off = given is not None and _off(flow, Point(place, given, point.environment))
            if dotted in _SERVING and off and given is not None:
                yield _finding(rule, place, given, dotted.rpartition(".")[2], Confidence.HIGH)
                continue
            off = off or (given is None and not spread(call))
            serves = dotted in _ENGINES and off
            if serves and (_serves_pages(picture, flow, place.path) or _sends_pages(picture, flow, place.path)):
                yield _finding(rule, place, given or call, "Environment", Confidence.MEDIUM)
    for place in places_calling(project, frozenset({"Template"})):
        if picture.routes and deployed(picture, place.path):
            yield from _of_pages(flow, rule, place)
    for place in project.places():
        function = project.function(place)
        uses = function.uses if function else project.outline(place.path).uses
        set_here = any(use.kind == "write" and use.chain.endswith("jinja_env.autoescape") for use in uses)
        if set_here and deployed(picture, place.path):
            yield from _assigned(flow, rule, place)


def _of_pages(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    """``jinja2.Template(page).render(name=user.name)`` where the text is HTML: it escapes only when it is told to."""
    for point in flow.calls(place):
        call = point.expression
        target = flow.project.resolve_expression(place, call.func) if isinstance(call, Call) else None
        if not isinstance(call, Call) or target is None or target.dotted not in _TEMPLATES or not call.arguments:
            continue
        given, text = argument(call, -1, "autoescape"), call.arguments[0].value
        off = given is None or _off(flow, Point(place, given, point.environment))
        named = "html" in chain(text).lower()
        page = named or _is_page(flow, Point(place, text, point.environment))
        if off and page and _filled(flow, place, call, whole=named):
            yield _finding(rule, place, call, "Template", Confidence.MEDIUM)


def _is_page(flow: Flow, point: Point) -> bool:
    """Whether a text is HTML: it has tags, or a file of HTML is read."""
    for origin in flow.origins(point):
        one = origin.expression
        if isinstance(one, Constant) and isinstance(one.value, str) and _TAG.search(one.value):
            return True
        read = isinstance(one, Call) and chain(one.func).rpartition(".")[2] in {"read", "read_text"}
        if read and any(
            isinstance(node, Constant) and _named_page(node) for node in walk(flow.project.body(origin.place))
        ):
            return True
    return False


def _filled(flow: Flow, place: Place, call: Call, *, whole: bool) -> bool:
    """Whether values go into a template that are no constants: ``Template(page).render(name=user.name)``; with
    ``whole`` also a mapping of whatever callers hand in."""
    named = {
        chain(node.targets[0])
        for node in walk(flow.project.body(place))
        if isinstance(node, Assign) and node.value is call
    }
    for point in flow.calls(place):
        one = point.expression
        if not isinstance(one, Call) or chain(one.func).rpartition(".")[2] not in {"render", "render_async"}:
            continue
        holder = getattr(one.func, "value", None)
        if holder is call or (named and chain(holder) in named):
            return any(not isinstance(given.value, Constant) and (whole or given.keyword) for given in one.arguments)
    return False


def _assigned(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    for node in walk(flow.project.body(place)):
        if isinstance(node, Assign) and node.value is not None:
            named = chain(node.targets[0]).endswith("jinja_env.autoescape")
            if named and isinstance(node.value, Constant) and not node.value.value:
                yield _finding(rule, place, node.value, "jinja_env", Confidence.HIGH)


def _off(flow: Flow, point: Point) -> bool:
    found = constants(flow, point)
    return bool(found) and not any(found)


def _serves_pages(picture: Picture, flow: Flow, path: str) -> bool:
    """Whether pages of the engine made in a module answer routes: a handler stands in it or in a module that imports
    it, and there a template of HTML is asked for."""
    project = flow.project
    around = [path, *_importers(picture, path)]
    handlers = {place.path for place in picture.handlers()}
    if not handlers.intersection(around):
        return False
    for one in around:
        for index in range(-1, len(project.outline(one).functions)):
            place = Place(one, index)
            function = project.function(place)
            uses = function.uses if function is not None else project.outline(one).uses
            asks = any(use.kind == "call" and use.chain.endswith("get_template") for use in uses)
            if asks and any(_page(node) for node in walk(project.body(place))):
                return True
    return False


def _sends_pages(picture: Picture, flow: Flow, path: str) -> bool:
    """Whether the engine of a module that an application of routes imports fills in templates of HTML, letters for
    instance, whose names callers hand in."""
    if not picture.routes or not any(_importers(picture, path)):
        return False
    for place in places_calling(flow.project, frozenset({"get_template"})):
        if place.path != path:
            continue
        for point in flow.calls(place):
            name = _asked(point.expression)
            handed_in = arrivals(flow, Point(place, name, point.environment)) if name is not None else ()
            if any(_named_page(one.point.expression) for one in handed_in):
                return True
    return False


def _importers(picture: Picture, path: str) -> Iterator[str]:
    for other in picture.project.paths():
        if any(edge.target == path for edge in picture.imports_of(other)):
            yield other


def _page(node: object) -> bool:
    name = _asked(node)
    return name is not None and _named_page(name)


def _asked(node: object) -> AnyExpression | None:
    """The name of the template that a call asks for."""
    if not isinstance(node, Call) or not chain(node.func).endswith("get_template") or not node.arguments:
        return None
    return node.arguments[0].value


def _named_page(name: AnyExpression) -> bool:
    return isinstance(name, Constant) and str(name.value).endswith(
        (".html", ".htm", ".html.j2", ".html.jinja", ".html.jinja2", ".jinja2")
    )


def _finding(rule: Rule, place: Place, node: AnyExpression, name: str, confidence: Confidence) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=f"The templates of `{name}` write values into pages unescaped: whatever a user stored runs as script "
        "in the browsers of others",
        fix=_FIX,
        severity=rule.severity,
        confidence=confidence,
    )
