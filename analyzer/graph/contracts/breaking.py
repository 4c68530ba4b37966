"""What breaks a contract, kind by kind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import msgspec

from analyzer.graph.contracts.links import Link, Links, Modules, within
from analyzer.graph.contracts.names import exempts, expanded, matching
from analyzer.graph.contracts.siblings import circles
from analyzer.model.contract import Contract, Layer


class Broken(msgspec.Struct, frozen=True):
    """One breach: the chain of statements (one, where the import is direct) and the clause it breaks, as a phrase.

    ``place`` is a file where no import is to blame: a module that is in no layer. ``cut`` holds the fewest statements
    that end a circle, where the breach is one.
    """

    contract: Contract
    why: str
    chain: tuple[Link, ...] = ()
    place: str = ""
    cut: tuple[Link, ...] = ()


def broken(modules: Modules, contract: Contract) -> list[Broken]:
    """Everything that breaks a contract, by place."""
    links = modules.links(contract)
    if contract.exempt:
        pairs = {*links.direct, *links.behind, *((link.importer, link.imported) for link in links.foreign)}
        gone = {
            pair
            for pair in pairs
            if any(exempts(one, *pair, library=pair[1] not in modules.paths) for one in contract.exempt)
        }
        links = links.without(gone)
    found = list(_KINDS[contract.kind](modules, links, contract))
    return sorted(dict.fromkeys(found), key=_place)


def _place(item: Broken) -> tuple[str, int, int, str]:
    if item.chain:
        first = item.chain[0]
        return first.path, first.line, first.column, item.why
    return item.place, 0, 0, item.why


# Layers


def _layers(modules: Modules, links: Links, contract: Contract) -> Iterator[Broken]:
    for container in expanded(contract.containers, modules.known) if contract.containers else [""]:
        start = f"{container}." if container else ""
        ladder = [[start + named.text for named in layer.names] for layer in contract.layers]
        if not container:
            ladder = [expanded(layer.names, modules.known) for layer in contract.layers]
        yield from _ladder(modules, links, contract, ladder)
        if contract.exhaustive and container:
            named = {name for names in ladder for name in names}
            for child in sorted(modules.children(container) - named):
                if child.rpartition(".")[2] not in contract.exhaustive_ignores:
                    path = next((modules.paths[one] for one in modules.inside(child)), "")
                    yield Broken(contract, f"`{child}` is in no layer of `{container}`", place=path)


def _ladder(modules: Modules, links: Links, contract: Contract, ladder: list[list[str]]) -> Iterator[Broken]:
    """The layers of one container, highest first."""
    members = {name: set(modules.inside(name)) for names in ladder for name in names}
    levels = [set[str]().union(*(members[name] for name in names)) for names in ladder]
    everything = set[str]().union(*levels)
    for index, layer in enumerate(contract.layers):
        below = set[str]().union(*levels[index + 1 :])
        for name in ladder[index]:
            for chain in links.chains(below - members[name], members[name], everything, contract):
                lower = _owner(chain[0].importer, ladder)
                yield Broken(contract, f"`{lower}` is below `{name}`", chain)
        if layer.independent and len(ladder[index]) > 1:
            for name in ladder[index]:
                for chain in links.chains(levels[index] - members[name], members[name], everything, contract):
                    other = _owner(chain[0].importer, [ladder[index]])
                    yield Broken(contract, f"`{other}` and `{name}` are independent of each other", chain)
        yield from _jumps(links, contract, ladder, levels, index)


def _jumps(
    links: Links, contract: Contract, ladder: list[list[str]], levels: list[set[str]], index: int
) -> Iterator[Broken]:
    """Imports over a closed layer from the layer at ``index``."""
    everything = set[str]().union(*levels)
    between: Layer | None = None
    at = 0
    for lower in range(index + 1, len(levels)):
        if between is not None:
            for chain in links.chains(levels[index], levels[lower] - levels[index], everything, contract):
                upper, under = _owner(chain[0].importer, ladder), _owner(chain[-1].imported, ladder)
                closed = " or ".join(f"`{name}`" for name in ladder[at])
                yield Broken(contract, f"from `{upper}` the way to `{under}` leads through {closed}", chain)
        if contract.layers[lower].closed and levels[lower]:
            between, at = contract.layers[lower], lower


def _owner(module: str, ladder: list[list[str]]) -> str:
    """The layer's name that a module lies in, the most exact one."""
    names = [name for names in ladder for name in names if within(module, name)]
    return max(names, key=len, default=module)


# Independence, forbidden, protected, private


def _independence(modules: Modules, links: Links, contract: Contract) -> Iterator[Broken]:
    names = expanded(contract.modules, modules.known)
    members = {name: set(modules.inside(name)) for name in names}
    everything = set[str]().union(*members.values())
    for name in names:
        apart = [other for other in names if not within(other, name) and not within(name, other)]
        sources = set[str]().union(*(members[other] for other in apart)) - members[name]
        for chain in links.chains(sources, members[name], everything, contract):
            other = _owner(chain[0].importer, [apart])
            yield Broken(contract, f"`{other}` and `{name}` are independent of each other", chain)


def _forbidden(modules: Modules, links: Links, contract: Contract) -> Iterator[Broken]:
    sources = expanded(contract.sources, modules.known)
    for named in contract.targets:
        ours = matching(named, modules.known)
        for name in ours:
            targets = _members(modules, contract, name)
            apart = [one for one in sources if not _overlap(one, name, contract)]
            inside = {one: _members(modules, contract, one) for one in apart}
            starting = set[str]().union(*inside.values()) - targets
            for chain in links.chains(starting, targets, starting, contract):
                source = _owner(chain[0].importer, [apart])
                yield Broken(contract, f"`{source}` must not import `{name}`", chain)
        if not ours:
            yield from _forbidden_library(modules, links, contract, sources, named.text)


def _forbidden_library(
    modules: Modules, links: Links, contract: Contract, sources: list[str], package: str
) -> Iterator[Broken]:
    """A library, imported directly or by what is imported."""
    users = {link.importer: link for link in reversed(links.foreign) if within(link.imported, package)}
    starting = set[str]().union(*(_members(modules, contract, one) for one in sources))
    for module in sorted(starting & set(users)):
        yield Broken(contract, f"`{_owner(module, [sources])}` must not import `{package}`", (users[module],))
    if not contract.direct_only:
        others = set(users) - starting
        for chain in links.chains(starting, others, starting, contract):
            source = _owner(chain[0].importer, [sources])
            last = users[chain[-1].imported]
            yield Broken(contract, f"`{source}` must not import `{package}`", (*chain, last))


def _members(modules: Modules, contract: Contract, name: str) -> set[str]:
    if contract.as_packages:
        return set(modules.inside(name))
    return {name} & set(modules.paths)


def _overlap(one: str, other: str, contract: Contract) -> bool:
    if not contract.as_packages:
        return one == other
    return within(one, other) or within(other, one)


def _protected(modules: Modules, links: Links, contract: Contract) -> Iterator[Broken]:
    importers = expanded(contract.importers, modules.known)
    free = set[str]().union(*(_members(modules, contract, name) for name in importers))
    shown = ", ".join(f"`{name.text}`" for name in contract.importers)
    for name in expanded(contract.modules, modules.known):
        own = _members(modules, contract, name)
        for link in _direct(links, contract):
            if link.imported in own and link.importer not in own and link.importer not in free:
                yield Broken(contract, f"only {shown} may import `{name}`", (link,))


def _private(modules: Modules, links: Links, contract: Contract) -> Iterator[Broken]:
    packages = expanded(contract.packages, modules.known)
    for link in _direct(links, contract):
        parts = link.imported.split(".")
        for depth, part in enumerate(parts):
            if not depth or not part.startswith("_") or part.startswith("__"):
                continue
            parent = ".".join(parts[:depth])
            spoken_of = not contract.packages or any(within(parent, package) for package in packages)
            if spoken_of and not within(link.importer, parent):
                yield Broken(contract, f"`{parent}.{part}` is private to `{parent}`", (link,))
                break


def _direct(links: Links, contract: Contract) -> Iterator[Link]:
    yield from links.direct.values()
    if contract.through_re_exports:
        yield from (link for pair, link in links.behind.items() if pair not in links.direct)


# Siblings and libraries


def _acyclic(modules: Modules, links: Links, contract: Contract) -> Iterator[Broken]:
    skipped = set(expanded(contract.skip, modules.known))
    for ancestor in expanded(contract.ancestors, modules.known):
        for parent, shown, cut in circles(modules, links, ancestor, contract.depth, skipped):
            yield Broken(
                contract, f"the modules of `{parent}` must not depend on each other in a circle", shown, "", cut
            )


def _external(modules: Modules, links: Links, contract: Contract) -> Iterator[Broken]:
    importers = expanded(contract.importers, modules.known)
    shown = ", ".join(f"`{name.text}`" for name in contract.importers)
    speaking = expanded(contract.modules, modules.known)
    for link in links.foreign:
        for package in contract.packages:
            free = any(within(link.importer, name) for name in importers)
            if within(link.imported, package.text) and not free:
                yield Broken(contract, f"only {shown} may import `{package.text}`", (link,))
        module = link.name
        if (
            contract.allowed
            and any(within(link.importer, name) for name in speaking)
            and module.partition(".")[0] not in sys.stdlib_module_names
            and not any(within(link.imported, one.text) for one in contract.allowed)
        ):
            allowed = ", ".join(f"`{one.text}`" for one in contract.allowed)
            owner = _owner(link.importer, [speaking])
            yield Broken(contract, f"of libraries `{owner}` may import {allowed} only", (link,))


_KINDS: dict[str, Callable[[Modules, Links, Contract], Iterator[Broken]]] = {
    "layers": _layers,
    "independence": _independence,
    "forbidden": _forbidden,
    "protected": _protected,
    "private": _private,
    "acyclic-siblings": _acyclic,
    "external": _external,
}
