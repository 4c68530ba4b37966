"""BA603: browsers are told that any site may read the answers that belong to somebody who is logged in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._choices import Choice, choices, conditional, deployed, truth
from analyzer.facts.expressions import AnyExpression, Call
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import called_name, flow_of, location, places_calling
from analyzer.graph.guards import Guards
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Severity
from analyzer.project.target import Place

_CALLS = {"CORSMiddleware", "CORS", "CORSConfig", "cross_origin", "Middleware", "add_middleware"}
_ORIGINS = ("allow_origins", "origins", "allow_origin")
_CREDENTIALS = ("allow_credentials", "supports_credentials")
_SETTINGS = ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL")
_FIX = "List the origins of your own pages in the settings, and allow credentials for those only"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a policy: at the origins it allows."""
    flow = flow_of(picture)
    for place in places_calling(flow.project, frozenset(_CALLS)):
        if not deployed(picture, place.path):
            continue
        for point in flow.calls(place):
            if isinstance(point.expression, Call) and _is_policy(flow, point, point.expression):
                yield from _policy(picture, flow, rule, point, point.expression)
    for path in flow.project.paths():
        if deployed(picture, path):
            yield from _django(picture, flow, rule, path)


def _is_policy(flow: Flow, point: Point, call: Call) -> bool:
    name = called_name(flow, point.place, call)
    if name in {"Middleware", "add_middleware"}:
        first = argument(call, 0, "middleware_class", "cls")
        return chain(first).rpartition(".")[2] == "CORSMiddleware"
    if name not in _CALLS:
        return False
    target = flow.project.resolve_expression(point.place, call.func)
    return target is not None and not target.ours


def _policy(picture: Picture, flow: Flow, rule: Rule, point: Point, call: Call) -> Iterator[Finding]:
    place = point.place
    if conditional(flow, place, call.line):
        return
    given = argument(call, -1, *_CREDENTIALS)
    sure = given is not None and _any(flow, point, given)
    regex = argument(call, -1, "allow_origin_regex")
    origins = argument(call, -1, *_ORIGINS)
    if regex is not None:
        for choice in choices(flow, Point(place, regex, point.environment)):
            fault = _loose(choice.value) if isinstance(choice.value, str) else ""
            if fault and sure:
                yield _finding(rule, place, regex, f"The pattern of allowed origins {fault}, with credentials", choice)
                return
    name = called_name(flow, place, call)
    if origins is None:
        if name in {"CORS", "cross_origin", "CORSConfig"} and sure and not any(one.star for one in call.arguments):
            yield _finding(rule, place, call, "Every origin is allowed (the default), with credentials", None)
        return
    for choice in choices(flow, Point(place, origins, point.environment)):
        if "*" not in (choice.value if isinstance(choice.value, tuple) else (choice.value,)):
            continue
        if sure:
            yield _finding(rule, place, origins, "Every origin is allowed, with credentials", choice)
        elif not choice.default and _guarded(picture, place.path):
            yield _open(rule, place, origins)
        return


def _django(picture: Picture, flow: Flow, rule: Rule, path: str) -> Iterator[Finding]:
    variables, place = flow.project.namespace(path).variables, Place(path, -1)
    sure = any(
        truth(one.value)
        for value in variables.get("CORS_ALLOW_CREDENTIALS", ())
        for one in choices(flow, Point(place, value, {}))
    )
    for name in _SETTINGS:
        for value in variables.get(name, ())[:1]:
            for choice in choices(flow, Point(place, value, {})):
                if truth(choice.value) and not conditional(flow, place, value.line):
                    if sure:
                        yield _finding(rule, place, value, f"`{name}` allows every origin, with credentials", choice)
                    elif not choice.default and _guarded(picture, path):
                        yield _open(rule, place, value)
                    break


def _any(flow: Flow, point: Point, given: AnyExpression) -> bool:
    return any(truth(one.value) for one in choices(flow, Point(point.place, given, point.environment)))


def _loose(pattern: str) -> str:
    """What is wrong with a pattern that is matched in full; ``""`` when it names its hosts."""
    bare = pattern.strip("^$")
    if re.fullmatch(r"(?:\(?https?\??s?\??\)?:(?://|\\/\\/))?\(?\.[*+]\??\)?", bare):
        return f"`{pattern}` matches every origin"
    if re.search(r"(?:\.\*|\.\+)(?![\\.$|)\w-]*\\\.)[\w-]+\.(?:com|org|net|io|dev|app)\b", bare):
        return f"`{pattern}` has an unescaped dot, so that foreign domains match"
    return ""


def _guarded(picture: Picture, path: str) -> bool:
    """Whether most routes of the application ask who is calling."""
    modules, guards = set(picture.application(path)), picture.shared(Guards)
    mine = [route for route in picture.routes if route.handler.path in modules]
    return bool(mine) and sum(bool(guards.of(route).guards) for route in mine) * 2 > len(mine)


def _open(rule: Rule, place: Place, node: AnyExpression) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message="Every origin may call this application from a browser, although most of its routes ask for a login",
        fix=_FIX,
        severity=Severity.WARNING,
        confidence=Confidence.LOW,
    )


def _finding(rule: Rule, place: Place, node: AnyExpression, what: str, choice: Choice | None) -> Finding:
    default = " unless the environment says otherwise" if choice is not None and choice.default else ""
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=f"{what}{default}: any page can read what a logged-in visitor may read",
        fix=_FIX,
        severity=rule.severity,
        confidence=Confidence.MEDIUM if default else Confidence.HIGH,
    )
