"""One defect, told from the route that reaches it to the line that hurts."""

from __future__ import annotations

import msgspec

from analyzer.model.location import Location, Span
from analyzer.model.scale import Confidence, Severity, Tier


class Step(msgspec.Struct, frozen=True, order=True):
    """One link of a path: a route, a call, an import, an assignment. ``message`` is a short phrase.

    ``kind`` of a step in a flow of data: ``source`` (where it comes in), ``assign``, ``call`` (into a function),
    ``return`` (out of one), ``sink`` (what is done with it); empty for any other step.
    """

    location: Location
    message: str
    kind: str = ""


class Related(msgspec.Struct, frozen=True, order=True):
    """Another place that belongs to the same finding, with a short phrase that says why."""

    location: Location
    message: str


class Excerpt(msgspec.Struct, frozen=True):
    """Source lines around a finding, ready to be shown; ``first_line`` is the number of ``lines[0]``.

    Secrets are masked, long lines cut, invisible characters spelt out, so columns differ from the file's:
    ``marks`` gives for each line the stretch of the finding's span in the *shown* text (0-based, end exclusive;
    empty for a context). ``end_column`` is the 1-based column after the span on the span's first line, in the file.
    """

    first_line: int
    lines: tuple[str, ...]
    marks: tuple[tuple[int, int], ...] = ()
    end_column: int = 0


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule or an engine reports.

    A detector fills the first block; ``graph`` adds the second (who reaches it), ``findings`` the third.
    ``message`` says what is wrong here with the names in the code, ``fix`` what to do instead.
    ``key`` tells apart several findings of one rule on one line and is part of no output.
    """

    rule: str
    location: Location
    message: str
    fix: str
    severity: Severity
    confidence: Confidence
    engines: tuple[str, ...] = ("backend-audit",)
    related: tuple[Related, ...] = ()
    steps: tuple[Step, ...] = ()
    """Evidence in order: a flow of data from source to sink, or a chain of imports."""
    secrets: tuple[Span, ...] = ()
    """Spans in the finding's file that hold a secret and must never be printed."""
    key: str = ""

    scope: str = ""
    """Dotted name of the enclosing definition, ``package.module.Class.method``; the module's name at top level."""
    route: str = ""
    """The route that reaches the place by the shortest chain, ``POST /login``; empty when none does."""
    chain: tuple[Step, ...] = ()
    """From the route's handler to the enclosing definition, a step a call."""
    tier: Tier = Tier.MAIN

    fingerprint: str = ""
    line_hash: str = ""
    """GitHub's ``primaryLocationLineHash`` of the finding's line, with its ``:ordinal``."""
    excerpt: Excerpt | None = None
    context: Excerpt | None = None
