"""BA207: signatures and secrets compared with ``==``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._choices import deployed
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Compare, Constant
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, flow_of, location, places_calling, uses_of
from analyzer.frameworks import persistence
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.project import Project
from analyzer.project.target import Place

_SECRET = re.compile(r"(?:signature|hmac|api_?key|secret|token|webhook_?key|auth_?key)$", re.IGNORECASE)
"""Names of what lets somebody in. Passwords are BA202's."""
_FIX = "Compare them with `hmac.compare_digest(…)`"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA207, in order of places."""
    flow = flow_of(picture)
    signing = set(places_calling(flow.project, frozenset({"hexdigest", "digest", "b64encode", "urlsafe_b64encode"})))
    for place in flow.project.places():
        if not deployed(picture, place.path):
            continue
        handles = place in picture.handlers() and any(
            _SECRET.search(use.chain.rpartition(".")[2]) for use in uses_of(flow.project, place)
        )
        if not handles and (place not in signing or not _imports(flow, place.path)):
            continue
        for point in flow.points(place):
            one = point.expression
            if not isinstance(one, Compare) or len(one.operators) != 1 or one.operators[0] not in {"==", "!="}:
                continue
            sides = [one.left, one.comparators[0]]
            if any(isinstance(side, Constant) or _is_column(flow.project, place, side) for side in sides):
                continue
            made = next((side for side in sides if _mac(flow, Point(place, side, point.environment))), None)
            if made is not None:
                yield _finding(rule, place, one, f"`{chain(made) or 'the HMAC'}`, an HMAC,", Confidence.HIGH)
            elif handles and _given_and_kept(flow, point, sides):
                said = f"`{chain(sides[0]) or chain(sides[1])}`, a secret,"
                yield _finding(rule, place, one, said, Confidence.MEDIUM)


def _is_column(project: Project, place: Place, side: AnyExpression) -> bool:
    """Whether a side is a column of a persisted class: ``Device.token == given`` is a condition, which the database
    tries."""
    owner = project.resolve_expression(place, side.value) if isinstance(side, Attribute) and chain(side.value) else None
    return owner is not None and owner.kind == "class" and persistence.is_model(project, owner.path, owner.index)


def _imports(flow: Flow, path: str) -> bool:
    return any(item.module.partition(".")[0] == "hmac" for item in flow.project.outline(path).imports)


def _mac(flow: Flow, point: Point, depth: int = 4) -> bool:
    """Whether a value is an HMAC made here: ``hmac.new(…).hexdigest()``, also encoded or formatted afterwards."""
    for origin in flow.origins(point) if depth else ():
        one = origin.expression
        if not isinstance(one, Call):
            continue
        target = flow.project.resolve_expression(origin.place, one.func)
        if target is not None and not target.ours and target.dotted in {"hmac.new", "hmac.digest", "hmac.HMAC"}:
            return True
        inner: AnyExpression | None = None
        if isinstance(one.func, Attribute) and one.func.attr in {"hexdigest", "digest", "decode", "hex", "rstrip"}:
            inner = one.func.value
        elif chain_end(one) in {"b64encode", "urlsafe_b64encode", "hexlify"} and one.arguments:
            inner = one.arguments[0].value
        if inner is not None and _mac(flow, Point(origin.place, inner, origin.environment), depth - 1):
            return True
    return False


def _given_and_kept(flow: Flow, point: Point, sides: list[AnyExpression]) -> bool:
    """Whether one side came with the request and the other is a secret of the settings."""
    kinds = []
    for side in sides:
        parts = list(flow.value(Point(point.place, side, point.environment)).parts())
        kinds.append({part.kind for part in parts})
    named = any(_SECRET.search(chain(side).rpartition(".")[2]) for side in sides)
    kept = {"setting"}
    return named and any(kinds[at] == {"request"} and kinds[1 - at] == kept for at in (0, 1))


def _finding(rule: Rule, place: Place, node: AnyExpression, what: str, confidence: Confidence) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=f"{what} is compared with an operator that stops at the first difference: its time tells where",
        fix=_FIX,
        severity=rule.severity,
        confidence=confidence,
    )
