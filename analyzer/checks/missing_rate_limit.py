"""BA407: anybody may try passwords, codes and addresses as often as they like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzer.checks import _public
from analyzer.checks._joining import keeps_whole, last_segment
from analyzer.checks._lockouts import Lockouts
from analyzer.checks._login_views import views
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Compare, Constant, Subscript
from analyzer.facts.outline import Function
from analyzer.facts.statements import Assign, Raise, Return
from analyzer.facts.visit import calls, chain, walk
from analyzer.flow.passwords import is_password_name
from analyzer.flow.questions import uses_of
from analyzer.frameworks import Route
from analyzer.frameworks.limits import LIMITING, limits_of
from analyzer.frameworks.persistence import is_schema
from analyzer.graph.guards import Guards
from analyzer.graph.limits import Limits
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Rule, Span
from analyzer.project import Place

_ENTERING = {
    "checks a password": "login signin authenticate authentication token tokens auth session sessions",
    "makes an account": "register registration signup users user account accounts",
    "sets a new password": "reset forgot forgotten recover recovery password",
    "checks a one-time code": "otp totp mfa 2fa",
}
_WHAT = {word: what for what, words in _ENTERING.items() for word in words.split()}
_ALONE = frozenset("forgot forgotten recover recovery otp totp mfa 2fa".split())
"""Words that say what a route is for without a password in the request."""
_SIGNS_IN = frozenset("login signin register registration signup".split())
_PEOPLE = frozenset("user users account accounts".split())
"""Words of a resource that says nothing yet about what is done with it."""
_UPDATES = re.compile(r"(?:update|edit|change|patch|modify|set|save)_", re.IGNORECASE)
_CHECKING = re.compile(
    r"^(?:log_?in|sign_?in|authenticate|check_?pw|compare_digest)(?:_user)?$"
    r"|(?:check|verify|validate|compare|match)\w*_?(?:password|pwd|passwd|credentials|login)(?:_hash)?$|^check_password",
    re.IGNORECASE,
)
"""Calls that find out whether somebody is who they say."""
_LOOKING_UP = frozenset({"filter", "filter_by", "get", "get_or_none", "find_one", "exists"})
_THIN = 2
"""Statements of a handler that only passes a request on."""
_CONFIRMING = frozenset("confirm confirmation verify verification activate activation code".split())
_CODE = re.compile(r"(?:^|_)(?:code|otp|pin)(?:$|_)", re.IGNORECASE)
_CODES = frozenset("otp totp mfa 2fa code".split())
_CHECKING_CODE = re.compile(
    r"(?:check|verify|validate|valid|authenticate)\w*(?:otp|totp|mfa|2fa|code)|^verify$", re.IGNORECASE
)
"""Calls that compare a code of a few digits."""
_LETTING_IN = re.compile(
    r"(?:create|generate|issue|make|mint|encode)\w*(?:token|jwt)|^(?:log_?in|login_user|encode|start_session)$",
    re.IGNORECASE,
)
"""Calls that let somebody in."""
_SENT = frozenset("verification activation confirmation code".split())
_SENT_AGAIN = _SENT | _CONFIRMING | frozenset("email mail sms link".split())
"""What is sent to prove an address or a number."""
_NOTED = re.compile(r"^(?:user|uid|account|member)|logged|auth|verified|passed", re.IGNORECASE)
"""Keys of a session under which it stands who is in."""
_FORMS = frozenset({"request", "req", "form", "data", "body", "payload"})
_LOADING = frozenset({"load", "loads", "validate", "deserialize"})
"""Methods of a schema object that take a request apart."""
_SCHEMAS = ("serializer_class", "form_class", "schema_class", "schema")
_WHO = re.compile(
    r"current_?user|request\.user|get_jwt|jwt_identity|session\.get$|session\[\]|authorization|cookies"
    r"|decode",
    re.IGNORECASE,
)
"""What a handler reads that wants to know who is logged in already."""
_HEADER = re.compile(r"^(?:authorization|x-api-key)$", re.IGNORECASE)
_SIGNING_IN = re.compile(r"(?:^|\.)session\[\]$")
_HINDERING = re.compile(
    r"lock_?out|locked_?(?:at|till|until)|failed_?login|(?:failed|wrong|invalid|bad)_?(?:attempt|tr(?:y|ies))"
    r"|(?:login|auth\w*|sign_?in|password|pin|otp|code|user)_?attempt|brute|captcha|turnstile|throttl"
    r"|rate_?limit|limiter|too_?many",
    re.IGNORECASE,
)
"""Names of what stops or slows somebody who tries again and again. A heuristic: it only ever makes the rule silent."""
_HINDERING_HERE = re.compile(r"attempts_|_attempts|cool_?down|try_?again|retry_?after|backoff", re.IGNORECASE)
"""Names that say so in the handler itself; further down they are about a database or a service that does not answer."""
_TOO_MANY = 429
_CODED = frozenset({"checks a one-time code"})
_CHANGING = frozenset({"POST", "PUT", "PATCH", "MUTATION"})
_FIX = "Limit the attempts by address and by account (slowapi, Flask-Limiter, throttle classes), or lock the account"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a handler."""
    guards = picture.shared(Guards)
    around = picture.shared(Limits)
    for handler, routes in picture.handlers().items():
        if not picture.is_main(handler.path):
            continue
        function = picture.project.function(handler)
        tried = [route for route in routes if route.method in _CHANGING]
        if not tried and _signs_in(function, routes) and _public.takes_password(picture, handler):
            tried = list(routes)  # a password in the address
        if (
            not tried
            and any(one.method == "ANY" for one in routes)
            and (_public.posted(picture, handler) or _public.reads_posted(picture, handler))
        ):
            tried = list(routes)
        if function is None or not tried:
            continue
        if _known(picture, guards, handler, tried) and not _second_step(picture, handler, function, tried):
            continue
        what = _entering(picture, handler, function, tried)
        if what and not _limited(picture, handler, function, tried, what) and not around.everywhere(tried[0]):
            yield Finding(
                rule=rule.code,
                location=Location(
                    handler.path, Span(function.line, function.column, function.line, function.column + 1)
                ),
                message=f"{tried[0].label} {what}, and nothing limits how often somebody may try",
                fix=_FIX,
                severity=rule.severity,
                confidence=Confidence.MEDIUM,
            )
    yield from views(picture, rule, around)


def _known(picture: Picture, guards: Guards, handler: Place, routes: list[Route]) -> bool:
    """Whether somebody is known before the handler. What refuses in its own code may be the password that is wrong."""
    name = picture.project.qualified(handler)
    before = {guard.name for route in routes for guard in guards.of(route).guards}
    if before - {name}:
        return True
    uses = uses_of(picture.project, handler)
    if _signs_in(picture.project.function(handler), routes):
        return False  # its own refusals are of those whose password is wrong, or who are in already
    if name not in before or any(use.kind == "write" and _SIGNING_IN.search(use.chain) for use in uses):
        return False
    words = (one.value for one in walk(picture.project.body(handler)) if isinstance(one, Constant))
    return any(use.kind != "write" and _WHO.search(use.chain) for use in uses) or any(
        isinstance(word, str) and _HEADER.search(word) for word in words
    )


def _words(name: str) -> list[str]:
    """The words of a name or a part of a path; those that are two in some spellings are one: ``sign-up``."""
    found: list[str] = []
    for word in _public.words_of(name):
        if word in {"in", "up"} and found and found[-1] in {"sign", "log"}:
            found[-1] += word
        else:
            found.append(word)
    return found


def _around(picture: Picture, handler: Place, routes: Sequence[Route]) -> set[str]:
    """The words that say what a handler's last word is about: those of its class, and of the segment before."""
    owner = picture.project.owner(handler)
    before = [
        one for route in routes for one in [part for part in route.path.split("/") if part and "{" not in part][-2:-1]
    ]
    return {word for name in (*before, owner.name if owner else "") for word in _public.words_of(name)}


def _sends(words: Sequence[str]) -> bool:
    """Whether words are of a message that proves an address: ``resend-verification``, ``send_code``."""
    if "magic" in words and "link" in words:
        return True
    sent = _SENT_AGAIN if "resend" in words else _SENT if {"send", "request"} & set(words) else frozenset()
    return not sent.isdisjoint(words)


def _second_step(picture: Picture, handler: Place, function: Function, routes: Sequence[Route]) -> bool:
    """Whether a handler lets somebody in who has shown a password already and now shows a code: what stands before it
    knows who it is, and anybody with a stolen password comes that far."""
    last = last_segment(routes)
    words = {word for name in (function.name, *last) for word in _public.words_of(name)}
    if _CODES.isdisjoint(words):
        return False
    names = [use.chain.rpartition(".")[2] for use in uses_of(picture.project, handler) if use.kind == "call"]
    if not any(_CHECKING_CODE.search(name) for name in names):
        return False
    return any(_LETTING_IN.search(name) for name in names) or any(
        isinstance(node, Assign) and any(_marks(target, node.value) for target in node.targets)
        for node in walk(picture.project.body(handler))
    )


def _marks(target: AnyExpression, value: AnyExpression | None) -> bool:
    """Whether an assignment notes in the session that somebody is in: ``session["verified"] = True``."""
    if not isinstance(target, Subscript) or not _SIGNING_IN.search(chain(target)):
        return False
    noted = target.index.value if isinstance(target.index, Constant) else ""
    return (isinstance(value, Constant) and value.value is True) or (
        isinstance(noted, str) and _NOTED.search(noted) is not None
    )


def _signs_in(function: Function | None, routes: Sequence[Route]) -> bool:
    """Whether a handler is there for people who are not known yet, by the end of its path or by its name."""
    last = last_segment(routes)
    words = {"".join(_public.words_of(name)) for name in (*last, function.name if function else "")}
    return not _SIGNS_IN.isdisjoint(words)


def _entering(picture: Picture, handler: Place, function: Function, routes: list[Route]) -> str:
    """What somebody who is not known yet can try at a handler; ``""`` when it is none of those."""
    last = last_segment(routes)
    words = [word for name in (function.name, *last) for word in _words(name)]
    if _confirms(picture, handler, words):
        return "checks a one-time code"
    if _sends(words):
        return "sends a code or a link"
    owner = picture.project.owner(handler)
    names = (function.name, *last, owner.name if owner is not None else "")
    taken = (
        _public.takes_password(picture, handler)
        or _passes_on(picture, handler)
        or _schema_takes_password(picture, handler)
        or (
            not _SIGNS_IN.isdisjoint(words)
            and (
                _reads_password(picture, handler)
                or _hands_password_on(picture, handler)
                or any(_public.takes_password(picture, place) for place in _public.below(picture, handler)[1:])
            )
        )
        or keeps_whole(picture, handler, names)
    )
    if not any(word in _WHAT for word in words):
        if taken and _checks(picture, handler):
            return "checks a password"
        words = _words(owner.name) if owner is not None else []
    known = [word for word in words if word in _WHAT]
    found = next((word for word in known if word in _CODES), known[0] if known else "")
    resetting = "reset" in words and "password" in {*words, *_around(picture, handler, routes)}
    if not found or (not taken and found not in _ALONE and not resetting):
        return ""
    if found in _PEOPLE and (_UPDATES.match(function.name) or any(not _makes(route) for route in routes)):
        return ""
    return _WHAT[found]


def _passes_on(picture: Picture, handler: Place) -> bool:
    """Whether a handler does nothing but hand the request to a method that takes a password out of it:
    ``return controller.create_login()``."""
    body = picture.project.body(handler)
    if len(body) > _THIN:
        return False
    for call in calls(body):
        target = picture.project.resolve_expression(handler, call.func) if chain(call.func) else None
        if target is None or target.kind != "function" or call.arguments:
            continue
        inner = Place(target.path, target.index)
        if _public.takes_password(picture, inner) or _schema_takes_password(picture, inner):
            return True
    return False


def _confirms(picture: Picture, handler: Place, words: Sequence[str]) -> bool:
    """Whether a handler compares a code that was sent with one that is kept: ``sent != pending.code``."""
    if _CONFIRMING.isdisjoint(words):
        return False
    return any(
        _compares_codes(node)
        for place in _public.below(picture, handler)
        for node in walk(picture.project.body(place))
        if isinstance(node, Compare | Call)
    )


def _compares_codes(node: Compare | Call) -> bool:
    """``sent != pending.code``, ``User.code == code``, ``filter_by(verification_code=code)``."""
    if isinstance(node, Call):
        asks = isinstance(node.func, Attribute) and node.func.attr in _LOOKING_UP
        return asks and any(
            _CODE.search(one.keyword or "") and _CODE.search(chain(one.value)) for one in node.arguments
        )
    if len(node.comparators) != 1 or node.operators[0] not in {"==", "!="}:
        return False
    sides = [chain(node.left).rpartition("."), chain(node.comparators[0]).rpartition(".")]
    kept = any(before and _CODE.search(last) for before, _, last in sides)
    return kept and all(_CODE.search(last) or _CODE.search(before) for before, _, last in sides)


def _makes(route: Route) -> bool:
    """Whether a route on people makes one, and changes none that is there."""
    return route.method in {"POST", "ANY", "MUTATION"} and not route.path.rstrip("/").endswith("}")


def _schema_takes_password(picture: Picture, handler: Place) -> bool:
    """Whether a form, schema or serializer that the handler names, or its class does, has a field for a password."""
    project = picture.project
    function = project.outline(handler.path).functions[handler.index]
    targets = [
        project.resolve(handler, use.chain.partition("()")[0], use.line)
        for use in function.uses
        if use.chain.partition("()")[0].rpartition(".")[2][:1].isupper()
    ]
    targets += [
        project.resolve(handler, use.chain.rpartition(".")[0], use.line)
        for use in function.uses
        if use.kind == "call" and use.chain.rpartition(".")[2] in _LOADING
    ]
    owner = project.owner_index(handler)
    for name in _SCHEMAS if owner >= 0 else ():
        value = project.classes.variable(handler.path, owner, name)
        targets += [project.resolve_expression(Place(value[0], -1), value[1])] if value is not None else []
    return any(
        target is not None
        and target.kind in {"class", "instance"}
        and target.index >= 0
        and is_schema(project, target.path, target.index)
        and any(is_password_name(name) for name, _, _ in project.classes.fields(target.path, target.index))
        for target in targets
    )


def _reads_password(picture: Picture, handler: Place) -> bool:
    """Whether a handler reads the field of a form that is a password's: ``form.password.data``."""
    return any(
        use.kind != "write" and any(is_password_name(part) for part in use.chain.split(".")[1:])
        for use in uses_of(picture.project, handler)
    )


def _hands_password_on(picture: Picture, handler: Place) -> bool:
    """Whether a function that the handler hands the request or a form takes a password out of it."""
    project = picture.project
    for call in calls(project.body(handler)):
        heads = {chain(one.value).partition(".")[0].removesuffix("()") for one in call.arguments}
        target = project.resolve_expression(handler, call.func) if not _FORMS.isdisjoint(heads) else None
        if target is None or target.kind != "function":
            continue
        for node in walk(project.body(Place(target.path, target.index))):
            key = node.index if isinstance(node, Subscript) else None
            if isinstance(node, Call) and chain(node.func).rpartition(".")[2] == "get" and node.arguments:
                key = node.arguments[0].value
            if isinstance(key, Constant) and isinstance(key.value, str) and is_password_name(key.value):
                return True
    return False


def _checks(picture: Picture, handler: Place) -> bool:
    """Whether the handler, or what it calls, finds out whether a password is the right one."""
    if any(
        use.kind == "call" and _CHECKING.search(use.chain.rpartition(".")[2])
        for place in _public.below(picture, handler)
        for use in uses_of(picture.project, place)
    ):
        return True
    return any(
        call.func.attr in _LOOKING_UP and any(one.keyword and is_password_name(one.keyword) for one in call.arguments)
        for call in calls(picture.project.body(handler))
        if isinstance(call.func, Attribute)
    )


def _limited(picture: Picture, handler: Place, function: Function, routes: list[Route], what: str) -> bool:
    """Whether a limiter stands at the handler, or something on its way counts or hinders attempts."""
    project = picture.project
    if any(picture.shared(Limits).near(route) for route in routes) or limits_of(project, handler, function):
        return True
    attached = [one.dotted for route in routes for one in route.attached]
    depended = [project.qualified(place) for route in routes for place in route.dependencies]
    if any(_HINDERING.search(name) or LIMITING.search(name.rpartition(".")[2]) for name in (*attached, *depended)):
        return True
    below = _public.below(picture, handler)
    if any(_HINDERING_HERE.search(use.chain) for use in uses_of(project, handler)) or any(
        _HINDERING.search(use.chain) for place in below for use in uses_of(project, place)
    ):
        return True
    if picture.shared(Lockouts).stop(below):
        return True
    # A password is counted where it is checked; the codes of a second step, which come later, count for themselves.
    near = {Place(site.target.path, site.target.index) for site in picture.calls_of(handler)} | {handler}
    return any(_turns_away(project.body(place)) for place in below if what in _CODED or place in near)


def _turns_away(body: Iterable[msgspec.Struct]) -> bool:
    """Whether something ends with the status of too many requests: ``raise HTTPException(429, …)``."""
    endings = (node for node in walk(body) if isinstance(node, Raise | Return))
    return any(isinstance(one, Constant) and one.value == _TOO_MANY for node in endings for one in walk(node))
