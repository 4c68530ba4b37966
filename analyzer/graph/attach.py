"""Give every finding its definition, its route and the chain of calls between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import msgspec

from analyzer.frameworks import Route
from analyzer.graph.picture import Picture
from analyzer.graph.reach import Hop
from analyzer.model import Finding, Location, Span, Step
from analyzer.project import Place, Project


def attach(findings: Sequence[Finding], picture: Picture) -> list[Finding]:
    """The findings with scope, route, chain and tier filled in, in the same order."""
    return [_attached(finding, picture) for finding in findings]


def _attached(finding: Finding, picture: Picture) -> Finding:
    path = finding.location.path
    if path not in picture.project.modules.outlines:
        return finding
    place, scope = enclosing(picture.project, path, finding.location.span.line)
    reached = _followed(finding, place, picture) or picture.reach.chain(place)
    route, chain = "", tuple[Step, ...]()
    if reached is not None:
        route = reached[0].label
        handler = reached[1][0].caller if reached[1] else place
        chain = (_start(picture.project, handler), *(_step(picture.project, hop) for hop in reached[1]))
    return msgspec.structs.replace(
        finding,
        scope=finding.scope or scope,
        route=finding.route or route,
        chain=finding.chain or chain,
        tier=picture.tier(path),
    )


def _followed(finding: Finding, place: Place, picture: Picture) -> tuple[Route, tuple[Hop, ...]] | None:
    """The route whose handler a flow of data begins in, with the calls that hand the data on to the finding's place;
    ``None`` where the data does not come in at a route, or gets here some other way."""
    if not finding.steps or finding.steps[0].kind != "source":
        return None
    known = picture.project.modules.outlines
    steps = list(takewhile(lambda step: step.location.path in known, finding.steps))  # a template has no functions
    around = [enclosing(picture.project, step.location.path, step.location.span.line)[0] for step in steps]
    if not around or around[0] not in picture.handlers():
        return None
    hops: list[Hop] = []
    at = around[0]
    for step, here, following in zip(steps, around, around[1:], strict=False):
        if at == place:
            break
        if step.kind == "call" and here == at and following != here:
            span = step.location.span
            hops.append(Hop(0, here, span.line, span.column, span.end_column, following))
            at = following
        elif step.kind == "return" and hops and here == at:
            at = hops.pop().caller
    head = picture.reach.chain(around[0])
    return (head[0], tuple(hops)) if at == place and head is not None and not head[1] else None


def enclosing(project: Project, path: str, line: int) -> tuple[Place, str]:
    """The innermost function at a line (index −1 outside of any) and the dotted name of the innermost definition."""
    outline = project.outline(path)
    best, name, start = Place(path, -1), project.module_name(path), 0
    scope_start = 0
    for index, function in enumerate(outline.functions):
        if function.start_line <= line <= function.end_line and function.start_line >= start:
            best, start = Place(path, index), function.start_line
    if best.index >= 0:
        name, scope_start = project.qualified(best), start
    for item in outline.classes:
        if item.start_line <= line <= item.end_line and item.start_line > scope_start:
            name, scope_start = f"{project.module_name(path)}.{item.qualname}", item.start_line
    return best, name


def _start(project: Project, handler: Place) -> Step:
    function = project.function(handler)
    if function is None:
        return Step(Location(handler.path, Span(1, 1, 1, 2)), f"handled by {project.module_name(handler.path)}")
    span = Span(function.line, function.column, function.line, function.end_column)
    return Step(Location(handler.path, span), f"handled by {function.qualname}")


def _step(project: Project, hop: Hop) -> Step:
    callee = project.function(hop.callee)
    name = callee.qualname.removesuffix(".__init__") if callee else project.module_name(hop.callee.path)
    verb = ("calls", "is given", "hands on")[hop.rank]
    span = Span(hop.line, hop.column, hop.line, hop.end_column)
    return Step(Location(hop.caller.path, span), f"{verb} {name}")
