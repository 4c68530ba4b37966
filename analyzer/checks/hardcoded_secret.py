"""BA201: a literal that looks like a secret, wherever it is given to something."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks import _standing_in
from analyzer.checks._given_secrets import given
from analyzer.facts.expressions import Secret
from analyzer.facts.secretnames import split
from analyzer.flow.questions import flow_of, location
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Rule, Span

_INVENTED = frozenset("test tests testing demo example examples sample samples".split())
"""Words in a module's own name that say its data is made up: ``create_test_data.py``."""
_CONFIDENCE = {"live": Confidence.HIGH, "plain": Confidence.MEDIUM, "placeholder": Confidence.LOW}
FIX = (
    "Read the value from the environment or a secret manager, without a default that works, "
    "and change the secret at its issuer"
)


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """A finding for every secret; what decides whether a literal is one stands in ``facts.literals``."""
    told: set[tuple[str, int]] = set()
    written = [(path, one) for path in picture.project.paths() for one in picture.project.outline(path).secrets]
    doubtful = any(one.strength == "placeholder" for _, one in written)
    working = _standing_in.working(picture, flow_of(picture)) if doubtful else {}
    for path, secret in written:
        what = working.get((path, secret.line), "")
        span = Span(secret.line, secret.column, secret.end_line, secret.end_column)
        told.add((path, secret.line))
        yield Finding(
            rule=rule.code,
            location=Location(path, span),
            message=_message(secret, what),
            fix=FIX,
            severity=rule.severity,
            confidence=_confidence(path, "plain" if what else secret.strength),
            secrets=(span,),
        )

    for one in given(flow_of(picture)):
        where = location(one.place, one.literal)
        if (where.path, where.span.line) not in told:
            yield Finding(
                rule=rule.code,
                location=where,
                message=f"a literal of {len(str(one.literal.value))} characters is used as `{one.to}`: "
                "a secret stands in the source",
                fix=FIX,
                severity=rule.severity,
                confidence=_confidence(where.path, one.strength),
                secrets=(where.span,),
            )


def judge(finding: Finding, picture: Picture) -> str:
    """Every literal was looked at when the file was lowered: one that was not taken for a secret there is none."""
    outline = picture.project.modules.outlines.get(finding.location.path)
    return "stand" if outline is None or outline.problem is not None else "refute"


def _confidence(path: str, strength: str) -> Confidence:
    """A password that somebody thought up, in a module of invented data, hardly opens anything."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    return Confidence.LOW if strength != "live" and not _INVENTED.isdisjoint(split(stem)) else _CONFIDENCE[strength]


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
