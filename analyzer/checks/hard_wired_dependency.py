"""BA508: a controller or service that makes its collaborators itself, so that nobody can hand it others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from analyzer.checks._units import Unit, units
from analyzer.checks._wires import Wire
from analyzer.graph.picture import Picture
from analyzer.model import Finding, Location, Related, Rule, Severity, Span, Tier

_SHARE = 1 / 3
"""Handing over is a habit when a third of those who have collaborators are handed them, as BA502 counts layers."""
_DEMO = 2
"""Modules of an application that is a demonstration: it has nothing to put together."""
_MOST = 40
_GROUPS = (("service", "repository", "client"), ("session",), ("passing",))
"""What is handed over together: who hands over services may still open sessions on the spot, and so on."""


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a class, handler or shared object; one an application that hands no collaborator to anybody."""
    for modules in sorted({picture.application(handler.path) for handler in picture.handlers()}):
        everyone = units(picture, modules)
        for group in _GROUPS:
            bound = [one for one in (_within(unit, group) for unit in everyone) if one.wires]
            if not bound:
                continue
            tied = {(one.path, one.owner, one.place) for one in bound}
            free = [one for one in everyone if (one.path, one.owner, one.place) not in tied]
            given = [one for one in free if one.given & set(group)]
            others = [one for one in free if one.asks and group is _GROUPS[0] and one not in given]
            if len(given) >= _SHARE * (len(given) + len(others) + len(bound)):
                for unit, wires in _decisions(bound):
                    yield _finding(picture, rule, unit, wires, given)
            elif group is _GROUPS[0] and len(bound) > len(given):
                yield from _whole(picture, rule, modules, bound, given)


def _within(unit: Unit, group: Sequence[str]) -> Unit:
    kept = tuple(wire for wire in unit.wires if ("passing" if wire.passing else wire.kind) in group)
    return msgspec.structs.replace(unit, wires=kept)


def _decisions(bound: Sequence[Unit]) -> Iterator[tuple[Unit, list[Wire]]]:
    """What one change mends: all that a class or function makes; all uses of one object that a module has made."""
    shared: dict[Location, tuple[Unit, list[Wire]]] = {}
    for unit in bound:
        made = [wire for wire in unit.wires if wire.home is None]
        if made:
            yield unit, made
        for wire in unit.wires:
            if wire.home is not None:
                shared.setdefault(wire.home, (unit, []))[1].append(wire)
    yield from shared.values()


def _finding(picture: Picture, rule: Rule, unit: Unit, wires: Sequence[Wire], given: Sequence[Unit]) -> Finding:
    first = wires[0]
    names = list(dict.fromkeys(f"`{wire.name}`" for wire in wires))
    example = _name(
        picture, min(given, key=lambda one: (one.role != unit.role, -_shared(one.path, unit.path), one.path))
    )
    others = f"`{example}` is" if len(given) == 1 else f"{len(given)} others such as `{example}` are"
    name = _name(picture, unit)
    place, rest = _at(first), wires[1:]
    if first.home is not None:
        made = picture.project.module_name(first.home.path)
        if first.home.path == unit.path:
            place, rest = first.home, wires
        does = f"works with `{first.shared}`, the {names[0]} that `{made}` makes when it is loaded"
    else:
        does = f"makes the {_listed(names)} it works with"
    note = first.shared or all(wire.passing or (wire.kind == "client" and not wire.ours) for wire in wires)
    return Finding(
        rule=rule.code,
        location=place,
        message=(
            f"{_who(picture, unit, wires)} {does}, so that nothing else can take its place, in a test say; {others} "
            f"handed what {'it needs' if len(given) == 1 else 'they need'}."
        ),
        fix=_fix(picture, unit, name, names, first),
        severity=Severity.NOTE if note else rule.severity,
        confidence=rule.confidence,
        related=tuple(Related(_at(wire), _does(picture, wire)) for wire in rest[:_MOST]),
    )


def _whole(
    picture: Picture, rule: Rule, modules: Sequence[str], bound: Sequence[Unit], given: Sequence[Unit]
) -> Iterator[Finding]:
    """Hardly anybody is handed anything: one decision, one finding."""
    bound = [unit for unit in bound if any(wire.ours for wire in unit.wires)]
    wires = [wire for unit in bound for wire in unit.wires]
    main = [path for path in modules if picture.tier(path) is Tier.MAIN]
    if len(wires) < 2 or len(main) <= _DEMO:
        return
    kinds = ("handler", "service")
    counts = [sum((unit.role == "controller") is (kind == "handler") for unit in bound) for kind in kinds]
    told = [f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in zip(kinds, counts, strict=True) if number]
    yield Finding(
        rule=rule.code,
        location=_at(wires[0]),
        message=(
            f"{' and '.join(told)} of this application are tied to the services, repositories and clients they work "
            f"with (made on the spot, or once when a module is loaded), starting with `{wires[0].name}` in "
            f"`{_name(picture, bound[0])}`, and {len(given) or 'none'} {'is' if len(given) < 2 else 'are'} handed any: "
            "no test can put another in their place."
        ),
        fix=(
            "Make them where the application is put together (a provider, a factory, a container) and hand them over "
            "as parameters; begin with those that speak to other systems."
        ),
        severity=Severity.NOTE,
        confidence=rule.confidence,
        related=tuple(Related(_at(wire), _does(picture, wire)) for wire in wires[1 : _MOST + 1]),
    )


def _who(picture: Picture, unit: Unit, wires: Sequence[Wire]) -> str:
    name = f"`{_name(picture, unit)}`"
    routes = picture.handlers().get(unit.place, ()) if unit.owner < 0 else ()
    users = {wire.place for wire in wires}
    if routes and len(users) == 1:
        return f"{name} ({routes[0].label})"
    return f"{name}, a {'controller' if unit.role == 'controller' else 'service'},"


def _fix(picture: Picture, unit: Unit, name: str, names: Sequence[str], first: Wire) -> str:
    routes = picture.handlers().get(first.place, ())
    what = _listed(names)
    if unit.owner >= 0 and not (routes and routes[0].framework in {"FastAPI", "Litestar", "Django"}):
        return f"Take {what} as a parameter of `{name}.__init__` and make it where `{name}` is made."
    if routes and routes[0].framework == "FastAPI":
        return f"Make {what} in a provider and let `{name}` take it with `Depends`."
    if routes and routes[0].framework == "Litestar":
        return f"Make {what} in a provider and name that in `dependencies` of the route."
    return f"Take {what} as a parameter of `{name}` and make it where the application is put together."


def _does(picture: Picture, wire: Wire) -> str:
    name = picture.project.outline(wire.place.path).functions[wire.place.index].qualname
    return f"`{name}` uses `{wire.shared}`" if wire.shared else f"`{name}` makes `{wire.name}`"


def _shared(one: str, other: str) -> int:
    """How many folders two files share from the top."""
    pairs = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    return next((number for number, (left, right) in enumerate(pairs) if left != right), 99)


def _name(picture: Picture, unit: Unit) -> str:
    outline = picture.project.outline(unit.path)
    return outline.classes[unit.owner].qualname if unit.owner >= 0 else outline.functions[unit.place.index].qualname


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:3]) + ([f"{len(names) - 3} more"] if len(names) > 3 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _at(wire: Wire) -> Location:
    return Location(wire.place.path, Span(wire.line, wire.column, wire.end_line, wire.end_column))
