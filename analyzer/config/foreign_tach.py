"""``tach.toml`` as contracts of ours: layers, and for every module what it may and must not import itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from analyzer.model.contract import Contract, Exempt, Layer, Named

_SILENT = {
    "interfaces": "interfaces are about names, not modules",
    "forbid_circular_dependencies": "for circles use a contract of the kind acyclic-siblings, or BA504",
    "exact": "dependencies that are allowed and unused are not told",
    "external": "declared dependencies are not compared with imports",
}


class _Module(msgspec.Struct, frozen=True):
    path: str
    layer: str = ""
    utility: bool = False
    unchecked: bool = False
    depends_on: tuple[str, ...] | None = None
    cannot: tuple[str, ...] = ()
    visibility: tuple[str, ...] | None = None


def tach_contracts(table: Mapping[str, object]) -> tuple[tuple[Contract, ...], tuple[str, ...]]:
    """The contracts, and what could not be said. Imports under ``if TYPE_CHECKING:`` count where tach counts them."""
    modules = list(_modules(table))
    contracts = [*_layers(table, modules), *_dependencies(modules), *_visible(modules)]
    if table.get("ignore_type_checking_imports") is False:
        contracts = [msgspec.structs.replace(contract, type_checking=True) for contract in contracts]
    remarks = [f"{key}: {why}" for key, why in _SILENT.items() if table.get(key)]
    if any("*" in module.path for module in modules):
        remarks.append("modules: those given by a glob are spoken of as importers only")
    if any(module.path == "<root>" for module in modules) or table.get("root_module") not in (None, "ignore"):
        remarks.append("root_module: code outside the declared modules is not spoken of")
    return tuple(contracts), tuple(remarks)


def _modules(table: Mapping[str, object]) -> Iterator[_Module]:
    listed = table.get("modules")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, Mapping):
            for path in [*_texts(item.get("path")), *_texts(item.get("paths"))]:
                yield _Module(
                    path,
                    str(item.get("layer") or ""),
                    item.get("utility") is True,
                    item.get("unchecked") is True,
                    tuple(_texts(item["depends_on"])) if "depends_on" in item else None,
                    tuple(_texts(item.get("cannot_depend_on"))),
                    tuple(_texts(item["visibility"])) if "visibility" in item else None,
                )


def _texts(value: object) -> list[str]:
    """One text, or those of a list, in which a table has a ``path``."""
    items = value if isinstance(value, list) else [value]
    found = [item.get("path") if isinstance(item, Mapping) else item for item in items]
    return [item for item in found if isinstance(item, str)]


def _layers(table: Mapping[str, object], modules: Sequence[_Module]) -> Iterator[Contract]:
    listed = table.get("layers")
    layers = []
    for item in listed if isinstance(listed, list) else ():
        name = item.get("name") if isinstance(item, Mapping) else item
        closed = isinstance(item, Mapping) and item.get("closed") is True
        names = tuple(Named(module.path) for module in modules if module.layer == name and module.path != "<root>")
        if names:
            layers.append(Layer(names=names, independent=False, closed=closed))
    if layers:
        yield Contract(name="layers", kind="layers", layers=tuple(layers), direct_only=True)


def _dependencies(modules: Sequence[_Module]) -> Iterator[Contract]:
    """``depends_on`` is everything else forbidden; modules of lower layers and utilities stay free."""
    order = {module.path: module for module in modules if module.path != "<root>"}
    for module in order.values():
        if module.unchecked or (module.depends_on is None and not module.cannot):
            continue
        targets = list(module.cannot)
        if module.depends_on is not None:
            allowed = {*module.depends_on, module.path}
            targets += [
                other.path
                for other in order.values()
                if not other.utility
                and "*" not in other.path
                and not _among(other.path, allowed)
                and other.path not in targets
                and not (module.layer and other.layer and module.layer != other.layer)
                and not _within(other.path, module.path)
                and not _within(module.path, other.path)
            ]
        targets = [target for target in targets if target in order or target in module.cannot]
        if not targets:
            continue
        inner = [
            other
            for other in order
            if other != module.path and (_within(other, module.path) or _among(other, {module.path}))
        ]
        free = [
            other
            for other in order
            if any(other != target and _within(other, target) for target in targets)
            and _among(other, set(module.depends_on or ()))
        ]
        pairs = [(own, "**") for path in inner for own in (path, f"{path}.**")]
        pairs += [("**", own) for path in free for own in (path, f"{path}.**")]
        yield Contract(
            name=f"{_slug(module.path)}-depends",
            kind="forbidden",
            title=f"what {module.path} may import itself",
            sources=(Named(module.path),),
            targets=tuple(map(Named, targets)),
            direct_only=True,
            exempt=tuple(Exempt(Named(one), Named(other)) for one, other in pairs),
            unmatched="none" if pairs else "error",
        )


def _visible(modules: Sequence[_Module]) -> Iterator[Contract]:
    for module in modules:
        if module.visibility and module.path != "<root>":
            yield Contract(
                name=f"{_slug(module.path)}-visible",
                kind="protected",
                title=f"who may import {module.path}",
                modules=(Named(module.path),),
                importers=tuple(map(Named, module.visibility)),
            )


def _among(path: str, allowed: set[str]) -> bool:
    """Whether a module is allowed by its name or by a glob."""
    for text in allowed:
        parts = (re.escape(part).replace(r"\*\*", r".+").replace(r"\*", r"[^.]+") for part in text.split("."))
        if re.fullmatch(r"\.".join(parts), path):
            return True
    return False


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _slug(path: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", path).strip("-") or "module"
