"""BA107: request data that becomes template code or unescaped HTML."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

import msgspec

from analyzer.checks import _autoescape, _html, _pages, _stored_texts, _twice
from analyzer.checks._reaching import reaching, request_part
from analyzer.checks._stored_texts import TAG
from analyzer.facts.expressions import AnyExpression, Attribute, Call
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.arrivals import arrivals
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import flow_of, location, places_calling
from analyzer.flow.values import spelled
from analyzer.flow.ways import ends, way
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

_HTML_ANSWERS = frozenset({"Flask", "Quart", "Bottle"})
"""Frameworks that send a returned text as HTML."""
_SANDBOXES = frozenset({"SandboxedEnvironment", "ImmutableSandboxedEnvironment", "NativeSandboxedEnvironment"})
"""Environments of jinja2 whose templates reach no attribute that leads out of them."""
_STRINGS = frozenset({"render_template_string", "from_string"})
_UNESCAPED = re.compile(r"\{\{-?\s*(\w+)[^{}]*\|\s*safe\b")
_ESCAPE_OFF = re.compile(r"\{%-?\s*autoescape\s+(?:false|off)", re.IGNORECASE)
_PROFILE = re.compile(
    r"(?:^|\.)(?:current_user|request\.user|g\.user|user)\.(?:(?:first_|last_|full_|display_|nick_?|user_?)?name|bio|about(?:_me)?)$"
)
_FIX = "Render a template that escapes by itself, or escape the value with `markupsafe.escape`"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA107: templates, markup, answers, and engines that do not escape; each in order of places."""
    says = "{data} comes from the client and becomes part of the template that {sink} compiles: a client who writes "
    says += "template code runs it on the server"
    yield from reaching(picture, rule, "template", request_part, says, counts=_unconfined)
    says = "{data} comes from the client, and {sink} declares it safe HTML: scripts in it run in the browser"
    yield from reaching(picture, rule, "markup", request_part, says)
    says = "{data} is what a user calls themselves, and {sink} declares it safe HTML: scripts in it run in the browser"
    for finding in reaching(picture, rule, "markup", _told_of_oneself, says):
        yield msgspec.structs.replace(finding, confidence=Confidence.MEDIUM)
    says = "{data} is what people wrote, and {sink} declares it safe HTML: scripts in it run in the browser"
    for finding in reaching(picture, rule, "markup", _stored_texts.shown, says):
        yield msgspec.structs.replace(finding, confidence=Confidence.MEDIUM)
    says = "{data} comes from the client and goes unescaped into the HTML that {sink} sends: scripts in it run in the "
    yield from reaching(picture, rule, "html", _html.written, says + "browser", counts=_html.sent_as_html)
    flow = flow_of(picture)
    yield from _returned(picture, flow, rule)
    yield from _streamed(picture, flow, rule)
    yield from _stored_texts.findings(picture, flow, rule)
    yield from _twice.findings(picture, flow, rule, _unconfined)
    yield from _marked_safe(flow, rule)
    yield from _pages.findings(flow, rule)
    yield from _autoescape.findings(picture, flow, rule)


def _unconfined(flow: Flow, point: Point, call: Call) -> bool:
    """Whether templates of clients reach everything here: those of a sandbox are meant to be a client's."""
    if not isinstance(call.func, Attribute):
        return True
    held = Point(point.place, call.func.value, point.environment)
    return not any(_sandboxed(flow, one.point.place, one.point.expression) for one in arrivals(flow, held))


def _sandboxed(flow: Flow, place: Place, made: AnyExpression) -> bool:
    """Whether an object is a sandbox, made here or by a function of the project."""
    if not isinstance(made, Call):
        return False
    target = flow.project.resolve_expression(place, made.func) if chain(made.func) else None
    if target is None or target.kind != "function":
        return (target.dotted if target is not None else chain(made.func)).rpartition(".")[2].removesuffix(
            "()"
        ) in _SANDBOXES
    maker = Place(target.path, target.index)
    made_there = [Point(maker, one, state) for one, state in flow.trace(maker).returns if one is not None]
    return any(
        isinstance(inner.expression, Call) and chain(inner.expression.func).rpartition(".")[2] in _SANDBOXES
        for one in made_there
        for inner in flow.origins(one)
    )


def _told_of_oneself(row: Row) -> Part | None:
    """What a user wrote about themselves: ``current_user.first_name``."""
    if request_part(row) is not None:
        return None
    return next((part for part in row if part.kind == "attribute" and _PROFILE.search(part.text)), None)


def _returned(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """Texts that handlers return and their framework sends as HTML."""
    sent = [
        place
        for place, routes in picture.handlers().items()
        if (function := flow.project.function(place)) is not None
        and (any(one.framework in _HTML_ANSWERS for one in routes) or _answers_html(function))
        and not _answers_json(picture, place)
    ]
    for place in sorted({*sent, *_answering_errors(picture, {place.path for place in sent})}):
        function = flow.project.function(place)
        assert function is not None
        seen = set()
        for expression, state in flow.trace(place).returns:
            if expression is None or (expression.line, expression.column) in seen:
                continue
            for text in _html.texts(flow, Point(place, expression, state)):
                rows = flow.value(text).rows
                found = _first(rows) or _kept(picture, place, rows)
                if found is not None:
                    seen.add((expression.line, expression.column))
                    yield _finding(flow, rule, Point(place, expression, state), *found, text)
                    break


def _answers_json(picture: Picture, place: Place) -> bool:
    """Whether a handler is a method of a resource whose library writes what it returns as JSON."""
    owner = picture.project.owner_index(place)
    bases = picture.project.classes.externals(place.path, owner) if owner >= 0 else ()
    return any(one.startswith(_JSON_ANSWERS) for one in bases)


_JSON_ANSWERS = ("flask_restful.", "flask_restx.", "flask_restplus.")


def _answering_errors(picture: Picture, paths: Container[str]) -> Iterator[Place]:
    """What answers instead of a handler where something went wrong: ``@app.errorhandler(404)``."""
    for place in picture.project.places():
        function = picture.project.function(place) if place.path in paths else None
        for one in function.decorators if function is not None else ():
            if isinstance(one, Call) and chain(one.func).rpartition(".")[2] in {"errorhandler", "app_errorhandler"}:
                yield place


def _streamed(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """Pages that handlers of ``http.server`` write themselves: one finding for each line that puts request data in."""
    for place, routes in picture.handlers().items():
        if all(one.framework != "http.server" for one in routes) or not _html.headed(flow, place):
            continue
        body = list(walk(flow.project.body(place)))
        told: set[int] = set()
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or not chain(call.func).endswith("wfile.write") or not call.arguments:
                continue
            page = Point(place, call.arguments[0].value, point.environment)
            for part in flow.value(page).sources():
                if _html.written((part, part)) is None or part.line in told:
                    continue
                told.add(part.line)
                here = (one for one in body if isinstance(one, AnyExpression) and one.line == part.line)
                at = next((one for one in here if spelled(one) == part.text), call)
                yield _finding(flow, rule, Point(place, at, point.environment), part, Confidence.HIGH, page)


def _first(rows: tuple[Row, ...]) -> tuple[Part, Confidence] | None:
    for row in rows:
        part = _html.written(row)
        if part is not None:
            tagged = any(one.kind == "text" and TAG.search(one.text) for one in row)
            return part, Confidence.HIGH if tagged else Confidence.MEDIUM
    return None


def _kept(picture: Picture, place: Place, rows: tuple[Row, ...]) -> tuple[Part, Confidence] | None:
    part = _stored_texts.stored(picture, place, rows)
    return (part, Confidence.MEDIUM) if part is not None else None


def _answers_html(function: Function) -> bool:
    """``@app.get("/", response_class=HTMLResponse)``."""
    for decorator in function.decorators:
        if isinstance(decorator, Call):
            given = argument(decorator, -1, "response_class", "default_response_class")
            if given is not None and chain(given).rpartition(".")[2] == "HTMLResponse":
                return True
    return False


def _marked_safe(flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``render_template_string("{{ name|safe }}", name=request.args["name"])``."""
    for place in places_calling(flow.project, _STRINGS):
        for point in flow.calls(place):
            call = point.expression
            template = argument(call, 0, "source") if isinstance(call, Call) else None
            if template is None or not isinstance(call, Call) or chain(call.func).rpartition(".")[2] not in _STRINGS:
                continue
            text = "".join(flow.value(Point(place, template, point.environment)).constants() or ())
            bare, off = set(_UNESCAPED.findall(text)), _ESCAPE_OFF.search(text)
            for one in call.arguments:
                if one.keyword is None or not (off or one.keyword in bare):
                    continue
                value = Point(place, one.value, point.environment)
                part = next(
                    (found for row in flow.value(value).rows if (found := _html.written(row)) is not None), None
                )
                if part is not None:
                    yield _finding(flow, rule, point, part, Confidence.HIGH, value)
                    break


def _finding(flow: Flow, rule: Rule, point: Point, part: Part, confidence: Confidence, value: Point) -> Finding:
    data = f"`{part.text}`" if part.text else "Request data"
    stored = part.kind != "request"
    message = f"{data} comes from the client and goes unescaped into the HTML of the answer: scripts in it run in the "
    message += "browser of whoever follows a prepared link"
    if stored:
        message = (
            f"What `{part.text}` brings goes unescaped into the HTML of the answer: a script that somebody stored "
        )
        message += "runs in the browser of whoever opens the page"
    return Finding(
        rule=rule.code,
        location=location(point.place, point.expression),
        message=message,
        fix=_FIX,
        severity=rule.severity,
        confidence=confidence,
        steps=way(flow, value, part, [ends(point.place, point.expression, "put into the page unescaped")]),
    )
