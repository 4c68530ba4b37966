"""Contracts of import-linter and tach turned into ours: files are read as data, nothing in them is run.

The formats are those of their own documentation (import-linter 2.17: "Configure" and "Contract types"; tach 0.35:
"Configuration", "Layers").
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from analyzer.config.files import LARGEST_FILE, PYPROJECT
from analyzer.config.foreign_tach import tach_contracts
from analyzer.config.text import nearest, shown, shown_path
from analyzer.model.contract import Contract, Exempt, Layer, Named
from analyzer.model.errors import UserError

NAMES = (".importlinter", "setup.cfg", PYPROJECT, "tach.toml")
_SECTION = "importlinter"
_START = "importlinter:contract:"
_FILES = {"tach.toml": "[[modules]]", PYPROJECT: "[tool.importlinter]"}


class Imported(msgspec.Struct, frozen=True):
    """What a file came to: contracts, and what could not be said, a sentence each."""

    contracts: tuple[Contract, ...]
    remarks: tuple[str, ...]


def read_foreign(path: Path) -> Imported:
    """The contracts of a file of another tool. Raises ``UserError`` when it is none or cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UserError(f"{shown_path(path)}: cannot read it: {reason}") from error
    if len(data) > LARGEST_FILE:
        raise UserError(f"{shown_path(path)}: larger than {LARGEST_FILE:,} bytes")
    if path.suffix == ".toml":
        return _toml(path, text)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise UserError(f"{shown_path(path)}: not valid INI: {shown(str(error).splitlines()[0])}") from error
    if not parser.has_section(_SECTION):
        raise UserError(f"{shown_path(path)}: it has no [{_SECTION}] section")
    shared = dict(parser[_SECTION])
    found = {name.removeprefix(_START): dict(parser[name]) for name in parser.sections() if name.startswith(_START)}
    return _import_linter(shared, found)


def _toml(path: Path, text: str) -> Imported:
    try:
        table: Mapping[str, object] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{shown_path(path)}: not valid TOML: {shown(str(error))}") from error
    tool = table.get("tool")
    section = tool.get(_SECTION) if isinstance(tool, Mapping) else None
    if isinstance(section, Mapping):
        listed = section.get("contracts")
        contracts = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
        found: dict[str, Mapping[str, object]] = {}
        for item in contracts:
            name = str(item.get("id") or item.get("name") or "contract")
            found[name if name not in found else f"{name}-{len(found) + 1}"] = item
        return _import_linter(section, found)
    if "modules" in table or "layers" in table:
        contracts_found, remarks = tach_contracts(table)
        return Imported(contracts_found, remarks)
    wanted = _FILES.get(path.name, "[tool.importlinter] and no [[modules]]")
    raise UserError(f"{shown_path(path)}: it has no {wanted}")


def _import_linter(shared: Mapping[str, object], found: Mapping[str, Mapping[str, object]]) -> Imported:
    remarks: list[str] = []
    contracts: list[Contract] = []
    type_checking = not _true(shared.get("exclude_type_checking_imports"))
    names: set[str] = set()
    for given, options in found.items():
        name = _slug(given, names)
        kind = str(options.get("type", ""))
        if kind not in _READERS:
            known = nearest(kind, _READERS)
            remarks.append(f'{shown(given)}: contracts of type "{shown(kind)}" are not known and are left out{known}')
            continue
        fields = _READERS[kind](options)
        if options.get("unmatched_ignore_imports_alerting") in ("warn", "none"):
            fields["unmatched"] = "none"
        exempt = tuple(_exempt(item) for item in _listed(options.get("ignore_imports")) if "->" in item)
        contracts.append(
            Contract(
                name=name,
                title=_title(options.get("name"), name),
                advice=" ".join(str(options.get("broken_contract_guidance", "")).split()),
                type_checking=type_checking,
                tests=True,
                exempt=exempt,
                **fields,  # type: ignore[arg-type]
            )
        )
    return Imported(tuple(contracts), tuple(remarks))


def _slug(name: str, taken: set[str]) -> str:
    """A name that can stand in a table's header, each once."""
    slug = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-").lower() or "contract"
    unique, number = slug, 2
    while unique in taken:
        unique, number = f"{slug}-{number}", number + 1
    taken.add(unique)
    return unique


def _title(title: object, name: str) -> str:
    text = " ".join(str(title or "").split())
    return "" if re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-").lower() == name else text


def _true(value: object) -> bool:
    return value is True or str(value).strip().lower() in {"true", "1", "yes", "on"}


def _listed(value: object) -> list[str]:
    """A TOML list, or an INI value with an element a line."""
    if isinstance(value, list):
        return [str(item).strip() for item in value]
    lines = (line.strip() for line in str(value or "").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _named(value: object) -> tuple[Named, ...]:
    return tuple(Named(item) for item in _listed(value))


def _exempt(text: str) -> Exempt:
    importer, _, imported = text.partition("->")
    return Exempt(Named(importer.strip()), Named(imported.strip()))


def _layer(text: str) -> Layer:
    """``high``, ``(optional)``, ``a | b`` (independent), ``a : b`` (not)."""
    parts = [part.strip() for part in re.split(r"[|:]", text)]
    optional = any(part.startswith("(") for part in parts)
    names = tuple(Named(part.strip("() ")) for part in parts if part.strip("() "))
    return Layer(names=names, independent=":" not in text, optional=optional)


Fields = dict[str, object]


def _layers(options: Mapping[str, object]) -> Fields:
    return {
        "kind": "layers",
        "layers": tuple(_layer(text) for text in _listed(options.get("layers"))),
        "containers": _named(options.get("containers")),
        "exhaustive": _true(options.get("exhaustive")),
        "exhaustive_ignores": tuple(sorted(_listed(options.get("exhaustive_ignores")))),
    }


def _forbidden(options: Mapping[str, object]) -> Fields:
    return {
        "kind": "forbidden",
        "sources": _named(options.get("source_modules")),
        "targets": _named(options.get("forbidden_modules")),
        "direct_only": _true(options.get("allow_indirect_imports")),
        "as_packages": _true(options.get("as_packages", True)),
    }


def _independence(options: Mapping[str, object]) -> Fields:
    return {"kind": "independence", "modules": _named(options.get("modules"))}


def _protected(options: Mapping[str, object]) -> Fields:
    return {
        "kind": "protected",
        "modules": _named(options.get("protected_modules")),
        "importers": _named(options.get("allowed_importers")),
        "as_packages": _true(options.get("as_packages", True)),
    }


def _private(options: Mapping[str, object]) -> Fields:
    return {"kind": "private", "packages": _named(options.get("packages_with_private_modules"))}


def _acyclic(options: Mapping[str, object]) -> Fields:
    depth = str(options.get("depth", "10")).strip()
    return {
        "kind": "acyclic-siblings",
        "ancestors": _named(options.get("ancestors")),
        "depth": int(depth) if depth.isdecimal() else 10,
        "skip": _named(options.get("skip_descendants")),
    }


_READERS = {
    "layers": _layers,
    "forbidden": _forbidden,
    "independence": _independence,
    "protected": _protected,
    "private_modules": _private,
    "acyclic_siblings": _acyclic,
}


def find_foreign(folder: Path) -> Iterable[Path]:
    """The files of a folder that may hold contracts of another tool, in the order they are tried."""
    return [folder / name for name in NAMES if (folder / name).is_file()]
