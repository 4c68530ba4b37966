"""Prefixes composed along the tree of routers, however the tree is spread over files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression
from analyzer.frameworks.backend import Attachment, Found, Unresolved
from analyzer.frameworks.registry import Creation, Holder
from analyzer.frameworks.text import UNKNOWN as UNKNOWN
from analyzer.frameworks.text import text
from analyzer.project.project import Project

_DEPTH = 16


class Mount(msgspec.Struct, frozen=True, order=True):
    """A child router hung below a parent under a prefix; ``None`` as prefix: not constant."""

    child: Holder
    parent: Holder
    prefix: str | None
    replaces: bool = False
    """The prefix stands instead of the child's own one (Flask's ``url_prefix`` at registration)."""
    attached: tuple[Attachment, ...] = ()
    """What the registration attaches to every route of the child."""
    hidden: bool = False
    """The registration keeps the routes of the child out of the application's document."""
    statuses: tuple[int, ...] = ()
    """Status codes that the registration declares for every route of the child."""


def prefixes(own: dict[Holder, str], mounts: list[Mount], held: Holder, depth: int = 0) -> list[str]:
    """Every prefix a router's paths get, its own included; a router nobody mounts stands at its own prefix."""
    above = [mount for mount in mounts if mount.child == held and mount.parent != held]
    mine = own.get(held, "")
    if not above or depth > _DEPTH:
        return [mine]
    found: list[str] = []
    for mount in above:
        added = UNKNOWN if mount.prefix is None else mount.prefix
        below = added if mount.replaces and added else (mine if mount.replaces else added + mine)
        for start in prefixes(own, mounts, mount.parent, depth + 1):
            whole = start + below
            if whole not in found:
                found.append(whole)
    return found


def inherited(
    own: Mapping[Holder, Sequence[Attachment]], mounts: Sequence[Mount], held: Holder, depth: int = 0
) -> tuple[Attachment, ...]:
    """What runs before every route of a router: its own attachments and, of those above, what all its mounts share."""
    mine = tuple(own.get(held, ()))
    above = [mount for mount in mounts if mount.child == held and mount.parent != held]
    if not above or depth > _DEPTH:
        return mine
    ways = [{*mount.attached, *inherited(own, mounts, mount.parent, depth + 1)} for mount in above]
    return (*mine, *sorted(set.intersection(*ways)))


def doors(
    own: dict[Holder, str],
    attached: Mapping[Holder, Sequence[Attachment]],
    mounts: list[Mount],
    held: Holder,
    depth: int = 0,
) -> dict[str, tuple[Attachment, ...]]:
    """Every prefix a router's paths get, with what runs before its routes there; of two mounts under one prefix, what
    they share."""
    above = [mount for mount in mounts if mount.child == held and mount.parent != held]
    mine, before = own.get(held, ""), tuple(attached.get(held, ()))
    if not above or depth > _DEPTH:
        return {mine: before}
    found: dict[str, tuple[Attachment, ...]] = {}
    for mount in above:
        added = UNKNOWN if mount.prefix is None else mount.prefix
        for start, around in doors(own, attached, mounts, mount.parent, depth + 1).items():
            whole = start + added + mine
            ways = {*mount.attached, *around}
            found[whole] = tuple(sorted(ways & set(found[whole]) if whole in found else ways))
    return {whole: (*before, *(one for one in ways if one not in before)) for whole, ways in found.items()}


def own_prefix(project: Project, creation: Creation, given: AnyExpression | None, found: Found) -> str:
    """The prefix a router is created with; one that is not constant is said to be unresolved."""
    if given is None:
        return ""
    prefix = text(project, creation.place, given)
    if prefix is None:
        found.unresolved.append(Unresolved(creation.place.path, given.line, "the router's prefix is not constant"))
        return UNKNOWN
    return prefix
