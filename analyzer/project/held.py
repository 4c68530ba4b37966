"""What an application keeps for its handlers: ``app.state.db = …``, ``g.orders = …``, ``app["pool"] = …``.

Nobody declares these attributes; what is put in at one place tells what is taken out at another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Constant, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.project.project import Project

_APP = r"(?:app|application|current_app|Flask|Quart|FastAPI|Starlette|Sanic|Litestar|Application|Bottle)(?:\(\))?"
_REQUEST = r"(?:request|req|websocket|ws|Request|WebSocket|HTTPConnection|ASGIConnection)(?:\(\))?"
_HOLDERS = (
    (re.compile(rf"(?:^|\.)(?:{_APP}|config_dict)\.(?:state|ctx)$"), "application state"),
    (re.compile(rf"(?:^|\.){_REQUEST}\.(?:state|ctx)$"), "request state"),
    (re.compile(r"^(?:(?:flask|quart)\.)?g$"), "request state"),
    (re.compile(rf"(?:^|\.){_APP}\.extensions$"), "extensions"),
    (re.compile(rf"(?:^|\.){_APP}$"), "application"),
)
"""Chains, as written or resolved, of what frameworks offer to keep things in (their reference documentation), and one
name for all that give the same things back."""
_HINT = re.compile(r"(?:app|application|request|req|websocket|ws|state|ctx|g|extensions)(?:\.\w+|\[\])$")
"""Chains of assignments worth a look; everything else cannot put something into a holder."""


HOLDERS = frozenset({"state", "ctx", "g", "extensions", "app", "application", "current_app", "config_dict"})
"""The last word of every such chain: what does not end in one is not looked up."""


class Held:
    """The things put into holders, found once a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._kept: dict[tuple[str, str], list[tuple[Place, AnyExpression]]] | None = None

    def attribute(self, place: Place, holder: str, name: str) -> Target | None:
        """What ``holder.name`` gives, for a holder's chain; ``None`` where nothing (or not one thing) was put in."""
        family = _family(holder)
        return self._found(place, family, name) if family else None

    def item(self, place: Place, holder: str, line: int) -> Target | None:
        """What ``holder["name"]`` gives on a line of a function."""
        family = _family(holder)
        if not family or not any(kind == family for kind, _ in self._all()):
            return None
        names = {
            node.index.value
            for node in walk(self._project.body(place))
            if isinstance(node, Subscript)
            and node.line == line
            and isinstance(node.index, Constant)
            and isinstance(node.index.value, str)
            and _family(chain_of(node.value)) == family
        }
        return self._found(place, family, names.pop()) if len(names) == 1 else None

    def _found(self, place: Place, family: str, name: str) -> Target | None:
        kept = self._all().get((family, name), ())
        near = max((_shared(place.path, at.path) for at, _ in kept), default=0)
        targets = {
            target
            for at, value in kept
            if _shared(place.path, at.path) == near
            and (target := self._project.resolve_expression(at, value)) is not None
        }
        return targets.pop() if len(targets) == 1 else None

    def _all(self) -> dict[tuple[str, str], list[tuple[Place, AnyExpression]]]:
        if self._kept is None:
            self._kept = {}
            for place in self._project.places():
                function = self._project.function(place)
                uses = function.uses if function else self._project.outline(place.path).uses
                if any(use.kind == "write" and _HINT.search(use.chain) for use in uses):
                    for node in walk(self._project.body(place)):
                        if isinstance(node, Assign) and node.value is not None:
                            self._keep(place, node)
        return self._kept

    def _keep(self, place: Place, node: Assign) -> None:
        assert self._kept is not None
        value = node.value.value if isinstance(node.value, Await) else node.value
        for target in node.targets:
            name = ""
            if isinstance(target, Attribute):
                name = target.attr
            elif isinstance(target, Subscript) and isinstance(target.index, Constant):
                name = target.index.value if isinstance(target.index.value, str) else ""
            family = _family(chain_of(target.value)) if isinstance(target, Attribute | Subscript) and name else ""
            if family and value is not None:
                self._kept.setdefault((family, name), []).append((place, value))


def _family(holder: str) -> str:
    return next((name for pattern, name in _HOLDERS if pattern.search(holder)), "")


def _shared(one: str, other: str) -> int:
    """How many folders two files share from the top."""
    number = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        number += 1
    return number
