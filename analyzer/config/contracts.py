"""``[tool.backend-audit.contracts]``: what each kind of contract accepts, every mistake told at its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from analyzer.config.positions import KeyPath
from analyzer.config.text import nearest, shown
from analyzer.config.values import Reading, flag, kind_of, number, severity, word
from analyzer.model.contract import Contract, Exempt, Layer, Named

_GLOB = re.compile(r"(?:\*\*?|[^\W\d]\w*)(?:\.(?:\*\*?|[^\W\d]\w*))*\Z")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*\Z")
DEEPEST = 100
"""Generations of packages; no tree we know of has a tenth of it."""

One = Callable[[object, KeyPath, Reading], object]


def _glob(value: object, at: KeyPath, reading: Reading) -> Named:
    """A dotted name, in which a whole part may be ``*`` (one part) or ``**`` (any number)."""
    if not isinstance(value, str) or not _GLOB.match(value.strip()):
        reading.complain(at, f"expected a dotted name, parts of which may be * or **, got {kind_of(value)}")
        return Named("")
    return Named(value.strip(), reading.where(at))


def _globs(value: object, at: KeyPath, reading: Reading) -> tuple[Named, ...]:
    """One name or a list of them."""
    if isinstance(value, str):
        return (_glob(value, at, reading),)
    if not isinstance(value, list | tuple) or not value:
        reading.complain(
            at, f"expected a list of dotted names, got {kind_of(value) if value != [] else 'an empty one'}"
        )
        return ()
    return tuple(_glob(item, (*at, index), reading) for index, item in enumerate(value))


def _text(value: object, at: KeyPath, reading: Reading) -> str:
    if not isinstance(value, str) or not value.strip():
        reading.complain(at, f"expected a text, got {kind_of(value) if value != '' else 'an empty one'}")
        return ""
    return value.strip()


def _texts(value: object, at: KeyPath, reading: Reading) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        reading.complain(at, f"expected a list of names, got {kind_of(value)}")
        return ()
    return tuple(_text(item, (*at, index), reading) for index, item in enumerate(value))


_LAYER_KEYS: dict[str, One] = {"modules": _globs, "independent": flag, "optional": flag, "closed": flag}


def _layer(value: object, at: KeyPath, reading: Reading) -> Layer:
    """A name, a list of independent siblings, or a table with ``modules`` and what is special about the layer."""
    if not isinstance(value, Mapping):
        return Layer(names=_globs(value, at, reading))
    given = _table(value, at, reading, _LAYER_KEYS, ("modules",))
    names = given.pop("modules", ())
    return Layer(names=names, **{key: item is True for key, item in given.items()})  # type: ignore[arg-type]


def _layers(value: object, at: KeyPath, reading: Reading) -> tuple[Layer, ...]:
    if not isinstance(value, list | tuple) or not value:
        reading.complain(at, "expected a list of layers, the highest first")
        return ()
    return tuple(_layer(item, (*at, index), reading) for index, item in enumerate(value))


def _exempt(value: object, at: KeyPath, reading: Reading) -> tuple[Exempt, ...]:
    if not isinstance(value, list | tuple):
        reading.complain(at, f'expected a list of "importer -> imported", got {kind_of(value)}')
        return ()
    found = []
    for index, item in enumerate(value):
        here = (*at, index)
        importer, arrow, imported = item.partition("->") if isinstance(item, str) else ("", "", "")
        if not arrow:
            reading.complain(here, f'expected "importer -> imported", got {kind_of(item)}')
            continue
        found.append(Exempt(_glob(importer, here, reading), _glob(imported, here, reading)))
    return tuple(found)


_COMMON: dict[str, One] = {
    "kind": _text,
    "title": _text,
    "advice": _text,
    "severity": severity,
    "ignore": _exempt,
    "unmatched-ignores": word({"error": "error", "none": "none"}),
    "lazy": flag,
    "type-checking": flag,
    "tests": flag,
}
_CHAINS: dict[str, One] = {"direct-only": flag, "through-re-exports": flag}
_KINDS: dict[str, tuple[dict[str, One], tuple[tuple[str, ...], ...]]] = {
    "layers": (
        {
            "layers": _layers, "containers": _globs, "closed": flag, "exhaustive": flag, "exhaustive-ignores": _texts,
            **_CHAINS,
        },
        (("layers",),),
    ),
    "independence": ({"modules": _globs, **_CHAINS}, (("modules",),)),
    "forbidden": ({"from": _globs, "to": _globs, "as-packages": flag, **_CHAINS}, (("from", "to"),)),
    "protected": (
        {"modules": _globs, "only-from": _globs, "as-packages": flag, "through-re-exports": flag},
        (("modules", "only-from"),),
    ),
    "private": ({"packages": _globs, "through-re-exports": flag}, ((),)),
    "acyclic-siblings": ({"ancestors": _globs, "depth": number(0, DEEPEST), "skip": _globs}, (("ancestors",),)),
    "external": (
        {"packages": _globs, "only-from": _globs, "modules": _globs, "allow": _globs},
        (("packages", "only-from"), ("modules", "allow")),
    ),
}  # fmt: skip
"""The keys of each kind beside the common ones, and the sets of keys of which one must be there."""

FIELDS = {
    "from": "sources", "to": "targets", "only-from": "importers", "allow": "allowed", "ignore": "exempt",
    "unmatched-ignores": "unmatched",
}  # fmt: skip
"""Keys whose field in :class:`~analyzer.model.contract.Contract` has another name."""


def contracts(value: object, at: KeyPath, reading: Reading) -> tuple[Contract, ...]:
    """The table of contracts by name, in the order written."""
    if not isinstance(value, Mapping):
        reading.complain(at, f"expected a table from a contract's name to the contract, got {kind_of(value)}")
        return ()
    found = (_contract(name, item, (*at, name), reading) for name, item in value.items())
    return tuple(item for item in found if item is not None)


def _contract(name: str, value: object, at: KeyPath, reading: Reading) -> Contract | None:
    if not _NAME.match(name):
        reading.complain(at, f'a contract\'s name is made of letters, digits, "-", "_" and ".", got "{shown(name)}"')
        return None
    if not isinstance(value, Mapping):
        reading.complain(at, f'expected the contract "{name}" to be a table, got {kind_of(value)}')
        return None
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        hint = nearest(kind, _KINDS) if isinstance(kind, str) else ""
        got = kind_of(kind) if kind is not None else "none"
        choices = ", ".join(f'"{choice}"' for choice in _KINDS)
        reading.complain((*at, "kind"), f'"{name}" needs a kind, one of {choices}; got {got}{hint}')
        return None
    keys, needed = _KINDS[kind]
    given = _table(value, at, reading, {**_COMMON, **keys}, ())
    if not any(all(key in value for key in choice) for choice in needed):
        ways = " or ".join(" and ".join(f'"{key}"' for key in choice) for choice in needed)
        reading.complain(at, f'"{name}" ({kind}) needs {ways}')
        return None
    if given.pop("closed", False) is True:
        layers: tuple[Layer, ...] = given.get("layers", ())  # type: ignore[assignment]
        given["layers"] = tuple(
            Layer(names=layer.names, independent=layer.independent, optional=layer.optional, closed=True)
            if not _said(value, index)
            else layer
            for index, layer in enumerate(layers)
        )
    fields = {FIELDS.get(key, key.replace("-", "_")): item for key, item in given.items()}
    return Contract(name=name, where=reading.where(at), **fields)  # type: ignore[arg-type]


def _said(value: Mapping[str, object], index: int) -> bool:
    """Whether a layer says itself if it is closed, whatever holds for the others."""
    layers = value["layers"]
    item = layers[index] if isinstance(layers, list | tuple) else None
    return isinstance(item, Mapping) and "closed" in item


def _table(
    value: Mapping[str, object], at: KeyPath, reading: Reading, keys: Mapping[str, One], needed: tuple[str, ...]
) -> dict[str, object]:
    """The values of a table's known keys; unknown and missing ones are told."""
    given: dict[str, object] = {}
    for key, item in value.items():
        here = (*at, key)
        if key in keys:
            given[key] = keys[key](item, here, reading)
        else:
            reading.complain(here, f'{_path(at)} has no key "{shown(key)}"{nearest(key, keys)}')
    for key in needed:
        if key not in value:
            reading.complain(at, f'{_path(at)} needs "{key}"')
    return given


def _path(at: KeyPath) -> str:
    """The name of a contract, and of the layer by its number."""
    name = shown(str(at[1]))
    return f'"{name}"' if len(at) < 4 else f'layer {int(at[3]) + 1} of "{name}"'
