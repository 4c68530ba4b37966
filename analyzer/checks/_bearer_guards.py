"""The part of BA301 about guards that let every bearer token through."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import Attribute, Call, Name
from analyzer.facts.visit import chain
from analyzer.flow.engine import Flow
from analyzer.flow.questions import chain_end, location
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

_BEARERS = frozenset(
    {"fastapi.security.HTTPBearer", "fastapi.security.http.HTTPBearer", "fastapi.security.OAuth2PasswordBearer"}
)

_JWT_MODULES = ("jwt", "jose", "authlib", "joserfc", "jwcrypto", "python_jwt")


def open_guards(flow: Flow, rule: Rule, path: str) -> Iterator[tuple[Finding, Place]]:
    """Bearer guards for JWTs that hand the credentials on without looking at them, each with its method."""
    project = flow.project
    for index, item in enumerate(project.outline(path).classes):
        if not project.classes.descends(path, index, _BEARERS):
            continue
        entry = project.namespace(path).methods.get(index, {}).get("__call__")
        if entry is None or not (_imports_jwt(flow, path) or "jwt" in item.name.lower()):
            continue
        place = Place(path, entry)
        if _looks_at_token(flow, place):
            continue
        for expression, _ in flow.trace(place).returns:
            if isinstance(expression, Name | Attribute):
                yield _finding(rule, place, expression, item.name), place
                break


def _finding(rule: Rule, place: Place, expression: Name | Attribute, name: str) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, expression),
        message=f"`{name}` lets every bearer token through: it returns `{chain(expression)}` and verifies nothing",
        fix="Decode the token here with the key and the algorithm you sign with; refuse it when that fails",
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
    )


def _imports_jwt(flow: Flow, path: str) -> bool:
    return any(
        not item.level and item.module.split(".", 1)[0] in _JWT_MODULES for item in flow.project.outline(path).imports
    )


def _looks_at_token(flow: Flow, place: Place) -> bool:
    """Whether a guard calls anything that could verify: everything but its base class and exceptions counts."""
    for point in flow.calls(place):
        call = point.expression
        assert isinstance(call, Call)
        last = chain_end(call)
        if (
            last in {"super", "__call__", "__init__"}
            or last[:1].isupper()
            or last in {"debug", "info", "warning", "error"}
        ):
            continue
        return True
    return False
