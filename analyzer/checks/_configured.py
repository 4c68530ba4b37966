"""Settings by their names: assigned in modules and classes, or written into an application's configuration."""

from __future__ import annotations

from collections.abc import Container, Iterator

from analyzer.checks._choices import conditional, deployed
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, uses_of
from analyzer.graph.picture import Picture
from analyzer.project.target import Place


def settings(picture: Picture, flow: Flow, names: Container[str]) -> Iterator[tuple[str, Point]]:
    """The values that settings of these names get in what runs in production, in order of files."""
    for path in flow.project.paths():
        if not deployed(picture, path):
            continue
        outline, place = flow.project.outline(path), Place(path, -1)
        for statement in [*outline.body, *(one for item in outline.classes for one in item.body)]:
            if isinstance(statement, Assign) and statement.value is not None:
                target = statement.targets[0]
                if isinstance(target, Name) and target.id in names:
                    yield target.id, Point(place, statement.value, flow.state_at(place, statement.value) or {})
    for place in flow.project.places():
        if not any(".config" in use.chain for use in uses_of(flow.project, place)) or not deployed(picture, place.path):
            continue
        for name, value in written(flow, place):
            if name in names and not conditional(flow, place, value.line):
                yield name, Point(place, value, flow.final(place))


def written(flow: Flow, place: Place) -> Iterator[tuple[str, AnyExpression]]:
    """The settings that a function writes into an application's configuration."""
    for node in walk(flow.project.body(place)):
        if isinstance(node, Assign) and node.value is not None:
            for target in node.targets:
                if isinstance(target, Subscript) and chain(target.value).endswith(".config"):
                    if isinstance(target.index, Constant) and isinstance(target.index.value, str):
                        yield target.index.value, node.value
                elif isinstance(target, Attribute) and chain(target.value).endswith(".config"):
                    yield target.attr, node.value
        elif isinstance(node, Call) and chain_end(node) in {"update", "from_mapping"}:
            if not chain(node.func).rpartition(".")[0].endswith(".config"):
                continue
            for one in node.arguments:
                if one.keyword is not None:
                    yield one.keyword, one.value
                elif isinstance(one.value, Mapping):
                    for key, value in zip(one.value.keys, one.value.values, strict=True):
                        if isinstance(key, Constant) and isinstance(key.value, str):
                            yield key.value, value
