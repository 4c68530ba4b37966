"""Names and globs of a contract, and those that mean nothing."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache

from analyzer.graph.contracts.links import Modules, within
from analyzer.model.contract import Contract, Exempt, Mistake, Named

_CLOSE = 0.8
"""How alike (difflib's ratio) the name of an unused library must be to a known one to count as its misspelling. The 0.6
that difflib itself proposes would refuse short names that are right."""


@lru_cache(maxsize=1 << 12)
def _pattern(text: str) -> re.Pattern[str]:
    """``*`` stands for one part of a dotted name, ``**`` for one or more."""
    parts = {"*": r"[^.]+", "**": r"[^.]+(?:\.[^.]+)*"}
    return re.compile(r"\.".join(parts.get(part) or re.escape(part) for part in text.split(".")) + r"\Z")


def matching(named: Named, known: Iterable[str]) -> list[str]:
    """The known names a name or glob means, sorted."""
    if "*" not in named.text:
        return [named.text] if named.text in known else []
    pattern = _pattern(named.text)
    return sorted(name for name in known if pattern.match(name))


def expanded(names: Iterable[Named], known: Collection[str]) -> list[str]:
    """All names that several names and globs mean, in their order, each once."""
    return list(dict.fromkeys(name for named in names for name in matching(named, known)))


def is_library(named: Named, modules: Modules) -> bool:
    """Whether a name is none of ours but can be a library's: imported somewhere, or simply not used yet."""
    return "*" not in named.text and named.text.partition(".")[0] not in modules.known


def mistakes(modules: Modules, contracts: Iterable[Contract], exists: Callable[[str], bool]) -> list[Mistake]:
    """Every name that means no module, every glob and every exemption that matches nothing, by place.

    ``exists`` says whether a module lies on disk although it is not among those audited.
    """
    found: list[Mistake] = []
    for contract in contracts:
        for named, library in _names(contract):
            if not (library and _fine_library(named, modules)) and not _means(named, modules, exists):
                found.append(_unknown(contract, named, modules, library))
        found.extend(_layers(contract, modules, exists))
        found.extend(_exempt(contract, modules))
    return sorted(set(found), key=_place)


def _place(mistake: Mistake) -> tuple[str, int, Mistake]:
    file, _, line = mistake.where.rpartition(":")
    return (file, int(line), mistake) if line.isdecimal() else (mistake.where, 0, mistake)


def _names(contract: Contract) -> Iterator[tuple[Named, bool]]:
    """The names to look up, and whether a library will do as well."""
    groups = ((contract.modules, False), (contract.sources, False), (contract.targets, True))
    for names, library in groups:
        yield from ((named, library) for named in names)
    external = contract.kind == "external"
    for names in (contract.importers, contract.ancestors, contract.skip, contract.containers):
        yield from ((named, False) for named in names)
    yield from ((named, external) for named in contract.packages)
    yield from ((named, True) for named in contract.allowed)
    if not contract.containers:
        yield from ((named, False) for layer in contract.layers if not layer.optional for named in layer.names)


def _means(named: Named, modules: Modules, exists: Callable[[str], bool]) -> bool:
    if matching(named, modules.known):
        return True
    fixed = named.text.partition("*")[0].rstrip(".")
    return bool(fixed) and fixed not in modules.known and exists(fixed)


def _fine_library(named: Named, modules: Modules) -> bool:
    """A library that is imported, or one whose name is no likely misspelling of anything known."""
    first = named.text.partition(".")[0]
    if "*" in named.text or first in modules.known:
        return bool(matching(named, modules.libraries()))
    if first in modules.libraries() or first in sys.stdlib_module_names:
        return True
    known = {name for name in (*modules.libraries(), *modules.known) if "." not in name}
    return not difflib.get_close_matches(first, sorted(known), n=1, cutoff=_CLOSE)


def _unknown(contract: Contract, named: Named, modules: Modules, library: bool) -> Mistake:
    what = "no module matches" if "*" in named.text else "no module is called"
    known = {*modules.known, *(modules.libraries() if library else ())}
    return Mistake(named.where, f'contract "{contract.name}": {what}', named.text, tuple(sorted(known)))


def _layers(contract: Contract, modules: Modules, exists: Callable[[str], bool]) -> Iterator[Mistake]:
    """Layers that are missing in a container."""
    for container in expanded(contract.containers, modules.known):
        children = tuple(sorted(name[len(container) + 1 :] for name in modules.children(container)))
        for layer in contract.layers:
            for named in () if layer.optional else layer.names:
                whole = f"{container}.{named.text}"
                if whole not in modules.known and not exists(whole):
                    text = f'contract "{contract.name}": {container} has no layer'
                    yield Mistake(named.where, text, named.text, children)


def _exempt(contract: Contract, modules: Modules) -> Iterator[Mistake]:
    if contract.unmatched == "none" or not contract.exempt:
        return
    links = modules.links(contract)
    pairs = sorted({*links.direct, *links.behind, *((link.importer, link.imported) for link in links.foreign)})
    for one in contract.exempt:
        if not any(exempts(one, *pair, library=pair[1] not in modules.paths) for pair in pairs):
            text = f'contract "{contract.name}": no import is'
            shown = f"{one.importer.text} -> {one.imported.text}"
            near = tuple(f"{a} -> {b}" for a, b in pairs if a == one.importer.text or b == one.imported.text)
            yield Mistake(one.importer.where, text, shown, near)


def exempts(one: Exempt, importer: str, imported: str, library: bool) -> bool:
    """Whether an exemption speaks of an import; of a library its package will do."""
    if not _pattern(one.importer.text).match(importer):
        return False
    return bool(_pattern(one.imported.text).match(imported)) or (library and within(imported, one.imported.text))
