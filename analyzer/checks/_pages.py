"""The part of BA107 about pages in files: what a handler hands to a template that writes it unescaped.

``{{ name | safe }}`` of Jinja and Django, ``{% autoescape false %}``, ``{% raw name %}`` of Tornado, ``{{!name}}`` of
Bottle. The texts of templates are looked through with expressions: nothing of them is compiled or run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from analyzer.checks import _html
from analyzer.facts.expressions import AnyExpression, Call, Constant
from analyzer.facts.expressions import Mapping as Display
from analyzer.facts.visit import chain
from analyzer.flow import ways
from analyzer.flow.arguments import entries
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part
from analyzer.flow.questions import chain_end, location, places_calling
from analyzer.model import Confidence, Finding, Location, Rule, Span, Step

_RENDERING = frozenset(
    "render render_template render_async render_to_string render_to_response render_template_async TemplateResponse "
    "template jinja2_template view".split()
)
_PAGE = re.compile(r"\.(?:html?|jinja2?|j2|tpl|djhtml)\Z", re.IGNORECASE)
_MARKED = re.compile(
    r"\{\{-?\s*(?P<safe>\w+)(?P<way>(?:\.\w+|\[[^\]{}]*\])*)\s*\|(?P<filters>[^{}]*?)\bsafe\b|\{%-?\s*raw\s+(?P<raw>\w+)\s*%\}"
    r"|\{\{\s*!\s*(?P<bang>\w+)\s*\}\}"
)
_BARE = re.compile(r"\{\{-?\s*(\w+)(?:\.\w+|\[[^\]{}]*\])*\s*-?\}\}")
_REGION = re.compile(
    r"\{%-?\s*autoescape\s+(?:false|off|none)\s*-?%\}(.*?)(?:\{%-?\s*endautoescape|\Z)", re.IGNORECASE | re.DOTALL
)
_ESCAPING = re.compile(
    r"\b(?:escape|e|force_?escape|striptags|sanitize\w*|bleach\w*|clean\w*|tojson|urlencode|json_script|int|float|length"
    r"|linebreaks\w*|nl2br)\b"
)
"""Filters that leave nothing of what a client may write as HTML (Django's line breaks escape first)."""
_FIX = "Leave the filter out, so that the template escapes the value, or clean it where it comes in"


class Bare(msgspec.Struct, frozen=True):
    """A name that a template writes unescaped: where (1-based line and column), and how it says so."""

    line: int
    column: int
    shown: str


def findings(flow: Flow, rule: Rule) -> Iterator[Finding]:
    """Request data that is handed to such a template, in order of places."""
    pages = dict.fromkeys(flow.project.templates)
    if not pages:
        return
    read: dict[str, Mapping[str, Bare]] = {}
    for place in places_calling(flow.project, _RENDERING):
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or chain_end(call) not in _RENDERING:
                continue
            path = _page(flow, place.path, call)
            if path is None:
                continue
            if path not in read:
                read[path] = unescaped(_text(flow, path))
            for name, bare in read[path].items():
                found = _written(flow, point, call, name)
                if found is not None:
                    yield _finding(flow, rule, point, *found, path, bare)
                    break


def unescaped(text: str) -> Mapping[str, Bare]:
    """The names a template writes as they are, each with the first place."""
    found: dict[str, Bare] = {}
    for match in _MARKED.finditer(text):
        name = match["safe"] or match["raw"] or match["bang"]
        if not (match["filters"] and _ESCAPING.search(match["filters"])):
            found.setdefault(name, _bare(text, match.start(), match[0]))
    for region in _REGION.finditer(text):
        for match in _BARE.finditer(region[1]):
            found.setdefault(match[1], _bare(text, region.start(1) + match.start(), match[0]))
    return found


def _bare(text: str, start: int, shown: str) -> Bare:
    return Bare(text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1, shown)


def _text(flow: Flow, path: str) -> str:
    try:
        return flow.project.templates[path]()
    except OSError:
        return ""


def _page(flow: Flow, module: str, call: Call) -> str | None:
    """The template that a call names, where one file alone can be meant."""
    named = [
        one.value.value
        for one in call.arguments
        if isinstance(one.value, Constant) and isinstance(one.value.value, str) and _PAGE.search(one.value.value)
    ]
    if len(named) != 1:
        return None
    wanted = named[0].lstrip("./")
    fitting = [path for path in flow.project.templates if path == wanted or path.endswith("/" + wanted)]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    near = [path for path in fitting if path.partition("/")[0] == module.partition("/")[0]]
    return near[0] if len(near) == 1 else None


def _written(flow: Flow, point: Point, call: Call, name: str) -> tuple[Point, Part] | None:
    """The value that a call hands over under a name, and what a client writes of it."""
    for one in _given(flow, point, call, name):
        for row in flow.value(one).rows:
            part = _html.written(row)
            if part is not None:
                return one, part
    return None


def _given(flow: Flow, point: Point, call: Call, name: str) -> Iterator[Point]:
    for one in call.arguments:
        if one.keyword == name:
            yield Point(point.place, one.value, point.environment)
        elif one.keyword in {None, "context", "values", "**"} and _holds(one.value):
            yield from entries(flow, Point(point.place, one.value, point.environment), name)


def _holds(node: AnyExpression) -> bool:
    return isinstance(node, Display) or (not isinstance(node, Constant) and bool(chain(node)))


def _finding(flow: Flow, rule: Rule, point: Point, value: Point, part: Part, path: str, bare: Bare) -> Finding:
    data = f"`{part.text}`" if part.text else "Request data"
    at = Location(path, Span(bare.line, bare.column, bare.line, bare.column + len(bare.shown.partition("\n")[0])))
    handed = Step(location(point.place, point.expression), f"given to the template `{path}`", "call")
    return Finding(
        rule=rule.code,
        location=location(point.place, point.expression),
        message=f"{data} comes from the client, and `{path}` writes it into the page unescaped (line {bare.line}): "
        "scripts in it run in the browser",
        fix=_FIX,
        severity=rule.severity,
        confidence=Confidence.HIGH,
        steps=ways.way(flow, value, part, (handed, Step(at, "written into the page unescaped", "sink"))),
    )
