"""The part of BA107 about what somebody stored before and a handler puts between tags, or into template code, by hand:
rows of a table, attributes of persisted objects, names of files, what a session keeps of a user."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks import _html
from analyzer.checks._reaching import handed
from analyzer.facts.expressions import Call, Constant
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain, walk
from analyzer.flow import ways
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import location
from analyzer.flow.values import spelled
from analyzer.graph.entities import entities
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

TAG = re.compile(r"</?[A-Za-z!]")
_STORED = re.compile(r"(?:^|\.)fetch(?:all|many)\(\)|\.query\.(?:\w+\(\)\.)*all\(\)|^os\.(?:listdir|scandir)\(")
_WORDS = r"(?:\w*name|content|title|text|body|message|comment|description|bio|subject|e_?mail|address|note)"
"""Columns that people write."""
_COLUMN = re.compile(rf"^\w+\[(?:['\"]{_WORDS}['\"]|\d+)\]$")
_ATTRIBUTE = re.compile(rf"^(?P<head>\w+)\.{_WORDS}$")
_SHOWN = re.compile(
    r"^(?!cls\.|settings\.|config\.)\w+\.(?:\w+\.)?"
    r"(?:(?:first_|last_|full_|display_|user)?name|title|comment|bio|description)$"
)
"""What of an object that is handed in people write."""
_SESSION = re.compile(rf"(?:^|\.)session\[['\"](?:user|{_WORDS})['\"]\]$")
_SESSION_KEY = re.compile(rf"^(?:user|{_WORDS})$")
_NUMBERED = re.compile(r"\b(?:count|sum|avg|max|min)\s*\(", re.IGNORECASE)
"""Queries whose rows hold numbers."""
_ASKED = re.compile(
    r"\.query\b|\.objects\b|\.get\(\)|_or_404\(\)|\.first\(\)|\.all\(\)|\.scalars?\(|\.scalar_one|\.one\("
)
"""How a local name got a persisted object, in the notation of ``Local.source``."""
_FIX = "Render a template that escapes by itself, or escape the value with `markupsafe.escape`"
_FIX_TEMPLATE = "Keep the template's text constant and hand the value to it as a variable"


def stored(picture: Picture, place: Place, rows: tuple[Row, ...]) -> Part | None:
    """The part of an HTML text that somebody may have written into a store before."""
    function = picture.project.function(place)
    if function is None:
        return None
    tagged = (row for row in rows if any(one.kind == "text" and TAG.search(one.text) for one in row))
    return next((part for row in tagged for part in row if _kept(picture, place, function, part)), None)


def shown(row: Row) -> Part | None:
    """What an object that is handed in holds of what people write, between tags: ``f"<b>{user.name}</b>"``."""
    if _html.written(row) is not None or not any(one.kind == "text" and TAG.search(one.text) for one in row):
        return None
    return next((part for part in row if part.kind in {"parameter", "attribute"} and _SHOWN.search(part.text)), None)


def findings(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """What handlers hand to responses and templates, in order of places."""
    for place in sorted(picture.handlers()):
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call):
                continue
            for kind in ("html", "template"):
                given = handed(flow, place, call, kind)
                if given is None or (kind == "html" and not _html.sent_as_html(flow, point, call)):
                    continue
                text = Point(place, given, point.environment)
                rows = flow.value(text).rows
                if any(_html.written(row) is not None for row in rows):
                    continue  # told as what a client sends
                part = stored(picture, place, rows)
                if part is not None:
                    yield _finding(flow, rule, point, text, part, kind)


def _kept(picture: Picture, place: Place, function: Function, part: Part) -> bool:
    if _SESSION.search(part.text):
        return True
    if part.kind == "call":
        if part.text.endswith("session.get()"):
            return _named_in_session(picture, place, part.line)
        return _STORED.search(part.text) is not None or (
            _COLUMN.search(part.text) is not None and _asks_rows(function) and not _counts(picture, place)
        )
    match = _ATTRIBUTE.search(part.text) if part.kind == "attribute" else None
    return match is not None and _persisted(picture, place, function, match["head"], part.line)


def _asks_rows(function: Function) -> bool:
    return any(
        use.kind == "call" and use.chain.endswith((".fetchall", ".fetchone", ".fetchmany")) for use in function.uses
    )


def _counts(picture: Picture, place: Place) -> bool:
    nodes = walk(picture.project.body(place))
    return any(isinstance(node, Constant) and _NUMBERED.search(str(node.value)) for node in nodes)


def _persisted(picture: Picture, place: Place, function: Function, head: str, line: int) -> bool:
    """Whether a local name holds what a query for persisted objects gave, as far as the code or a declaration says."""
    if picture.target_role(picture.project.resolve(place, head, line)).name == "model":
        return True
    if not entities(picture, place):
        return False
    sources = [one.source for one in function.locals if one.target == head]
    return any(_ASKED.search(source) for source in sources)


def _named_in_session(picture: Picture, place: Place, line: int) -> bool:
    """Whether what is taken from the session is what a user is called: ``session.get("username")``."""
    for node in walk(picture.project.body(place)):
        if isinstance(node, Call) and node.line == line and chain(node.func).endswith("session.get"):
            key = argument(node, 0)
            if isinstance(key, Constant) and _SESSION_KEY.search(str(key.value)):
                return True
    return False


def _finding(flow: Flow, rule: Rule, point: Point, text: Point, part: Part, kind: str) -> Finding:
    assert isinstance(point.expression, Call)
    does = spelled(point.expression.func) or kind
    message = (
        f"What `{part.text}` brings goes unescaped into the HTML that `{does}` sends: a script that somebody stored "
        "runs in the browser of whoever opens the page"
    )
    if kind == "template":
        message = (
            f"What `{part.text}` brings becomes part of the template that `{does}` compiles: whoever stored template "
            "code there runs it on the server"
        )
    end = ways.ends(point.place, point.expression, "put in unescaped")
    return Finding(
        rule=rule.code,
        location=location(point.place, point.expression),
        message=message,
        fix=_FIX_TEMPLATE if kind == "template" else _FIX,
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
        steps=ways.way(flow, text, part, [end]),
    )
