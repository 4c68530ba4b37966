"""Which shape an application has: layered, or hexagonal (domain ◂ application ◂ adapters), with the evidence for it.

Names propose rings, behaviour decides: a "domain" full of handlers or queries is a folder of features, not a domain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from analyzer.facts.outline import Import
from analyzer.graph.classes import is_abstract
from analyzer.graph.imports import Imports
from analyzer.graph.names import segments
from analyzer.graph.role import Evidence
from analyzer.graph.roles import Roles
from analyzer.model import Confidence, Tier
from analyzer.project import Project

_CORE = {"domain"}
_APPLICATION = {
    "application", "use_cases", "usecases", "usecase", "use_case", "interactors", "service_layer", "app_services",
}  # fmt: skip
_OUTSIDE = {
    "adapters", "adapter", "infrastructure", "infra", "presentation", "entrypoints", "entrypoint", "interface_adapters",
    "delivery", "web_api", "webapi", "rest_api", "http_api",
}  # fmt: skip
_INBOUND = {
    "inbound", "input", "in", "incoming", "driving", "primary", "api", "rest", "http", "web", "controllers", "routes",
    "routers", "handlers", "graphql", "grpc", "presentation", "entrypoints", "entrypoint", "delivery", "endpoints",
    "web_api", "webapi", "rest_api", "http_api",
}  # fmt: skip
_OUTBOUND = {
    "outbound", "output", "out", "outgoing", "driven", "secondary", "persistence", "db", "database", "repositories",
    "repository", "sqlalchemy", "orm", "storage", "clients", "gateways", "messaging", "security", "cache", "email",
}  # fmt: skip
_PORTS = {"ports", "port"}
_WEIGHTY = 3
"""Points that make a shape certain enough to speak of; five make it sure. Each kind of evidence below is worth one or
two, so that names alone (one point) never suffice. Provisional: to be calibrated on more applications."""
_SURE = 5

RINGS = ("domain", "application", "inbound", "outbound")


class Shape(msgspec.Struct, frozen=True):
    """``kind`` is ``hexagonal`` or ``layered``; ``confidence`` how sure that is, ``evidence`` why."""

    kind: str
    confidence: Confidence
    evidence: tuple[Evidence, ...] = ()


def containers(paths: Iterable[str]) -> frozenset[str]:
    """Folders named like a ring that hold whole applications: ``domain/orders/infrastructure`` makes ``domain`` one."""
    found = set()
    for path in paths:
        words = segments(path)
        for index, word in enumerate(words):
            inner = words[index + 1 :]
            if (word in _CORE and any(part in _OUTSIDE or part == "application" for part in inner)) or (
                word in _APPLICATION and any(part in _OUTSIDE or part in _CORE for part in inner)
            ):
                found.add("/".join(words[: index + 1]))
    return frozenset(found)


def ring_by_name(path: str, holding: Collection[str] = ()) -> str:
    """The ring a module's folders propose, the outermost first: one of :data:`RINGS`, ``adapter`` (either) or ``""``.

    ``holding`` are the folders of :func:`containers`, which are looked through.
    """
    words = segments(path)
    for index, word in enumerate(words):
        if "/".join(words[: index + 1]) in holding:
            continue
        if word in _CORE:
            return "domain"
        if word in _APPLICATION or word in _PORTS:
            return "application"
        if word in _OUTSIDE:
            inner = words[index:]
            if any(part in _PORTS for part in inner):
                return "application"
            for part in inner[1:]:
                if part in _INBOUND:
                    return "inbound"
                if part in _OUTBOUND:
                    return "outbound"
            return "inbound" if word in _INBOUND else "adapter"
    return ""


def inbound_folder(path: str, holding: Collection[str] = ()) -> str:
    """The folder that proposes an inbound adapter below one that may be either; ``""`` where no other says so."""
    words = segments(path)
    for index, word in enumerate(words):
        if word in _OUTSIDE and "/".join(words[: index + 1]) not in holding:
            inner = [at for at in range(index + 1, len(words)) if words[at] in _INBOUND]
            return "/".join(words[: inner[0] + 1]) if word not in _INBOUND and inner else ""
    return ""


class Shapes:
    """Rings of modules and shapes of applications."""

    def __init__(self, project: Project, roles: Roles, imports: Imports, groups: dict[str, tuple[str, ...]]) -> None:
        self._project = project
        self._roles = roles
        self._imports = imports
        self._groups = groups
        self._shapes: dict[str, Shape] = {}
        self._rings: dict[str, str] = {}
        self._packages: dict[str, bool] = {}
        self._holding = containers(project.paths())

    def of(self, path: str) -> Shape:
        """The shape of the application a module belongs to."""
        group = self._groups[path]
        if group[0] not in self._shapes:
            self._shapes[group[0]] = self._infer(group)
        return self._shapes[group[0]]

    def ring(self, path: str) -> str:
        """The ring a module lies in, ``""`` when none; an adapter that answers requests is inbound."""
        if path not in self._rings:
            found = ring_by_name(path, self._holding)
            if found == "adapter":
                found = "inbound" if self._answers(path) else "outbound"
            elif found == "inbound" and not self._inbound(path):
                found = "outbound"
            self._rings[path] = found
        return self._rings[path]

    def _answers(self, path: str) -> bool:
        return self._roles.own_role(path).name in {"controller", "entrypoint"}

    def _inbound(self, path: str) -> bool:
        """Whether somebody is answered in the package that is called like an inbound adapter below one of outer things:
        ``infrastructure/mediator/handlers`` may hold interfaces only."""
        folder = inbound_folder(path, self._holding)
        if folder not in self._packages:
            within = [one for one in self._project.paths() if one.lower().startswith(f"{folder}/") or one == path]
            self._packages[folder] = not folder or any(
                self._answers(one) or any(map(_serving, self._project.outline(one).imports)) for one in within
            )
        return self._packages[folder]

    def _infer(self, group: tuple[str, ...]) -> Shape:
        rings: dict[str, list[str]] = {}
        for path in group:
            ring = self.ring(path)
            if ring and self._roles.tier(path) is Tier.MAIN:
                rings.setdefault(ring, []).append(path)
        inner = rings.get("domain", []) + rings.get("application", [])
        outer = rings.get("inbound", []) + rings.get("outbound", [])
        layered = Shape("layered", Confidence.MEDIUM)
        if "domain" not in rings or not outer:
            return layered
        answering = [place.path for place in self._roles.handlers]
        inside = [path for path in answering if path in inner]
        outside = [path for path in answering if path in rings.get("inbound", ())]
        if len(inside) > len(outside):
            return layered
        points = 1
        evidence = [_seen("domain, application and adapters have folders of their own", rings["domain"][0])]
        stored = [path for path in rings["domain"] if _stores(self._project, path)]
        if len(stored) * 4 > len(rings["domain"]):
            return layered
        if outside:
            points += 2
            evidence.append(_seen("requests are answered in inbound adapters", outside[0]))
        kept = [path for path in rings.get("outbound", ()) if _stores(self._project, path)]
        if kept:
            points += 1
            evidence.append(_seen("the database is spoken to in outbound adapters", kept[0]))
        port = self._port(inner, outer)
        if port:
            points += 2
            evidence.append(_seen("an adapter implements a port of the inner rings", port))
        inward, outward = self._directions(inner, outer)
        if inward > 2 * outward:
            points += 1
            evidence.append(_seen(f"{inward} imports point inwards, {outward} outwards", outer[0]))
        if points < _WEIGHTY:
            return layered
        sure = Confidence.HIGH if points >= _SURE else Confidence.MEDIUM
        return Shape("hexagonal", sure, tuple(evidence))

    def _port(self, inner: Sequence[str], outer: Sequence[str]) -> str:
        within = set(inner)
        for path in outer:
            for index, item in enumerate(self._project.outline(path).classes):
                if item.bases:
                    for base in self._project.classes.order(path, index)[1:]:
                        if (
                            base.kind == "class"
                            and base.path in within
                            and is_abstract(self._roles, base.path, base.index)
                        ):
                            return path
        return ""

    def _directions(self, inner: Sequence[str], outer: Sequence[str]) -> tuple[int, int]:
        within, without = set(inner), set(outer)
        inward = sum(1 for path in outer for edge in self._imports.of(path) if edge.target in within)
        outward = sum(1 for path in inner for edge in self._imports.of(path) if edge.target in without)
        return inward, outward


_MAPPERS = {
    "sqlalchemy", "sqlmodel", "peewee", "tortoise", "mongoengine", "beanie", "pymongo", "motor", "asyncpg", "psycopg2",
    "psycopg", "sqlite3", "aiosqlite", "pymysql", "databases", "redis",
}  # fmt: skip


def _stores(project: Project, path: str) -> bool:
    return any(_mapper(item) for item in project.outline(path).imports)


def _mapper(item: Import) -> bool:
    if item.level or item.guard == "type":
        return False
    return item.module.split(".")[0] in _MAPPERS or item.module.startswith("django.db")


_SERVERS = {
    "fastapi", "flask", "django", "starlette", "aiohttp", "litestar", "sanic", "tornado", "rest_framework", "quart",
    "falcon", "bottle", "ninja", "connexion", "flask_restful", "flask_restx", "flask_smorest", "grpc", "strawberry",
    "graphene", "ariadne", "aiogram", "telegram", "faststream", "click", "typer", "celery", "robyn", "blacksheep",
}  # fmt: skip
"""Libraries by which somebody outside asks for something."""


def _serving(item: Import) -> bool:
    return not item.level and item.guard != "type" and item.module.split(".")[0] in _SERVERS


def _seen(text: str, path: str) -> Evidence:
    return Evidence(text, path, 1)
