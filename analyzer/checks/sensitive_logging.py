"""BA206: a secret is written where logs, terminals and error trackers keep it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._choices import develops
from analyzer.checks._looped_headers import looped
from analyzer.checks._own_logs import kept, tabled
from analyzer.checks._written import Written, echoed, traced, written_by
from analyzer.facts.expressions import AnyExpression, Constant
from analyzer.facts.statements import If
from analyzer.facts.visit import chain, walk
from analyzer.flow.disclosed import Sighting
from analyzer.flow.engine import Flow
from analyzer.flow.questions import flow_of, location
from analyzer.flow.sensitive import WEAK, sensitive, settled
from analyzer.frameworks.persistence import is_model
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Step, Tier
from analyzer.project.target import Place

_CREDENTIALS = re.compile(
    r"auth|log_?in|sign_?(?:in|up)|regist|passw|token|jwt|oauth|session|secur|credential|account|invite|reset|forgot|verif|sso"
    r"|payment|checkout|card|otp|mfa|2fa",
    re.IGNORECASE,
)
"""Words in the names around code that say what its tokens and bodies are."""
_LIBRARIES = re.compile(
    r"^(?:jwt|jose|authlib|joserfc|itsdangerous|secrets|flask_jwt_extended|flask_login|oauthlib|requests_oauthlib"
    r"|rest_framework_simplejwt|fastapi\.security|fastapi_users|passlib|bcrypt)"
)
_HOOKS = re.compile(
    r"(?:before_request|after_request|middleware)(?:\(\))?$|^(?:dispatch|process_request|process_view)$"
)
_NEXT = re.compile(r"(?:^|\.)(?:call_next|get_response)$")
_FORWARDING = re.compile(r"(?:^|_)(?:proxy|forward|relay|gateway)(?:_|$)", re.IGNORECASE)
_NEAR = 3
"""Lines below the first of a call that are seen with it."""
_PARSERS = frozenset({"argparse", "click", "typer", "docopt", "fire", "optparse"})
_COLUMNS = re.compile(r"passw|pwd|secret|api_?key|token|card_?n|cvv|otp", re.IGNORECASE)
_WHOLE = {
    "headers": "`Authorization` and cookies with it",
    "body": "every password and token that clients send with it",
    "environment": "the passwords and keys in it too",
}


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a call that writes a secret, in order of places."""
    flow = flow_of(picture)
    seen: set[tuple[str, int]] = set()
    handed = list(written_by(flow))
    known = frozenset(one.sink.place for one in handed)
    for one in (*handed, *looped(flow), *traced(flow), *echoed(flow), *kept(flow, known), *tabled(flow)):
        where = location(one.place, _shown(one))
        if (where.path, where.span.line) in seen:
            continue
        confidence = _confidence(picture, flow, one)
        if confidence is None:
            continue
        seen.add((where.path, where.span.line))
        through = (Step(location(one.sink.place, one.sink.expression), f"`{one.into}` writes it"),)
        yield Finding(
            rule=rule.code,
            location=where,
            message=_message(one),
            fix=_fix(one.sighting),
            severity=rule.severity,
            confidence=confidence,
            steps=through if one.sink.place != one.place else (),
        )


def _shown(one: Written) -> AnyExpression:
    """The call that writes; in one of many lines the secret in it."""
    secret, call = one.sighting.node, one.node
    inside = one.sighting.place == one.place and call.line + _NEAR < secret.line <= call.end_line
    return secret if inside else call


def _message(one: Written) -> str:
    found = one.sighting
    kind = settled(found.kind)
    if one.how == "trace":
        verb = "writes" if one.into.startswith("echo=") else "gets"
        return f"`{one.into}` {verb} every SQL statement with its values, passwords among them"
    if kind in _WHOLE:
        return f"All of `{found.text}` goes to `{one.into}`, {_WHOLE[kind]}"
    if one.how == "raise":
        return f"`{found.text}` goes into the text of `{one.into}`, and so into logs and answers"
    among = " in it" if found.whole and found.text.endswith("()") else ""
    return f"`{found.text}` goes to `{one.into}`: whoever reads the output has the {kind}{among}"


def _fix(found: Sighting) -> str:
    if found.whole:
        return "Write the fields that are needed by name (an id, the size), none of them a secret"
    return "Leave it out of the text; write an id, whether it is there (`bool(…)`), or a few characters of it at most"


def _confidence(picture: Picture, flow: Flow, one: Written) -> Confidence | None:
    place, found = one.place, one.sighting
    if picture.tier(place.path) is not Tier.MAIN:
        return Confidence.LOW
    terminal = one.how == "print" and _shown_once(picture, place)
    if terminal or _developing(flow, one):
        return Confidence.LOW
    kind = settled(found.kind)
    if one.into.startswith("echo="):
        return Confidence.MEDIUM if _keeps_secrets(flow) else Confidence.LOW
    if one.how == "trace" and not _deals_with_secrets(flow, place):
        return Confidence.LOW
    around = _about_credentials(picture, place) or _about_credentials(picture, found.place)
    if found.kind.endswith(WEAK) and not (around or _says_so(one)):
        return Confidence.LOW
    if kind == "body" and not _takes_secrets(picture, flow, place):
        return Confidence.LOW
    if one.how == "raise" and kind in {"token", "connection string", "headers", "body", "secret"}:
        return Confidence.LOW
    unsure = found.whole or found.kind.endswith(WEAK) or one.how in {"raise", "own"}
    return Confidence.MEDIUM if unsure else Confidence.HIGH


def _developing(flow: Flow, one: Written) -> bool:
    """Whether the call stands under a condition that asks for development."""
    line = one.node.line
    for node in walk(flow.project.body(one.place)):
        if isinstance(node, If) and node.line <= line <= node.end_line and develops(node.test):
            inside = node.then and node.then[0].line <= line <= node.then[-1].end_line
            if inside:
                return True
    return False


def _shown_once(picture: Picture, place: Place) -> bool:
    """Whether what is printed goes to whoever started a command, script or tool, and is kept nowhere."""
    if picture.is_side(place.path) or picture.role(place) == "command":
        return True
    outline = picture.project.outline(place.path)
    parses = any(item.module.partition(".")[0] in _PARSERS and item.level == 0 for item in outline.imports)
    uses = [*outline.uses, *(use for one in outline.functions for use in one.uses)]
    # A module that asks somebody at a terminal answers there.
    reads = any(use.chain.startswith("sys.argv") or use.chain in {"input", "getpass.getpass"} for use in uses)
    alone = place.index < 0 and not picture.imports_of(place.path) and not picture.imports.into(place.path)
    return (parses or reads or alone) and picture.chain_to(place) is None and place not in picture.handlers()


def _deals_with_secrets(flow: Flow, place: Place) -> bool:
    """Whether a function speaks to the database of passwords or keys, by its parameters and statements."""
    function = flow.project.function(place)
    if function is not None and any(sensitive(one.name) for one in function.parameters):
        return True
    texts = (getattr(node, "value", None) for node in walk(flow.project.body(place)))
    return any(isinstance(text, str) and _COLUMNS.search(text) for text in texts)


def _says_so(one: Written) -> bool:
    """Whether the text beside the value calls it what it is: ``print("reset token:", token)``."""
    texts = (node.value for node in walk(one.node) if isinstance(node, Constant))
    return any(isinstance(text, str) and _CALLED.search(text) for text in texts)


_CALLED = re.compile(
    r"\b(?:reset|verification|access|auth\w*|session|invite|login|bearer|refresh|api)[ _-](?:token|code|key|link)\b",
    re.IGNORECASE,
)


def _keeps_secrets(flow: Flow) -> bool:
    """Whether a model of the project has a column for a password, a token or a card."""
    project = flow.project
    return any(
        is_model(project, path, index)
        and any(settled(sensitive(name)) for name, _, _ in project.classes.fields(path, index))
        for path, outline in project.modules.outlines.items()
        for index in range(len(outline.classes))
    )


def _about_credentials(picture: Picture, place: Place) -> bool:
    project = picture.project
    function = project.function(place)
    if _CREDENTIALS.search(place.path.rpartition("/")[2]) or (function and _CREDENTIALS.search(function.qualname)):
        return True
    imports = project.outline(place.path).imports
    return any(_LIBRARIES.match(f"{item.module}.{item.name or ''}") for item in imports if item.level == 0)


def _takes_secrets(picture: Picture, flow: Flow, place: Place) -> bool:
    """Whether bodies that come by here carry passwords: a hook for all requests, a login, a reader of such a field."""
    function = flow.project.function(place)
    if function is None:
        return False
    hooks = [chain(one) for one in function.decorators] + [function.name]
    if any(_HOOKS.search(one) for one in hooks) or any(_NEXT.search(use.chain) for use in function.uses):
        return True
    paths = " ".join(route.path for route in picture.handlers().get(place, ()))
    if _CREDENTIALS.search(function.qualname) or _CREDENTIALS.search(paths):
        return True
    if _FORWARDING.search(function.name):  # it passes on the bodies of all routes
        return True
    return any(
        isinstance(value, str) and settled(sensitive(value)) in {"password", "card number", "one-time code"}
        for value in (getattr(node, "value", None) for node in walk(flow.project.body(place)))
    )
