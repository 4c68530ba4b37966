"""The comparison of one application's two route tables as plain text, and as figures to keep."""

from __future__ import annotations

import msgspec

from benchmarks.routes import Comparison, Pair


class Figure(msgspec.Struct, frozen=True):
    """A comparison in numbers: pairs of method and handler, and the shares of them that both tables list."""

    application: str
    version: str
    framework: str
    expected: int
    found: int
    recall: float
    precision: float
    by_libraries: int
    inherited_unlisted: int
    dynamic: dict[str, int]


class Figures(msgspec.Struct, frozen=True):
    """What ``--json`` writes: with what was measured and when, and the figures an application."""

    machine: dict[str, str]
    outcomes: list[Figure]


def figure(outcome: Comparison) -> Figure:
    """The numbers of a comparison, shares rounded to three places."""
    return Figure(
        application=outcome.application,
        version=outcome.version,
        framework=outcome.framework_name,
        expected=outcome.expected,
        found=outcome.found,
        recall=round(outcome.recall, 3),
        precision=round(outcome.precision, 3),
        by_libraries=outcome.framework,
        inherited_unlisted=len(outcome.unlisted),
        dynamic=outcome.dynamic,
    )


def render_comparison(outcome: Comparison, listing: bool) -> str:
    """A title line, a head and a row; what is dynamic, with its reason; with ``listing`` what one table only holds."""
    lines = [
        f"{outcome.application} {outcome.version} ({outcome.framework_name}): pairs of method and handler",
        f"{'at run time':>12}{'listed':>9}{'in both':>9}{'recall':>9}{'precision':>11}{'by libraries':>14}"
        f"{'inherited':>11}",
        f"{outcome.expected:>12,}{outcome.found:>9,}{outcome.common:>9,}{outcome.recall:>9.3f}"
        f"{outcome.precision:>11.3f}{outcome.framework:>14,}{len(outcome.unlisted):>11,}",
    ]
    lines += [f"  set aside, {count}: {reason}" for reason, count in sorted(outcome.dynamic.items())]
    if outcome.unresolved:
        lines.append(f"  said to be unresolved: {outcome.unresolved} registrations")
    if listing:
        lines += [f"  only at run time: {_pair(pair)}" for pair in outcome.missed]
        lines += [f"  only listed: {_pair(pair)}" for pair in outcome.invented]
        lines += [f"  inherited, not listed: {_pair(pair)}" for pair in outcome.unlisted]
    return "\n".join(lines)


def _pair(pair: Pair) -> str:
    return f"{pair[0]} {pair[1]}"
