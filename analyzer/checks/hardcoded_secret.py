"""BA201: a literal that looks like a secret, wherever it is given to something."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from analyzer.checks import _apart, _standing_in
from analyzer.checks._given_secrets import Given, given
from analyzer.checks._secret_tables import compared
from analyzer.facts.expressions import Constant, Secret
from analyzer.facts.secretnames import split
from analyzer.facts.statements import Assign
from analyzer.flow.questions import flow_of, location
from analyzer.flow.sources import enumeration
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Rule, Span, Tier
from analyzer.project.target import Target

_INVENTED = frozenset("test tests testing testutil testutils fixture fixtures placeholder placeholders".split())
"""Words in the name of a module or folder whose data is made up: ``create_test_data.py``, ``settings/testing``."""
_SHOWN = frozenset("demo example examples sample samples".split())
"""Words in a module's own name that say the same, of a module that people copy and run."""
_CONFIDENCE = {"live": Confidence.HIGH, "plain": Confidence.MEDIUM, "placeholder": Confidence.LOW}
FIX = (
    "Read the value from the environment or a secret manager, without a default that works, "
    "and change the secret at its issuer"
)


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """A finding for every secret; what decides whether a literal is one stands in ``facts.literals``."""
    told: set[tuple[str, int]] = set()
    written = [(path, one) for path in picture.project.paths() for one in picture.project.outline(path).secrets]
    members = functools.cache(functools.partial(_members, picture))
    flow = flow_of(picture)
    working = _standing_in.working(picture, flow)
    for path, secret in written:
        if secret.kind == "named" and secret.strength != "live" and secret.line in members(path):
            continue
        if secret.kind in {"named", "url"} and _apart.harmless(picture, path, secret.line):
            continue
        what = working[path, secret.line][0] if (path, secret.line) in working else ""
        span = Span(secret.line, secret.column, secret.end_line, secret.end_column)
        told.add((path, secret.line))
        yield Finding(
            rule=rule.code,
            location=Location(path, span),
            message=_message(secret, what),
            fix=FIX,
            severity=rule.severity,
            confidence=Confidence.MEDIUM if what else _confidence(picture, path, secret.strength, secret.kind),
            secrets=(span,),
        )

    unnamed = (
        Given(one.place, one.expression, "secret_key", "plain")
        for _, one in working.values()
        if isinstance(one.expression, Constant)
    )
    for one in (*given(flow), *compared(flow), *unnamed):
        where = location(one.place, one.literal)
        if (where.path, where.span.line) not in told:
            told.add((where.path, where.span.line))
            yield Finding(
                rule=rule.code,
                location=where,
                message=f"a literal of {len(str(one.literal.value))} characters is used as `{one.to}`: "
                "a secret stands in the source",
                fix=FIX,
                severity=rule.severity,
                confidence=_confidence(picture, where.path, one.strength),
                secrets=(where.span,),
            )


def judge(finding: Finding, picture: Picture) -> str:
    """Every literal was looked at when the file was lowered: one that was not taken for a secret there is none."""
    outline = picture.project.modules.outlines.get(finding.location.path)
    return "stand" if outline is None or outline.problem is not None else "refute"


def _confidence(picture: Picture, path: str, strength: str, kind: str = "named") -> Confidence:
    """What opens something by its issuer's format does so everywhere; a password or a key that somebody thought up for
    a test, or that stands in a module of invented data, hardly opens anything."""
    if kind in {"named", "pem"} and (picture.tier(path) is Tier.TEST or _words(picture.inside(path)) & _INVENTED):
        return Confidence.LOW
    if strength != "live" and _words(path.rpartition("/")[2]) & _SHOWN:
        return Confidence.LOW
    return _CONFIDENCE[strength]


def _words(path: str) -> set[str]:
    return set(split(path.removesuffix(".py")))


def _members(picture: Picture, path: str) -> set[int]:
    """The lines of a file on which an enumeration names its members: words for kinds of things, not values of them."""
    project = picture.project
    return {
        line
        for index, item in enumerate(project.outline(path).classes)
        if item.bases and enumeration(project, Target("class", item.qualname, path, index))
        for statement in item.body
        if isinstance(statement, Assign)
        for line in range(statement.line, statement.end_line + 1)
    }


def _message(secret: Secret, what: str) -> str:
    kind, _, detail = secret.kind.partition(":")
    if kind == "token":
        return f"a {detail} token stands in the source (`{secret.preview}`, {secret.length} characters)"
    if kind == "pem":
        return "a private key stands in the source"
    if kind == "url":
        return "an address in the source carries a password"
    if secret.strength == "placeholder" and what:
        return f"when nobody sets another, {what} works with a placeholder ({secret.length} characters) as its key"
    if secret.strength == "placeholder":
        return f"a secret has a placeholder as its value ({secret.length} characters) that works when nobody sets it"
    return f"a secret stands in the source (a literal of {secret.length} characters)"
