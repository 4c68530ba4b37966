"""BA505: one module, or one class, that holds what belongs to several layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from analyzer.frameworks import persistence
from analyzer.graph.members import LAYERED, Member, members
from analyzer.graph.names import class_hint, module_hint, word_hint
from analyzer.graph.picture import Picture
from analyzer.graph.role import LAYERS
from analyzer.model import Finding, Location, Related, Rule, Severity, Span
from analyzer.project import Target

_DEMO_MODULES, _DEMO_LINES = 2, 300
"""An application of so few modules, in a file of fewer lines, shows something: nobody gets lost in it."""
_CROWD = 3
"""So many mixed modules, more than there are others, are how this application is cut: one decision."""
_MOST = 30
_NAMES = 3
_PLURAL = {"controller": "handlers", "service": "services", "repository": "repositories", "model": "models"}
_FILE = {"service": "services.py", "repository": "repositories.py", "model": "models.py", "controller": "routes.py"}


class Mixture(msgspec.Struct, frozen=True):
    """A module with its members by layer, and the layer that it is about."""

    path: str
    held: Mapping[str, list[Member]]
    home: str

    @property
    def others(self) -> list[str]:
        """The layers that belong elsewhere, the highest first."""
        return [role for role in self.held if role != self.home]


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a module or class; one an application that is cut that way."""
    for modules in sorted({picture.application(handler.path) for handler in picture.handlers()}):
        main = [path for path in modules if picture.is_main(path)]
        everything = {path: members(picture, path) for path in main}
        mixed = [_mixture(path, held) for path, held in everything.items() if len(held) > 1]
        answering = [one for one in mixed if one.home == "controller"]
        pure = sum(list(held) == ["controller"] for held in everything.values())
        if len(answering) >= _CROWD and len(answering) > pure:
            yield _whole(picture, rule, answering)
        else:
            for one in answering:
                yield _module(picture, rule, one, everything, len(main) <= _DEMO_MODULES)
        for one in mixed:
            if one.home != "controller" and _kept_apart(one, mixed, everything):
                yield _module(picture, rule, one, everything, False)
        for path in main:
            yield from _of_classes(picture, rule, path)


def _mixture(path: str, held: Mapping[str, list[Member]]) -> Mixture:
    """What a module is about: its handlers if it has any, else what its place says, else what it holds most of."""
    hint = module_hint(path)[0]
    stem = word_hint(path.rpartition("/")[2].removesuffix(".py"))
    home = "controller" if "controller" in held else next((name for name in (stem, hint) if name in held), "")
    return Mixture(path, held, home or max(held, key=lambda role: (len(held[role]), LAYERS[role])))


def _kept_apart(one: Mixture, mixed: Sequence[Mixture], everything: Mapping[str, Mapping[str, list[Member]]]) -> bool:
    """Whether this application otherwise keeps these layers in modules of their own, both of them."""
    alike = sum(set(one.held) <= set(other.held) for other in mixed)
    return all(sum(list(held) == [role] for held in everything.values()) > alike for role in one.held)


def _module(
    picture: Picture, rule: Rule, one: Mixture, everything: Mapping[str, Mapping[str, list[Member]]], demo: bool
) -> Finding:
    small = demo and picture.project.outline(one.path).lines < _DEMO_LINES
    first = min((one.held[role][0] for role in one.others), key=lambda member: member.at)
    name = picture.project.module_name(one.path)
    moves = [f"{_names(one.held[role])} to {_destination(picture, one.path, role, everything)}" for role in one.others]
    return Finding(
        rule=rule.code,
        location=first.at,
        message=f"`{name}` holds {_listed([_told(one, role) for role in one.held])} in one module.",
        fix=f"Move {_listed(moves)}, and leave the {_PLURAL[one.home]} here.",
        severity=Severity.NOTE if small or one.home != "controller" else rule.severity,
        confidence=rule.confidence,
        related=tuple(_related(one, skip=first)[:_MOST]),
    )


def _whole(picture: Picture, rule: Rule, mixed: Sequence[Mixture]) -> Finding:
    first = mixed[0]
    roles = [role for role in LAYERED if any(role in one.others for one in mixed)]
    return Finding(
        rule=rule.code,
        location=first.held[first.others[0]][0].at,
        message=(
            f"{len(mixed)} modules of this application hold handlers and {_listed([_PLURAL[role] for role in roles])} "
            f"together, starting with `{picture.project.module_name(first.path)}`; fewer hold handlers alone."
        ),
        fix="Give each resource a package with a module a layer, and begin with the one that changes most.",
        severity=rule.severity,
        confidence=rule.confidence,
        related=tuple(
            Related(one.held[one.others[0]][0].at, f"`{picture.project.module_name(one.path)}`: {_told(one, role)}")
            for one in mixed[1 : _MOST + 1]
            for role in one.others[:1]
        ),
    )


def _of_classes(picture: Picture, rule: Rule, path: str) -> Iterator[Finding]:
    """Classes that answer requests and are a service, a repository or a persisted class by inheritance."""
    project = picture.project
    owners = sorted({project.owner_index(place) for place in picture.handlers() if place.path == path} - {-1})
    for index in owners:
        item = project.outline(path).classes[index]
        found: dict[str, str] = {}
        if persistence.is_model(project, path, index):
            found["model"] = "is a persisted class"
        for base in project.classes.order(path, index)[1:]:
            name = base.dotted.rpartition(".")[2]
            role = picture.class_role(base.path, base.index).name if base.kind == "class" else ""
            if role in {"service", "repository"} and class_hint(name) == role and not _hands_out(picture, base, role):
                found.setdefault(role, f"extends `{name}`, a {role}")
        if not found:
            continue
        why = _listed(list(found.values()))
        yield Finding(
            rule=rule.code,
            location=Location(path, Span(item.line, item.column, item.line, item.end_column)),
            message=f"`{item.qualname}` answers requests ({picture.class_role(path, index).why}) and {why}.",
            fix=f"Let `{item.qualname}` be given the {_listed(list(found))} and call it, instead of being one.",
            severity=rule.severity,
            confidence=rule.confidence,
        )


def _hands_out(picture: Picture, base: Target, role: str) -> bool:
    """Whether a mixin only gives views a service or repository, named after what it hands out: nothing of it works on
    stored data, and what it calls is no layer below."""
    name = base.dotted.rpartition(".")[2]
    if not name.endswith(("Mixin", "MixIn")) or picture.project.classes.externals(base.path, base.index):
        return False
    places = [at for _, at in picture.project.classes.methods(base.path, base.index)]
    below = LAYERS[role]
    return not any(
        picture.accesses_of(place)
        or any(
            site.target.kind == "function" and 0 < picture.target_role(site.target).height < below
            for site in picture.calls_of(place)
        )
        for place in places
    )


def _told(one: Mixture, role: str) -> str:
    """``the repository `OrderRepository` (line 9)``, ``12 handlers (`place` at line 30 …)``."""
    held = one.held[role]
    first = held[0]
    if len(held) == 1:
        kind = "handler" if role == "controller" else role
        return f"the {kind} `{first.name}` (line {first.at.span.line})"
    shown = ", ".join(f"`{member.name}` at line {member.at.span.line}" for member in held[:_NAMES])
    return f"{len(held)} {_PLURAL[role]} ({shown}{' …' if len(held) > _NAMES else ''})"


def _names(held: Sequence[Member]) -> str:
    shown = [f"`{member.name}`" for member in held[:_NAMES]]
    return _listed([*shown, f"{len(held) - _NAMES} more"] if len(held) > _NAMES else shown)


def _destination(picture: Picture, path: str, role: str, everything: Mapping[str, Mapping[str, list[Member]]]) -> str:
    """The only module beside that holds nothing but this layer, the neighbours it could have, or one to be made."""
    pure = [one for one, held in everything.items() if list(held) == [role]]
    beside = [one for one in pure if one.rpartition("/")[0] == path.rpartition("/")[0]]
    if len(beside) == 1 and word_hint(beside[0].rpartition("/")[2].removesuffix(".py")) == role:
        return f"`{picture.project.module_name(beside[0])}`"
    if pure:
        nearest = max(pure, key=lambda one: (_shared(one, path), -pure.index(one)))
        return f"a module beside `{picture.project.module_name(nearest)}`"
    folder = path.rpartition("/")[0]
    return f"a module of its own such as `{folder + '/' if folder else ''}{_FILE[role]}`"


def _shared(one: str, other: str) -> int:
    """How many folders two files share from the top."""
    left, right = one.split("/")[:-1], other.split("/")[:-1]
    return next((at for at, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), len(left))


def _related(one: Mixture, skip: Member) -> list[Related]:
    order = [*one.others, one.home]
    return [
        Related(member.at, f"`{member.name}`, a {role}: {member.why}")
        for role in order
        for member in one.held[role]
        if member is not skip
    ]


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
