"""BA511: an import that breaks a contract of the project's own."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.graph.contracts import Broken, Link, Modules, broken
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Related, Rule, Span, Step

_MOST_CUTS = 5
"""Imports to cut that are spelt out; more are counted."""


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a breach, at the first import of its chain; each import of the chain is a step."""
    modules = picture.shared(Modules)
    for contract in picture.contracts:
        for item in broken(modules, contract):
            yield _finding(rule, item)


def _finding(rule: Rule, item: Broken) -> Finding:
    contract = item.contract
    first = item.chain[0] if item.chain else None
    return Finding(
        rule=rule.code,
        location=first.location if first else Location(item.place, Span(1, 1, 1, 1)),
        message=f"{_told(item)}: {item.why}, says the contract {contract.label} ({contract.where}).",
        fix=contract.advice or _fix(item),
        severity=contract.severity or rule.severity,
        confidence=Confidence.HIGH,
        steps=tuple(Step(link.location, _step(link)) for link in item.chain) if len(item.chain) > 1 else (),
        related=tuple(Related(link.location, f"cut: {_step(link)}") for link in item.cut if link is not first),
        key=f"{contract.name}|{item.why}",
    )


def _told(item: Broken) -> str:
    """What the code does."""
    if not item.chain:
        return "A module without a place"
    first, last = item.chain[0], item.chain[-1]
    if item.cut:
        ring = " → ".join(f"`{link.importer}`" for link in item.chain)
        return f"{ring} → `{first.importer}` is a circle"
    lazily = " inside a function" if first.lazy else ""
    if len(item.chain) == 1:
        through = f", passed on by {_names(first.passed_on)}" if first.passed_on else ""
        return f"`{first.importer}` imports `{first.imported}`{through}{lazily}"
    between = _names(tuple(link.importer for link in item.chain[1:]))
    return f"`{first.importer}` imports `{last.imported}` through {between}{lazily}"


def _fix(item: Broken) -> str:
    if not item.chain:
        return "Give it a layer, or list it in `exhaustive-ignores`."
    if item.cut:
        shown = ", ".join(f"{link.path}:{link.line}" for link in item.cut[:_MOST_CUTS])
        more = f" and {len(item.cut) - _MOST_CUTS} more" if len(item.cut) > _MOST_CUTS else ""
        return f"Remove the fewest imports that end the circle: {shown}{more}."
    first, last = item.chain[0], item.chain[-1]
    if item.contract.importers:
        shown = ", ".join(f"`{name.text}`" for name in item.contract.importers)
        return f"Let {shown} do it, and ask that in `{first.importer}`."
    if len(item.chain) == 1:
        return f"Remove the import, or pass what `{first.importer}` needs of `{last.imported}` in as an argument."
    return f"Break the chain at one of its {len(item.chain)} imports, or move what `{first.importer}` needs out of it."


def _step(link: Link) -> str:
    return f"{link.importer} imports {link.imported}{' inside a function' if link.lazy else ''}"


def _names(modules: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in modules)
