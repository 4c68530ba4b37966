"""BA303: a route that changes state, or hands out people's data, and nothing looks at who is asking."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.checks import _personal, _public
from analyzer.checks._alone import Alone
from analyzer.checks._confided import everybodys_own, owner_of
from analyzer.checks._doors import doors
from analyzer.checks._given_away import given_away
from analyzer.checks._impersonation import becomes_anybody
from analyzer.checks._opened import opened_people, replaces
from analyzer.checks._records import Records
from analyzer.checks._resources import Resources
from analyzer.checks._takeover import takes_over
from analyzer.facts.expressions import Conditional, Name
from analyzer.facts.outline import Class, Function, Use
from analyzer.facts.statements import If
from analyzer.facts.visit import walk
from analyzer.frameworks import Route
from analyzer.frameworks.fastapi import injected
from analyzer.graph.guards import Guards, Known
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Related, Rule, Span
from analyzer.project import Place

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE", "MUTATION"})
_VERBS = {"POST": "creates or changes data", "PUT": "changes data", "PATCH": "changes data", "DELETE": "deletes data"}
_NAMES = 3
_HOOK = re.compile(r"^(?:_|get_|perform_|filter_|check_|initial|has_)")
"""Methods that generic views call on the way."""
_CHANGES = re.compile(
    r"(?:^|_)(?:delete|remove|create|update|edit|add|insert|reset|drop|clear|purge|destroy|complete|upload)(?:_|$)"
)

_BLIND = "nothing on the way looks at who is asking"
_TAKEN_OVER = "sets the password of whoever the client names, and asks for nothing that only they have"
_ANYBODY = "logs in whoever the client says it is, and asks for nothing that only they know"
_LENIENT = "what looks at who is asking lets strangers pass"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a handler."""
    guards = picture.shared(Guards)
    guarded = _guarded(picture, guards)
    for view, routes, people in opened_people(picture):
        told = picture.project.outline(view.path).classes[view.index]
        what = f"lets everybody change or remove any `{people}`, and says that everybody may"
        yield _told(rule, view.path, told, routes, what, Confidence.MEDIUM)
    for handler, routes in doors(picture):
        if not picture.is_main(handler.path):
            continue
        if handler.index < 0:
            yield from _views(picture, rule, guards, handler.path, routes, guarded)
            continue
        bare = [route for route in routes if not guards.of(route).guards]
        if not bare or not _all_open(routes, bare) or _becomes_somebody(picture, bare):
            continue
        asked = _public.token_for_asking(picture, handler)
        if asked and not any(guards.of(route).opened for route in bare):
            what = f"hands out a token for any `{asked}`, and {_BLIND}"
            yield _finding(picture, rule, handler, bare, what, Confidence.MEDIUM)
            continue
        if takes_over(picture, handler, bare):
            yield _finding(picture, rule, handler, bare, _TAKEN_OVER, Confidence.MEDIUM)
            continue
        if becomes_anybody(picture, handler):
            yield _finding(picture, rule, handler, bare, _ANYBODY, Confidence.MEDIUM)
            continue
        if _public.is_public(picture, handler, bare) and not given_away(picture, handler):
            continue
        finding = _judged(picture, rule, handler, bare, [guards.of(route) for route in bare], guarded)
        if finding is not None:
            yield finding


def _becomes_somebody(picture: Picture, routes: Sequence[Route]) -> bool:
    """Whether what is registered is a class that takes a password, where nobody is named by the path."""
    of = routes[0].of
    named = any("{" in route.path for route in routes)
    return bool(of.path) and not named and _public.writes_password(picture, of.path, of.index)


def _all_open(routes: Sequence[Route], bare: Sequence[Route]) -> bool:
    """Whether a handler is open by all its routes, or by a second path to what another one guards."""
    behind = {(route.method, route.path) for route in routes if route not in bare}
    return all(any(route.method == method and route.path != path for method, path in behind) for route in bare) or (
        not behind
    )


def _shown(picture: Picture, path: str, view: int) -> str:
    """In words what a class view shows of what people keep for themselves; ``""`` for nothing."""
    resources = picture.shared(Resources)
    resource = resources.viewed_by(path, view)
    model = resources.model(resource)
    column = owner_of(picture, model) if model is not None and not resources.narrowed_by(path, view) else ""
    return f"every `{resources.title(resource)}`, whoever's it is (`{column}`)" if column else ""


def _views(
    picture: Picture,
    rule: Rule,
    guards: Guards,
    path: str,
    routes: Sequence[Route],
    guarded: dict[str, list[str]],
) -> Iterator[Finding]:
    """Class views that leave all their answers to the framework: one finding a class that changes data, or shows what
    people keep for themselves."""
    classes = picture.project.outline(path).classes
    for view in sorted({route.view for route in routes if route.view >= 0}):
        mine = [route for route in routes if route.view == view]
        known = [guards.of(route) for route in mine]
        changing = [route for route in mine if route.method in _CHANGING]
        if any(one.guards or one.opened for one in known):
            named = [route for route in changing if replaces(route)]
            open_ = all(one.opened and not one.guards for one in known) and not any(_GIVEN.search(r.path) for r in mine)
            if named and open_ and not _public.is_open(classes[view].name, mine):
                yield _told(rule, path, classes[view], mine, _said_open(named[0]), Confidence.MEDIUM)
            continue
        if not changing:
            own = _shown(picture, path, view) if path in guarded and not any(one.optional for one in known) else ""
            if own:
                yield _told(rule, path, classes[view], mine, f"hands out {own}, and {_BLIND}", Confidence.MEDIUM)
            continue
        if _public.is_open(classes[view].name, mine) or _public.writes_password(picture, path, view):
            continue
        what = _VERBS.get(changing[0].method, "changes data")
        yield _told(rule, path, classes[view], mine, f"{what}, and {_BLIND}", Confidence.MEDIUM)


def _judged(
    picture: Picture,
    rule: Rule,
    handler: Place,
    routes: Sequence[Route],
    known: Sequence[Known],
    guarded: dict[str, list[str]],
) -> Finding | None:
    function = picture.project.outline(handler.path).functions[handler.index]
    siblings, known_people = guarded.get(handler.path, []), handler.path in guarded
    posted = any(route.method == "ANY" for route in routes) and (
        _public.posted(picture, handler) or _public.uploads(picture, handler)
    )
    changing = [route for route in routes if route.method in _CHANGING or (posted and route.method == "ANY")]
    writes = _public.writes(picture, handler)
    what = ""
    if any(one.opened for one in known):
        return _declared_open(picture, rule, handler, routes)
    confidence = Confidence.HIGH if siblings else Confidence.MEDIUM
    if changing:
        what = f"`{writes[0]}`" if writes else _VERBS.get(changing[0].method, "changes data")
        what = f"changes data with {what}" if writes else what
        posts = all(route.method in {"POST", "ANY"} for route in changing)
        alike = any(route.method == "GET" for route in routes) and not _public.posted(picture, handler)
        if not writes and alike:
            # One handler for every method passes a request on, or answers all of them alike.
            confidence = Confidence.LOW
        if not writes and posts and not _CHANGES.search(function.name) and not _public.hands_on(picture, handler):
            confidence = Confidence.LOW
    elif writes:
        what = f"changes data with `{writes[0]}`"
    else:
        personal = _personal.personal(picture, handler, owned=known_people and any("{" in one.path for one in routes))
        sent = _public.sends_file(picture, handler) if known_people and any("{" in one.path for one in routes) else ""
        chosen = sent and any(load.keyed for load in picture.shared(Records).of(handler, routes).loads)
        away = given_away(picture, handler)
        own = everybodys_own(picture, handler, routes) if known_people and not personal else None
        personal = personal or own
        forgotten = any(picture.shared(Alone).forgotten(handler, one, bool(siblings)) for one in known)
        told = bool(personal or chosen) and not any(one.optional for one in known)
        if not away and not told and not forgotten:
            return None
        what = f"hands out `{personal[0]}` with its `{personal[1]}`" if personal else f"sends files with `{sent}`"
        what = "reads what is stored" if forgotten and not told else what
        what = f"answers with `{away}`" if away else what
        confidence = Confidence.MEDIUM
    if any(one.ending for one in known) or (any(one.optional for one in known) and _serves_both(picture, handler)):
        confidence = Confidence.LOW
    others = (one for one in picture.handlers().get(handler, ()) if one.of == routes[0].of)
    guarded_too = next((one for one in others if one not in routes), None)
    near = f", although {siblings[0]} beside it does" if siblings else ""
    near = f", although the same function is guarded at {guarded_too.label}" if guarded_too else near
    passed = _LENIENT if any(one.optional for one in known) else _BLIND
    return _finding(picture, rule, handler, routes, f"{what}, and {passed}{near}", confidence)


def _declared_open(picture: Picture, rule: Rule, handler: Place, routes: Sequence[Route]) -> Finding | None:
    """A handler that everybody may call by its own word, and that changes or removes the record that its path names:
    one that nobody has to have been given, and that is not kept with a session."""
    named = [route for route in routes if replaces(route)]
    if not named or any(_GIVEN.search(route.path) or _GIVEN.search(route.pattern) for route in routes):
        return None
    if any(use.chain.endswith((".session", ".session_key")) for use in _uses_below(picture, handler)):
        return None
    return _finding(picture, rule, handler, routes, _said_open(named[0]), Confidence.MEDIUM)


def _said_open(route: Route) -> str:
    return f"{_VERBS[route.method]}, and says that everybody may"


_GIVEN = re.compile(r"uuid|token|secret|signature|session|cart|basket|checkout|\bkey\b", re.IGNORECASE)
"""What in a path names a record that only those know who were given it, or one that strangers have."""


def _uses_below(picture: Picture, handler: Place) -> Iterator[Use]:
    for place in _public.below(picture, handler):
        function = picture.project.function(place)
        yield from function.uses if function is not None else ()


def _serves_both(picture: Picture, handler: Place) -> bool:
    """Whether a handler asks if anybody is known, and has something else for strangers: a cart of the session's."""
    function = picture.project.function(handler)
    given = function.parameters if function is not None else []
    names = {one.name for one in given if function and any(injected(picture.project, handler, function, one))}
    tests = (node.test for node in walk(picture.project.body(handler)) if isinstance(node, If | Conditional))
    return any(isinstance(one, Name) and one.id in names for test in tests for one in walk(test))


def _finding(
    picture: Picture,
    rule: Rule,
    handler: Place,
    routes: Sequence[Route],
    what: str,
    confidence: Confidence,
) -> Finding:
    outline = picture.project.outline(handler.path)
    function = outline.functions[handler.index]
    of = routes[0].of
    if of.path and (handler.path, function.owner) != (of.path, of.index):
        # All that answers is inherited: the class that is registered says what it answers with.
        return _told(rule, of.path, picture.project.outline(of.path).classes[of.index], routes, what, confidence)
    # A method that only stands for the one a generic view brings: the class is what a reader looks for.
    stands = function.owner >= 0 and _HOOK.match(function.name) is not None and not function.decorators
    told = outline.classes[function.owner] if stands else function
    return _told(rule, handler.path, told, routes, what, confidence)


def _told(
    rule: Rule,
    path: str,
    told: Function | Class,
    routes: Sequence[Route],
    what: str,
    confidence: Confidence,
) -> Finding:
    shown = ", ".join(route.label for route in routes[:_NAMES]) + (", …" if len(routes) > _NAMES else "")
    return Finding(
        rule=rule.code,
        location=Location(path, Span(told.line, told.column, told.line, told.end_column)),
        message=f"`{told.name}` ({shown}) {what}",
        fix=_fix(routes[0].framework, told.name),
        severity=rule.severity,
        confidence=confidence,
        related=tuple(
            Related(Location(one.registered, Span(one.line, 1, one.line, 1)), f"{one.label} is registered here")
            for one in routes[:_NAMES]
        ),
    )


def _guarded(picture: Picture, guards: Guards) -> dict[str, list[str]]:
    """The guarded handlers of a file, by name: what a reader compares with. A login shows that there are people to
    know, and has no name here."""
    found: dict[str, list[str]] = {}
    for handler, routes in doors(picture):
        function = picture.project.function(handler)
        if function is None or not (
            any(guards.of(route).guards for route in routes) or _lets_in(picture, handler, function)
        ):
            continue
        names = found.setdefault(handler.path, [])
        if not _public.is_open(function.name, routes):
            of = routes[0].of
            called = picture.project.outline(of.path).classes[of.index].name if of.path else function.name
            names.append(f"`{called}`")
    return found


def _lets_in(picture: Picture, handler: Place, function: Function) -> bool:
    """Whether a handler is the way in for those who know their password."""
    return not _LETTING_IN.isdisjoint(_public.words_of(function.name)) and _public.takes_password(picture, handler)


_LETTING_IN = frozenset({"login", "signin", "authenticate"})


def _fix(framework: str, name: str) -> str:
    how = {
        "FastAPI": f"Give `{name}` (or its router) a dependency that identifies the caller and answers 401 otherwise",
        "Flask": f"Put the decorator that identifies the caller above `{name}`, or check in a `before_request` hook",
        "Pyramid": f"Set a security policy and give the view `{name}` a `permission`",
        "Quart": f"Put the decorator that identifies the caller above `{name}`, or check in a `before_request` hook",
        "Sanic": f"Put the decorator that identifies the caller above `{name}`, or check in an `on_request` middleware",
        "Django": f"Put `@login_required` (or `permission_classes = [IsAuthenticated]`) on `{name}` or its class",
    }
    first = how.get(framework, f"Identify the caller before `{name}` runs and answer 401 otherwise")
    return f"{first}; if everybody may call it, say so with a suppression that gives the reason."
