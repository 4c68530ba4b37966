"""What real backends look like, as thresholds: measures of handlers, controllers and repositories by role, weighted by
lines of code.

After Alves, Ypma and Visser, *Deriving metric thresholds from benchmark data* (ICSM 2010), a role at a time as Aniche
et al. propose (*SATT: Tailoring code metric thresholds for different software architectures*, SCAM 2016).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from analyzer.config import Config
from analyzer.graph.business import business
from analyzer.graph.controllers import controllers
from analyzer.graph.dealings import application_handlers
from analyzer.graph.picture import Picture
from analyzer.graph.repositories import repositories
from analyzer.knowledge.schema import Calibration, Measured, System
from analyzer.pipeline import picture_of
from analyzer.project import Place
from benchmarks.backends import BACKENDS, Backend, fetch, unpack

CALIBRATED = (
    *BACKENDS,
    Backend("apache-airflow-core", "3.3.2"),
    Backend("argilla-server", "2.8.0"),
    Backend("ckan", "2.12.0"),
    Backend("indico", "3.2.9"),
    Backend("jupyter-server", "2.21.1"),
    Backend("label-studio", "1.23.2"),
    Backend("langflow-base", "1.13.0"),
    Backend("lemur", "1.9.3"),
    Backend("lnbits", "1.6.2"),
    Backend("prefect", "3.9.1"),
    Backend("pretix", "2026.8.0"),
    Backend("r2r", "3.6.6"),
    Backend("rucio", "41.5.1"),
    Backend("skyvern", "1.0.56"),
    Backend("zenml", "0.98.0"),
)
QUANTILES = (70, 80, 90, 95)
"""Shares of the code, in percent: the three of Alves et al., and one for what is beyond doubt."""
LEAST = 10
"""Functions of a role that a backend must have to say something about it: of fewer, each is more than a tenth."""


class Unit(msgspec.Struct, frozen=True):
    """One measured thing (a handler, a controller, a method, a repository): its value and its lines of code."""

    value: float
    lines: int


Measures = dict[str, list[Unit]]
"""The units of one backend by the name of the measure; a measure is missing where the backend has no say in it."""


def calibrate(date: str, workspace: Path, wheels: Path, jobs: int, say: Callable[[str, str], None]) -> Calibration:
    """Measure every backend and derive the thresholds; ``say`` hears whose turn it is and what is under way.

    Raises ``BenchmarkError``.
    """
    systems, found = [], []
    for backend in CALIBRATED:
        say(backend.name, "fetching")
        sources = unpack(fetch(backend, wheels), workspace / f"{backend.name}-{backend.version}" / "sources")
        say(backend.name, f"measuring {sources.lines:,} lines")
        with picture_of([sources.tree], Config(jobs=jobs, cache_dir=str(workspace / "cache"))) as (_, picture):
            methods = sum(len(repository.methods) for repository in repositories(picture))
            systems.append(System(backend.name, backend.version, sources.lines, len(_handlers(picture)), methods))
            found.append(measures(picture))
    return Calibration(date=date, backends=tuple(systems), measured=derive(found))


def measures(picture: Picture) -> Measures:
    """Every unit of one backend."""
    found: Measures = {}
    handlers = _handlers(picture)
    if len(handlers) >= LEAST:
        working = [
            Unit(score, _lines(picture, handler))
            for handler in handlers
            if (score := business(picture, handler).score) > 0
        ]
        if len(working) >= LEAST:
            found["handler-evidence"] = working
        for item in controllers(picture):
            lines = sum(_lines(picture, handler) for handler in item.handlers)
            found.setdefault("controller-routes", []).append(Unit(len(item.handlers), lines))
            found.setdefault("controller-collaborators", []).append(Unit(len(item.collaborators), lines))
    kept = list(repositories(picture))
    if sum(len(repository.methods) for repository in kept) >= LEAST:
        for repository in kept:
            sizes = [_lines(picture, method.place) for method in repository.methods]
            found.setdefault("repository-entities", []).append(Unit(len(repository.entities), sum(sizes)))
            for method, lines in zip(repository.methods, sizes, strict=True):
                found.setdefault("method-operations", []).append(Unit(method.most, lines))
                found.setdefault("method-branches", []).append(Unit(method.branches, lines))
    return found


def _handlers(picture: Picture) -> list[Place]:
    return [handler for group in application_handlers(picture) for handler in group]


def _lines(picture: Picture, place: Place) -> int:
    function = picture.project.outline(place.path).functions[place.index]
    return function.end_line - function.line + 1


def derive(backends: Sequence[Measures]) -> tuple[Measured, ...]:
    """The thresholds of every measure, by name."""
    names = sorted({name for measures in backends for name in measures})
    found = []
    for name in names:
        systems = [measures[name] for measures in backends if name in measures]
        thresholds = quantiles(systems)
        units = sum(len(units) for units in systems)
        found.append(Measured(name, len(systems), units, {str(share): thresholds[share] for share in QUANTILES}))
    return tuple(found)


def quantiles(systems: Sequence[Sequence[Unit]]) -> Mapping[int, float]:
    """For each of :data:`QUANTILES` the smallest value that this share of the code does not exceed.

    A unit weighs its lines; every system weighs the same, however large it is.
    """
    weight: dict[float, float] = {}
    for units in systems:
        lines = sum(unit.lines for unit in units)
        for unit in units:
            weight[unit.value] = weight.get(unit.value, 0.0) + unit.lines / lines / len(systems)
    found: dict[int, float] = {}
    reached = 0.0
    for value in sorted(weight):
        reached += weight[value]
        for share in QUANTILES:
            if share not in found and reached >= share / 100 - 1e-9:
                found[share] = value
    return found
