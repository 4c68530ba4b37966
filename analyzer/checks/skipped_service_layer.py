"""BA502: a handler that deals with the database itself although the application has a layer for that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.graph.access import Access, CallSite
from analyzer.graph.dealings import Dealing, Dealings, Habit, application_handlers
from analyzer.graph.picture import Picture
from analyzer.graph.storing import Storing
from analyzer.model import Confidence, Finding, Location, Related, Rule, Severity, Span, Tier
from analyzer.project import Place

_DEMO = 2
"""Modules of an application that is a demonstration: nobody misses a layer between one file and itself."""
_LARGE = 20
"""Handlers that work on the database, from which on the missing layer is felt: twice the routes from which on one
controller is overloaded (BA509). In a smaller application a layer may cost more than it gives."""
_VERBS = {"read": "reads", "write": "writes", "transaction": "ends a transaction"}
_MOST = 40
"""Handlers listed with the one finding of an application that has no layer at all."""


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a handler, or one an application that has no service or repository layer."""
    dealings = picture.shared(Dealings)
    for handlers in application_handlers(picture):
        habit = dealings.habit(handlers)
        if habit.kind:
            yield from _each(picture, rule, dealings, habit, handlers)
        else:
            yield from _whole(picture, rule, dealings, handlers)


def _each(
    picture: Picture, rule: Rule, dealings: Dealings, habit: Habit, handlers: Sequence[Place]
) -> Iterator[Finding]:
    closed = dealings.closed(habit, handlers)
    for handler in handlers:
        dealing = dealings.of(handler)
        if closed and dealing.repositories and not dealing.touches:
            yield _short_cut(picture, rule, dealings, dealing, habit)
        elif dealing.own:
            yield _direct(picture, rule, dealings, dealing, habit)


def _direct(picture: Picture, rule: Rule, dealings: Dealings, dealing: Dealing, habit: Habit) -> Finding:
    """The handler uses a session, cursor, manager or collection itself."""
    layer = habit.example(dealing.handler.path, habit.kind)
    shown = list(dict.fromkeys(f"`{access.shown}`" for access in dealing.own))
    sure = Confidence.HIGH if habit.through_services + habit.through_repositories > habit.direct else Confidence.MEDIUM
    foreign = habit.foreign(dealing.handler.path, habit.kind)
    if foreign or not any(access.sure for access in dealing.own):
        sure = Confidence.MEDIUM
    if not dealing.touches or dealings.looks_up(habit, dealing.handler) or (foreign and not dealing.writes_much):
        # Ending the transaction that services worked in is an honest design; a look-up by number or 404 moves little,
        # and so does one write where the services are another feature's.
        sure = Confidence.LOW
    severity = rule.severity
    if not dealing.writes:
        severity = Severity.NOTE if len(dealing.own) == 1 else min(severity, Severity.WARNING)
    function = picture.project.outline(dealing.handler.path).functions[dealing.handler.index]
    kind = habit.kind
    where = f"a {kind} beside `{layer}`" if not foreign else f"a {kind} of its own package"
    return Finding(
        rule=rule.code,
        location=_def(picture, dealing.handler),
        message=(
            f"`{function.qualname}` ({_label(picture, dealing.handler)}) works on the database itself: "
            f"{', '.join(shown[:3])}{_more(len(shown) - 3)}, although {_others(habit, kind)} through a {kind} such as "
            f"`{layer}`{' in another package' if foreign else ''}."
        ),
        fix=f"Move what {_lines(dealing)} into {where} and call that from `{function.name}`.",
        severity=severity,
        confidence=sure,
        related=tuple(
            Related(_at(dealing.handler.path, access), f"{_VERBS[access.kind]} with `{access.shown}`")
            for access in dealing.own
        ),
    )


def _short_cut(picture: Picture, rule: Rule, dealings: Dealings, dealing: Dealing, habit: Habit) -> Finding:
    """The handler calls a repository past the services."""
    names = list(dict.fromkeys(f"`{dealings.name(site.target)}`" for site in dealing.repositories))
    function = picture.project.outline(dealing.handler.path).functions[dealing.handler.index]
    only = dealing.repositories[0] if len(dealing.repositories) == 1 else None
    passed_on = only is not None and not dealing.own and picture.shared(Storing).only_reads(only)
    return Finding(
        rule=rule.code,
        location=_def(picture, dealing.handler),
        message=(
            f"`{function.qualname}` ({_label(picture, dealing.handler)}) calls the repository {', '.join(names[:3])}"
            f"{_more(len(names) - 3)} past the services, although {_others(habit, 'service')} through a service like "
            f"`{habit.example(dealing.handler.path, 'service')}`."
        ),
        fix=f"Offer what `{function.name}` needs as a method of a service and call that instead of {names[0]}.",
        severity=Severity.NOTE if passed_on else min(rule.severity, Severity.WARNING),
        confidence=Confidence.MEDIUM,
        related=(
            *(
                Related(_at(dealing.handler.path, site), f"calls {dealings.name(site.target)}")
                for site in dealing.repositories
            ),
            *(
                Related(_at(dealing.handler.path, access), f"{_VERBS[access.kind]} with `{access.shown}`")
                for access in dealing.own
            ),
        ),
    )


def _whole(picture: Picture, rule: Rule, dealings: Dealings, handlers: Sequence[Place]) -> Iterator[Finding]:
    """No layer between the handlers and the database anywhere: one decision, one finding."""
    found = [item for item in map(dealings.of, handlers) if item.touches]
    modules = [path for path in picture.application(handlers[0].path) if picture.tier(path) is Tier.MAIN]
    if len(found) < 2 or len(modules) <= _DEMO:
        return
    first = found[0]
    yield Finding(
        rule=rule.code,
        location=_def(picture, first.handler),
        message=(
            f"{len(found)} of {len(handlers)} handlers work on the database themselves, starting with "
            f"`{picture.project.qualified(first.handler)}`: this application has no service or repository layer that "
            "its handlers go through."
        ),
        fix=(
            "Give each use case a function or class of its own that takes the session, and let handlers call it; begin "
            "with those that write."
        ),
        severity=Severity.NOTE,
        confidence=rule.confidence if len(found) >= _LARGE else Confidence.LOW,
        related=tuple(
            Related(_def(picture, item.handler), f"{_label(picture, item.handler)} uses `{item.own[0].shown}`")
            for item in found[1 : _MOST + 1]
        ),
    )


def _others(habit: Habit, kind: str) -> str:
    number = habit.through_services if kind == "service" else habit.through_repositories
    return "another handler goes" if number == 1 else f"{number} handlers go"


def _label(picture: Picture, handler: Place) -> str:
    return picture.handlers()[handler][0].label


def _lines(dealing: Dealing) -> str:
    lines = sorted({access.line for access in dealing.own})
    one = len(lines) == 1
    return f"line {lines[0]} does" if one else f"lines {', '.join(str(line) for line in lines[:6])} do"


def _more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""


def _def(picture: Picture, place: Place) -> Location:
    function = picture.project.outline(place.path).functions[place.index]
    return Location(place.path, Span(function.line, function.column, function.line, function.end_column))


def _at(path: str, site: Access | CallSite) -> Location:
    return Location(path, Span(site.line, site.column, site.end_line, site.end_column))
