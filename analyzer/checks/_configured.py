"""Settings by their names: assigned in modules and classes, or written into an application's configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analyzer.checks._choices import conditional, deployed
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Secret, Subscript
from analyzer.facts.secretnames import split
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, flow_of, uses_of
from analyzer.flow.sources import enumeration
from analyzer.graph.picture import Picture
from analyzer.project.target import Place, Target

_INVENTED = frozenset("test tests testing dev development local debug ci demo example sample".split())
"""Words of classes of settings that do not run in production: ``TestingConfig``."""


_CONFIGURING = re.compile(r"\.config|\.secret_key$")


class Configured:
    """The settings of what runs in production by their names, gathered once: of modules, classes and applications."""

    def __init__(self, picture: Picture) -> None:
        self._of: dict[str, list[Point]] = {}
        flow = flow_of(picture)
        for path in flow.project.paths():
            if deployed(picture, path):
                self._of_module(flow, path)
        for place in flow.project.places():
            configures = any(_CONFIGURING.search(use.chain) for use in uses_of(flow.project, place))
            for name, value in written(flow, place) if configures and deployed(picture, place.path) else ():
                if not conditional(flow, place, value.line):
                    self._of.setdefault(name, []).append(Point(place, value, flow.final(place)))

    def _of_module(self, flow: Flow, path: str) -> None:
        outline, place = flow.project.outline(path), Place(path, -1)
        classes = [
            one
            for index, one in enumerate(outline.classes)
            if _INVENTED.isdisjoint(split(one.name)) and not enumeration(flow.project, Target("class", "", path, index))
        ]
        for statement in [*outline.body, *(one for item in classes for one in item.body)]:
            target = statement.targets[0] if isinstance(statement, Assign) else None
            if isinstance(statement, Assign) and isinstance(target, Name) and not _names_itself(target, statement):
                value = statement.value
                if value is not None:
                    state = flow.state_at(place, value) or {}
                    self._of.setdefault(target.id, []).append(Point(place, value, state))

    def of(self, names: Iterable[str]) -> Iterator[tuple[str, Point]]:
        """The values that settings of these names get, in order of names and files."""
        for name in sorted(names):
            for value in self._of.get(name, ()):
                yield name, value


def _names_itself(target: Name, statement: Assign) -> bool:
    """``SECRET_KEY = "SECRET_KEY"``: the name of a setting, for those who ask for it."""
    value = statement.value
    spelled = value.value if isinstance(value, Constant) else value.preview if isinstance(value, Secret) else ""
    return isinstance(spelled, str) and spelled.upper().replace("-", "_") == target.id.upper()


def settings(picture: Picture, names: Iterable[str]) -> Iterator[tuple[str, Point]]:
    """The values that settings of these names get in what runs in production."""
    return picture.shared(Configured).of(names)


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
                elif isinstance(target, Attribute) and target.attr == "secret_key":
                    yield "SECRET_KEY", node.value  # Flask's other way to write it
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
