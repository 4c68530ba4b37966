"""Who speaks HTTP without having a layer of its own: helpers that services call, and functions that word answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from analyzer.facts.expressions import Call
from analyzer.facts.statements import Return
from analyzer.facts.visit import calls, chain, statements
from analyzer.graph.picture import Picture
from analyzer.graph.role import Evidence, Role
from analyzer.model import Confidence, Tier
from analyzer.project import Place, Target

_LAYERS = frozenset({"service", "repository", "model"})
_BELOW = frozenset({"service", "repository"})
_SIBLINGS = 2
"""Modules of a folder that work on data for handlers, from which on the folder is where that is done."""
_DEPTH = 2
"""Helpers followed to the one that makes an answer."""
_ANSWER = re.compile(r"(?:^|\.)(?:jsonify|make_response|json_response|redirect|\w*Response|json|text|html)$")


class Speaking:
    """Answers about a picture, remembered."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._answers: dict[tuple[Place, int], str] = {}
        self._folders: dict[str, int] = {}

    def role(self, place: Place) -> Role | None:
        """The role that a function without one plays for those who call it, ``None`` when none: a helper of services,
        or one among services that handlers call."""
        picture = self._picture
        if picture.role(place) != "utility":
            return None
        for caller in self._callers(place):
            role = picture.role_of(caller)
            if role.name in _LAYERS and role.confidence >= Confidence.MEDIUM:
                function = picture.project.outline(caller.path).functions[caller.index]
                why = f"`{function.qualname}` calls it"
                return Role("helper of a " + role.name, Confidence.MEDIUM, (Evidence(why, caller.path, function.line),))
        if self._used(place) and self._layered(place.path):
            why = (
                f"handlers call it, and it stands among services in {place.path.rpartition('/')[0].rpartition('/')[2]}/"
            )
            return Role("service", Confidence.MEDIUM, (Evidence(why, place.path, 1),))
        return None

    def _used(self, place: Place) -> bool:
        owner = self._picture.project.owner_index(place)
        kind, index = ("class", owner) if owner >= 0 else ("function", place.index)
        return self._picture.roles.used(place.path, kind, index) > 0

    def _layered(self, path: str) -> bool:
        """Whether other modules of a folder work on data for handlers, and none of them answers requests."""
        folder = path.rpartition("/")[0]
        if folder not in self._folders:
            picture = self._picture
            beside = [one for one in picture.project.paths() if one.rpartition("/")[0] == folder]
            names = [picture.roles.own_role(one).name for one in beside if picture.tier(one) is Tier.MAIN]
            layered = sum(1 for name in names if name in _BELOW)
            answering = any(name in {"controller", "entrypoint"} for name in names)
            self._folders[folder] = 0 if answering or 2 * layered < len(names) else layered
        return self._folders[folder] >= _SIBLINGS

    def _callers(self, place: Place) -> Iterator[Place]:
        """Functions of other modules that call a function, as far as imports lead to it."""
        picture = self._picture
        seen = set()
        for edge in picture.imports.into(place.path):
            if edge.source in seen or edge.type_only or picture.tier(edge.source) is not Tier.MAIN:
                continue
            seen.add(edge.source)
            for index, function in enumerate(picture.project.outline(edge.source).functions):
                caller = Place(edge.source, index)
                if function.parent < 0 and picture.role(caller) in _LAYERS:
                    sites = picture.calls_of(caller)
                    if any(site.target.path == place.path and site.target.index == place.index for site in sites):
                        yield caller

    def answers(self, target: Target | None, speaks: Callable[[str], object], depth: int = _DEPTH) -> str:
        """What a function of the project, outside of layers, makes its answer with (``jsonify``); ``""`` when none."""
        if target is None or target.kind != "function" or depth == 0:
            return ""
        place = Place(target.path, target.index)
        key = (place, depth)
        if key not in self._answers:
            self._answers[key] = ""
            if self._picture.role(place) == "utility" and place not in self._picture.handlers():
                self._answers[key] = self._made(place, speaks, depth)
        return self._answers[key]

    def _made(self, place: Place, speaks: Callable[[str], object], depth: int) -> str:
        project = self._picture.project
        for statement in statements(project.body(place)):
            if not isinstance(statement, Return) or statement.value is None:
                continue
            for call in calls(statement.value):
                found = project.resolve_expression(place, call.func)
                if found is not None and not found.ours and speaks(found.dotted) and _ANSWER.search(found.dotted):
                    return chain(call.func)
                made = self.answers(found, speaks, depth - 1)
                if made:
                    return made
        return ""


def returned_calls(picture: Picture, place: Place) -> Iterator[Call]:
    """The calls in what a function returns."""
    for statement in statements(picture.project.body(place)):
        if isinstance(statement, Return) and statement.value is not None:
            yield from calls(statement.value)
