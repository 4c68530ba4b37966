"""Which database the backend keeps its data in, through which driver and mapper."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import Constant, Secret
from analyzer.facts.visit import walk
from analyzer.inventory.profile import Line, Material, Seen, line
from analyzer.inventory.stack import ADDRESSES, DRIVERS, IMAGES, MAPPERS, SAME_DRIVER

_ADDRESS = re.compile(r"^(?:\w+\s*=\s*)?([a-z][a-z0-9]*(?:\+srv)?)(?:\+([a-z0-9_]+))?(?:://|$)")
_ENGINE = re.compile(r"^(?:[\w.]+\.)?backends?\.([a-z0-9_]+)$|^(djongo)$")
_TELLING = re.compile(r"(?:settings?|config|conf|database|db|session|engine|env|base|main|app|server|__init__)[^/]*$")
"""Modules whose own texts are looked at for addresses: all others would be read for nothing."""
_IMAGE = re.compile(r"^\s*image:\s*[\"']?(?:[\w.-]+/)*(\w+)", re.MULTILINE)
_ADDRESS_WEIGHT, _IMPORT_WEIGHT, _ASKED_WEIGHT, _IMAGE_WEIGHT = 3, 4, 2, 2
"""What is used tells more than what is asked for. An address in code may be one of several a setting chooses from."""
_ENGINE_WEIGHT = 5


def database(material: Material) -> Line:
    """The database most evidence speaks for; another one that code talks to as well is named after it."""
    points: dict[str, int] = {}
    seen: dict[str, list[Seen]] = {}
    drivers: dict[str, list[str]] = {}
    told: set[tuple[str, int]] = set()
    for name, driver, weight, reason in _signs(material):
        if (name, weight) not in told:
            told.add((name, weight))
            points[name] = points.get(name, 0) + weight
            seen.setdefault(name, []).append(reason)
        if driver and driver not in drivers.setdefault(name, []):
            drivers[name].append(driver)
    mapper = _mapper(material)
    if not points:
        return line("database", [f"{UNKNOWN}, through {mapper[0]}"] if mapper else [], [mapper[1]] if mapper else [])
    ranked = sorted(points, key=lambda name: (-points[name], name))
    used = {name for name, weight in told if weight >= _IMPORT_WEIGHT}
    chosen = [name for name in ranked if name == ranked[0] or name in used]
    if "SQLite" in chosen[1:]:
        chosen.remove("SQLite")  # beside a server it is the tests' or the default's
    parts, evidence = [], []
    for name in chosen:
        known = drivers.get(name, [])[:3]
        parts.append(f"{name} ({' / '.join(known)})" if known else name)
        evidence += seen[name][:2]
    if mapper:
        parts[-1] += f" through {mapper[0]}"
        evidence.append(mapper[1])
    return line("database", parts, evidence)


UNKNOWN = "undecided — ask which database"


def _signs(material: Material) -> Iterator[tuple[str, str, int, Seen]]:
    """Database, driver, weight and reason of everything that speaks for one."""
    for path, item in material.imports():
        package = item.module.partition(".")[0].lower()
        if package in DRIVERS:
            yield DRIVERS[package], _driver(package), _IMPORT_WEIGHT, Seen(f"imports {item.module}", path, item.line)
    for path in material.paths:
        if _TELLING.search(path):
            yield from _texts(material, path)
    for dependency in material.dependencies:
        if dependency.name in DRIVERS:
            reason = Seen(f"depends on {dependency.name}", dependency.path, dependency.line)
            yield DRIVERS[dependency.name], _driver(dependency.name), _ASKED_WEIGHT, reason
    for file in material.files:
        if "compose" in file.name:
            for found in _IMAGE.finditer(file.text):
                if found[1] in IMAGES:
                    number = file.text.count("\n", 0, found.start(1)) + 1
                    yield IMAGES[found[1]], "", _IMAGE_WEIGHT, Seen(f"starts {found[1]}", file.path, number)


def _driver(name: str) -> str:
    return SAME_DRIVER.get(name, name)


def _texts(material: Material, path: str) -> Iterator[tuple[str, str, int, Seen]]:
    """Addresses and Django engines among a module's texts, those with credentials included by their shape alone."""
    project = material.picture.project
    outline = project.outline(path)
    bodies = [outline.body, *(item.body for item in outline.classes), *project.bodies(path).functions]
    for node in walk([statement for body in bodies for statement in body]):
        text = node.value if isinstance(node, Constant) else node.preview if isinstance(node, Secret) else None
        if not isinstance(text, str) or len(text) > 400 or not isinstance(node, Constant | Secret):
            continue
        engine = _ENGINE.match(text)
        if engine:
            name = ADDRESSES.get(engine[1] or "") or DRIVERS.get(engine[2] or "")
            if name:
                yield name, "", _ENGINE_WEIGHT, Seen(f"engine {text}", path, node.line)
            continue
        found = _ADDRESS.match(text)
        if found and found[1] in ADDRESSES and ("://" in text or found[2]):
            driver = found[2] or ""
            reason = Seen(f"address {found[1]}{'+' + driver if driver else ''}://", path, node.line)
            yield ADDRESSES[found[1]], driver, _ADDRESS_WEIGHT, reason


def _mapper(material: Material) -> tuple[str, Seen] | None:
    counts = material.packages()
    if counts["sqlmodel"]:
        return "SQLModel", material.importing("sqlmodel")[0]
    django = material.importing("django.db.models")
    if django:
        return "Django ORM", django[0]
    for package, name in sorted(MAPPERS.items(), key=lambda pair: -counts[pair[0]]):
        if counts[package]:
            return name, material.importing(package)[0]
    extension = material.importing("flask_sqlalchemy")
    return ("SQLAlchemy", extension[0]) if extension else None
