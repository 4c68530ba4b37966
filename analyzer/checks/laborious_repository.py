"""BA510: a repository's method that asks much of the database or decides much, and a repository of many entities."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.graph.picture import Picture
from analyzer.graph.repositories import Method, Repository, repositories
from analyzer.knowledge import known
from analyzer.model import Finding, Location, Related, Rule, Span

_METHOD, _ENTITIES = 95, 80
"""Shares of real repositories' code (docs/calibration.md) beyond which a method, or the number of entities, is told.

Aniche et al. tell of a second query and of a second entity already; here more than a fifth of the code has the one and
half of it the other."""
_MOST = 12
_NAMES = 6


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a method, and one a repository, at its class or at the first line of its module."""
    table = known().calibration
    operations, branches = (table.threshold(f"method-{what}", _METHOD) for what in ("operations", "branches"))
    entities = table.threshold("repository-entities", _ENTITIES)
    for repository in repositories(picture):
        if len(repository.entities) > entities:
            yield _of_many(picture, rule, repository, entities)
        for method in repository.methods:
            if method.most > operations or method.branches > branches:
                yield _laborious(picture, rule, method, operations, branches)


def _laborious(picture: Picture, rule: Rule, method: Method, operations: float, branches: float) -> Finding:
    function = picture.project.outline(method.place.path).functions[method.place.index]
    parts, ways = [], []
    if method.most > operations:
        parts.append(f"asks the database {method.most} times in one call (usually {operations:g} at most)")
        ways.append("let one statement do what can be one (a join, `IN`, a cascade), or give each step a method")
    if method.branches > branches:
        parts.append(f"decides {method.branches} times (usually {branches:g} at most)")
        ways.append("move what is a rule of the business into a service and leave the query here")
    return Finding(
        rule=rule.code,
        location=Location(method.place.path, Span(function.line, function.column, function.line, function.end_column)),
        message=(
            f"`{function.qualname}` is a repository's method and {' and '.join(parts)}, more than {_METHOD} % of the "
            "code of real repositories."
        ),
        fix=f"In `{function.name}`, {'; '.join(ways)}.",
        severity=rule.severity,
        confidence=rule.confidence,
        related=tuple(
            Related(
                Location(method.place.path, Span(item.line, item.column, item.end_line, item.end_column)),
                f"{item.kind}s with `{item.shown}`",
            )
            for item in method.operations[:_MOST]
        ),
    )


def _of_many(picture: Picture, rule: Rule, repository: Repository, usual: float) -> Finding:
    outline = picture.project.outline(repository.path)
    name, span = picture.project.module_name(repository.path), Span(1, 1, 1, 1)
    if repository.index >= 0:
        item = outline.classes[repository.index]
        name, span = item.qualname, Span(item.line, item.column, item.line, item.end_column)
    names = [f"`{entity.rpartition('.')[2]}`" for entity in repository.entities]
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    first = {method.entities[0]: method for method in reversed(repository.methods) if method.entities}
    return Finding(
        rule=rule.code,
        location=Location(repository.path, span),
        message=(
            f"`{name}` keeps {len(names)} entities: {', '.join(names[:_NAMES])}{more}. {_ENTITIES} % of the code of "
            f"real repositories keeps {usual:g} at most."
        ),
        fix="Give each entity that is loaded and saved by itself a repository of its own.",
        severity=rule.severity,
        confidence=rule.confidence,
        related=tuple(_begins(picture, first[entity]) for entity in repository.entities[:_MOST]),
    )


def _begins(picture: Picture, method: Method) -> Related:
    function = picture.project.outline(method.place.path).functions[method.place.index]
    span = Span(function.line, function.column, function.line, function.end_column)
    return Related(
        Location(method.place.path, span), f"`{function.name}` works on {method.entities[0].rpartition('.')[2]}"
    )
