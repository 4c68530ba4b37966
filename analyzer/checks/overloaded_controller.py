"""BA509: a class or module of handlers that answers too many routes for too many others."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.graph.controllers import Controller, Subject, controllers, subjects
from analyzer.graph.picture import Picture
from analyzer.knowledge import known
from analyzer.model import Confidence, Finding, Location, Related, Rule, Span

_REPORTED, _SURE, _ALONE = 80, 90, 95
"""Shares of real controllers' code (docs/calibration.md): beyond the first in both measures a controller is reported,
beyond the second surely so. Beyond the third in one of them it is a hint."""
_MOST = 12
_NAMES = 4
"""Names spelt out in a message."""


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a controller, at its class or at the first line of its module."""
    for controller in controllers(picture):
        confidence = _confidence(len(controller.handlers), len(controller.collaborators))
        if confidence is not None:
            yield _finding(picture, rule, controller, confidence)


def _confidence(routes: int, collaborators: int) -> Confidence | None:
    def beyond(share: int) -> tuple[bool, bool]:
        table = known().calibration
        return (
            routes > table.threshold("controller-routes", share),
            collaborators > table.threshold("controller-collaborators", share),
        )

    if all(beyond(_SURE)):
        return Confidence.HIGH
    if all(beyond(_REPORTED)):
        return Confidence.MEDIUM
    return Confidence.LOW if any(beyond(_ALONE)) else None


def _finding(picture: Picture, rule: Rule, controller: Controller, confidence: Confidence) -> Finding:
    common, groups = subjects(controller)
    if confidence > Confidence.LOW and len(groups) + bool(common) < 2:
        confidence = Confidence.LOW  # large, and about one thing
    shown = _shown(controller)
    who = picture.project.module_name(controller.path)
    if controller.index >= 0:
        who = picture.project.outline(controller.path).classes[controller.index].qualname
    message = f"`{who}` answers {len(controller.handlers)} routes and works with {_listed(list(shown.values()))}"
    message += f": {_usual()}."
    if groups:
        parts = ", ".join(
            f"{len(group.handlers)} with {_listed([shown[name] for name in group.names])}" for group in groups
        )
        message += f" Routes that share nobody else: {parts}."
    return Finding(
        rule=rule.code,
        location=_location(picture, controller),
        message=message,
        fix=_fix(picture, controller, groups, shown),
        severity=rule.severity,
        confidence=confidence,
        related=tuple(_related(picture, controller, groups, shown)),
    )


def _usual() -> str:
    table = known().calibration
    routes, others = (table.threshold(f"controller-{what}", _REPORTED) for what in ("routes", "collaborators"))
    return f"in real backends {_REPORTED} % of the code of controllers has no more than {routes:g} and {others:g}"


def _shown(controller: Controller) -> dict[str, str]:
    """Collaborators by the shortest name that tells them apart."""
    last = [name.rpartition(".")[2] for name in controller.collaborators]
    return {
        name: short if last.count(short) == 1 else ".".join(name.split(".")[-2:])
        for name, short in zip(controller.collaborators, last, strict=True)
    }


def _listed(names: list[str]) -> str:
    if not names:
        return "no service or repository"
    shown = [f"`{name}`" for name in names[:_NAMES]]
    if len(names) > _NAMES:
        return f"{len(names)} others ({', '.join(shown)} …)"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _fix(picture: Picture, controller: Controller, groups: list[Subject], shown: dict[str, str]) -> str:
    kind = "class" if controller.index >= 0 else "module"
    if not groups:
        return f"Divide it by what clients come for: a {kind} a resource, each with the services that it needs."
    first = groups[0]
    example = picture.project.outline(controller.path).functions[first.handlers[0].index].name
    return (
        f"Give the {len(first.handlers)} routes that work with {_listed([shown[name] for name in first.names])} "
        f"(`{example}` is the first) a {kind} of their own"
        + (", and the other groups likewise." if len(groups) > 1 else ".")
    )


def _location(picture: Picture, controller: Controller) -> Location:
    if controller.index < 0:
        return Location(controller.path, Span(1, 1, 1, 1))
    item = picture.project.outline(controller.path).classes[controller.index]
    return Location(controller.path, Span(item.line, item.column, item.line, item.end_column))


def _related(
    picture: Picture, controller: Controller, groups: list[Subject], shown: dict[str, str]
) -> Iterator[Related]:
    places = [(handler, group) for group in groups for handler in group.handlers]
    for handler, group in places[:_MOST]:
        function = picture.project.outline(controller.path).functions[handler.index]
        names = [shown[name] for name in group.names if handler in controller.collaborators[name]]
        label = picture.handlers()[handler][0].label
        span = Span(function.line, function.column, function.line, function.end_column)
        yield Related(Location(controller.path, span), f"{label} works with {_listed(names)}")
