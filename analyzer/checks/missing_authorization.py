"""BA304: who asks is known, and nobody asks whether they may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.checks import _everybodys, _personal, _public
from analyzer.checks._believing import believing, person_of, told
from analyzer.checks._claimed import Claim, claims
from analyzer.checks._everybodys import PRIVATE
from analyzer.checks._may import Evidence, Handled, evidence
from analyzer.checks._owners import Model, Owners
from analyzer.checks._privileged import gives_money, gives_rights
from analyzer.checks._resources import Resources
from analyzer.checks._trails import Load
from analyzer.checks._unawaited import unawaited
from analyzer.checks._whole import answered_as_kept
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Name
from analyzer.facts.outline import Class, Function
from analyzer.facts.statements import Return
from analyzer.facts.visit import chain, walk
from analyzer.flow.passwords import is_password_column
from analyzer.flow.questions import uses_of
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Related, Rule, Span, Step

_ASKING = frozenset({"check", "is", "am", "has", "verify"})
_ADMIN = frozenset({"admin", "admins", "administrator", "administration", "superuser", "superadmin"})
_STAFF = re.compile(r"/staff/(?!\{)\w", re.IGNORECASE)
"""Paths for those who work here; ``/staff/{id}`` and ``/staff_units`` are about them."""
_OWN = frozenset(
    "me self own my mine profile password logout login signin signup register token refresh session sessions account "
    "settings preferences notifications webhook webhooks callback health".split()
)
"""Words of paths on which everybody deals with what is theirs, or comes in."""
_TOKEN = frozenset(
    "login signin register signup reset forgot verify verification activate activation confirm unsubscribe callback "
    "invite invitation accept webhook webhooks logout refresh".split()
)
"""Words of routes on which the identifier is the proof: a token from an e-mail, a code, a signature."""
_PROVING = re.compile(r"\{[^}]*(?:token|secret|signature|hmac|nonce)[^}]*\}", re.IGNORECASE)
"""A part of the path that only whoever was sent the link has: ``/off/{id}/{token}``."""
_MAKING = frozenset({"create", "add", "new", "insert", "import"})
"""Words of routes that make a record; what they load by the body is looked at for doubles."""
_INTIMATE = re.compile(
    r"^(?:ccn|cc_num(?:ber)?|credit_?card\w*|card_?number|cvv|cvc|ssn|social_security\w*|iban|passport\w*|salary)$",
    re.I,
)
"""Attributes of records that only their owner is shown."""
_UNDER_SOMEBODY = re.compile(
    r"/(?:users?|accounts?|customers?|members?|patients?|students?|employees?|clients?|profiles?)/\{[^}]*\}/.*\{"
)
"""Paths on which a record stands below the person it belongs to: ``/users/{user_id}/messages/{message_id}``."""
_PROFILE = re.compile(r"/(?:profile|account|settings|password|avatar|preferences)s?(?:/edit|/update)?/\{")
"""Paths on which people change what is theirs, with a number in them that says whose."""
_RANK = {"POST": 1, "PUT": 2, "PATCH": 2, "DELETE": 3}
_AUDITED = re.compile(r"creat|add|upload|post", re.IGNORECASE)
_CROWD = 2
"""Unchecked changes of a resource that nobody checks: from here on everybody is meant to work on it."""
_CHANGED = {"DELETE": "deletes", "PUT": "changes", "PATCH": "changes", "POST": "changes"}


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """At most one finding a handler: of the object, else of the function."""
    known = evidence(picture)
    yield from believing(picture, rule, known)
    for one in known.handled:
        believed = () if one.stands else claims(picture, one.handler)
        claim = next((each for each in believed if not (each.filled and _kept_out(one))), None)
        if claim is not None:
            yield _claimed(picture, rule, one, claim)
            continue
        person = person_of(picture, one)
        if person is not None:
            yield told(picture, rule, one.handler, person, one.route.label)
            continue
        asked = next(unawaited(picture, one.handler), None)
        if asked is not None:
            yield _unasked(picture, rule, one, asked)
            continue
        if not one.known or one.stated or ((one.demanding or one.trail.role) and not one.ordinary):
            continue
        finding = _object(picture, rule, known, one) or _everybody(picture, rule, known, one)
        if finding is None and not one.ordinary:
            finding = _function(picture, rule, known, one)
        if finding is not None:
            yield finding


def _kept_out(one: Handled) -> bool:
    """Whether a role is demanded before the handler runs."""
    return any(guard.demand in {"role", "scope"} and guard.place != one.handler for guard in one.guards)


def _claimed(picture: Picture, rule: Rule, one: Handled, claim: Claim) -> Finding:
    """What the client says of itself is believed."""
    shown = claim.node
    finding = _finding(
        picture,
        rule,
        one,
        f"`{one.name}` ({one.route.label}) lets in whoever sends {claim.what} as wanted, and every client can",
        "Look the right up for who is logged in: in the session that the server keeps, a signed token or the database",
        Confidence.HIGH if claim.cookie else Confidence.MEDIUM,
        None,
        None,
    )
    at = Location(claim.place.path, Span(shown.line, shown.column, shown.end_line, shown.end_column))
    return msgspec.structs.replace(finding, steps=(Step(at, "it is believed here"),))


def _unasked(picture: Picture, rule: Rule, one: Handled, asked: Call) -> Finding:
    """A check whose answer nobody waits for."""
    finding = _finding(
        picture,
        rule,
        one,
        f"`{one.name}` ({one.route.label}) asks `{chain(asked.func)}(…)` without `await`: a coroutine is true, whoever "
        "is asking",
        f"Await it: `await {chain(asked.func)}(…)`",
        Confidence.HIGH,
        None,
        None,
    )
    at = Location(one.handler.path, Span(asked.line, asked.column, asked.end_line, asked.end_column))
    return msgspec.structs.replace(finding, steps=(Step(at, "it is asked here"),))


def _object(picture: Picture, rule: Rule, known: Evidence, one: Handled) -> Finding | None:
    """A record is chosen by the client, and whose it is does not matter."""
    words = _words(one)
    creating = one.route.method == "POST" and "{" not in one.route.path and not _MAKING.isdisjoint(words)
    if creating or not _TOKEN.isdisjoint(words) or _PROVING.search(one.route.path):
        return None
    how = "changed" if one.changing else "read"
    chosen = [load for load in one.trail.loads if load.keyed and not load.scoped and load.used]
    loads = [load for load in chosen if load.used == how] or (chosen if _intimate(picture, one) else [])
    judged = [(load, _sure(picture, known, one, load)) for load in loads]
    best = max(judged, key=lambda pair: pair[1] or Confidence.LOW, default=None)
    told = [pair for pair in judged if pair[1] is not None]
    if best is None or not told:
        return None
    load, sure = max(told, key=lambda pair: pair[1] or Confidence.LOW)
    resources, owners = picture.shared(Resources), picture.shared(Owners)
    title, model = resources.title(load.resource), resources.model(load.resource)
    columns = (owners.columns(model) or owners.likely(model)) if model is not None else ()
    sibling = known.asking(load.resource, one, how)
    changes = one.changing and load.used == "changed"
    does = f"{_CHANGED.get(one.route.method, 'changes')} the" if changes else "hands out any"
    whose = f" (`{columns[0]}`)" if columns else ""
    near = f"; `{sibling.name}` does ask" if sibling is not None else ""
    near = "; another branch of it does ask" if sibling is one else near
    by = f"`{columns[0]}`" if columns else "whose it is"
    kept = "what asks whether it is the caller's keeps nobody out" if load.idle else ""
    kept = kept or f"nothing asks whether it is the caller's{whose}{near}"
    return _finding(
        picture,
        rule,
        one,
        f"`{one.name}` ({one.route.label}) {does} `{title}` that the client names, and {kept}",
        f"Put the caller into the filter of `{load.shown}`, or compare {by} with the caller and answer 403 or 404",
        sure or Confidence.LOW,
        sibling,
        load,
    )


def _everybody(picture: Picture, rule: Rule, known: Evidence, one: Handled) -> Finding | None:
    """Who is asking is known, and nothing is made of it."""
    told = None if not _TOKEN.isdisjoint(_words(one)) else _everybodys.found(picture, known, one)
    if told is None:
        return None
    message = f"`{one.name}` ({one.route.label}) {told.does}"
    return _finding(picture, rule, one, message, told.fix, Confidence.MEDIUM, None, None)


def _sure(picture: Picture, known: Evidence, one: Handled, load: Load) -> Confidence | None:
    """How sure it is that a load should have asked; ``None`` for not at all."""
    if (load.used == "read" and _intimate(picture, one)) or (load.idle is not None and known.identity(one)):
        return Confidence.MEDIUM
    owners, model = picture.shared(Owners), picture.shared(Resources).model(load.resource)
    columns = owners.columns(model) if model is not None else ()
    likely = bool(owners.likely(model) or owners.through(model)) if model is not None else True
    sibling = known.asking(load.resource, one, "changed" if one.changing else "read")
    if not known.identity(one):
        sibling = None
    if owners.is_user(model) if model is not None else owners.people(load.resource):
        whole = not one.changing and known.identity(one)
        if whole and (
            _whole_row(picture, one, model) or (model is None and answered_as_kept(picture, load.place, load.node))
        ):
            return Confidence.MEDIUM
        if not one.changing:
            told = _personal.declares_personal(picture, one.handler) and "{" in one.route.path
            open_ = not (told and known.identity(one) and known.roles(one)) or known.shared(load.resource, one)
            return None if open_ else Confidence.MEDIUM
        # An administrator's tool works on everybody; without roles, or without a person who asks, nobody can tell.
        own = _PROFILE.search(one.route.path) is not None and known.logged_in(one)
        asked = sibling is not None or known.roles(one) or known.joined(one)
        sure = own or _grants(picture, one) or (known.identity(one) and asked)
        return Confidence.MEDIUM if sure else Confidence.LOW
    if not columns and not likely:
        return None
    # Where the model does not refer to users and the one that asks is far away, it may ask for something else.
    refers = bool(columns) or model is None
    beside = sibling is not None and sibling.handler.path == one.handler.path
    near = Confidence.MEDIUM if refers or beside else Confidence.LOW
    made = known.identity(one) and any(
        (name in columns or model is None) and not _AUDITED.match(name) for name in known.made.get(load.resource, ())
    )
    joined = known.joined(one) and (known.identity(one) or known.logged_in(one))
    private = PRIVATE.search(picture.shared(Resources).title(load.resource)) is not None
    if not one.changing:
        kept = private and (made or (joined and (bool(columns) or model is None)))
        if sibling is one or ((sibling is not None or kept) and not known.shared(load.resource, one)):
            return near
        return None
    if sibling is not None:
        return near
    if made and (joined or known.unasked(load.resource, one) < _CROWD):
        return Confidence.MEDIUM
    if joined and private and model is None:
        return Confidence.MEDIUM
    if not columns:
        return None
    if joined and not all(map(_AUDITED.match, columns)):
        return Confidence.MEDIUM
    below = _UNDER_SOMEBODY.search(one.route.path) is not None and known.identity(one)
    fields = (name for name, _, _ in picture.project.classes.fields(*model)) if model is not None else ()
    below = below or (known.logged_in(one) and any(map(gives_money, fields)))
    return Confidence.MEDIUM if below else Confidence.LOW


def _function(picture: Picture, rule: Rule, known: Evidence, one: Handled) -> Finding | None:
    """Beside it a role is demanded, here everybody who is logged in may."""
    words = _words(one)
    if not _OWN.isdisjoint(words) or one.trail.decides:
        return None
    administering = not _ADMIN.isdisjoint(words) or _STAFF.search(one.route.path) is not None
    if not one.changing and "{" not in one.route.path and not _ASKING.isdisjoint(words):
        administering = False  # ``GET /check_admin`` tells who asks what they are themselves
    if administering and known.roles(one) and not _public.takes_password(picture, one.handler):
        does = "is called as if for administrators"
        sibling = next((other for other in known.beside(one) if other.demanding), None)
        sure = Confidence.MEDIUM
    else:
        if not one.changing or one.own:
            return None
        beside = [other for other in known.alike(one) if other.changing]
        asked = [other for other in beside if "role" in other.demands]
        weaker = [other for other in asked if _RANK.get(other.route.method, 0) <= _RANK.get(one.route.method, 0)]
        if not weaker:
            return None
        sibling = weaker[0]
        does = "changes what only some may change beside it"
        sure = Confidence.MEDIUM if len(asked) == len(beside) else Confidence.LOW
    near = f"; `{sibling.name}` demands {sibling.demanded}" if sibling is not None else ""
    return _finding(
        picture,
        rule,
        one,
        f"`{one.name}` ({one.route.label}) {does}, and everybody who is logged in may call it{near}",
        f"Demand the role before `{one.name}` runs, as its siblings do",
        sure,
        sibling,
        None,
    )


def _grants(picture: Picture, one: Handled) -> bool:
    """Whether a handler gives rights itself: ``user.is_staff = True``."""
    return one.view < 0 and any(
        use.kind == "write" and "." in use.chain and gives_rights(use.chain.rpartition(".")[2])
        for use in uses_of(picture.project, one.handler)
    )


def _intimate(picture: Picture, one: Handled) -> bool:
    """Whether a handler hands out what nobody but its owner is meant to see."""
    if one.view >= 0:
        return False
    return _personal.selected(picture, one.handler) is not None or any(
        use.kind == "read" and _INTIMATE.search(use.chain.rpartition(".")[2])
        for use in uses_of(picture.project, one.handler)
    )


def _whole_row(picture: Picture, one: Handled, model: Model | None) -> bool:
    """Whether a row of a person is answered as it is, the password's column with it: no schema picks the fields."""
    function = picture.project.function(one.handler)
    if model is None or function is None or one.route.framework != "FastAPI" or function.returns is not None:
        return False
    declared = (given.keyword for item in function.decorators if isinstance(item, Call) for given in item.arguments)
    if any(keyword in {"response_model", "response_class"} for keyword in declared):
        return False
    columns = (name for name, _, _ in picture.project.classes.fields(*model))
    kept = any(is_password_column(name) for name in columns)
    answers = [node.value for node in walk(picture.project.body(one.handler)) if isinstance(node, Return)]
    return kept and bool(answers) and all(isinstance(value, Name) or _row(value) for value in answers)


def _row(value: AnyExpression | None) -> bool:
    return isinstance(value, Call) and isinstance(value.func, Attribute) and value.func.attr in _ROWS


_ROWS = frozenset({"first", "one", "one_or_none", "get", "scalar_one", "scalar_one_or_none", "scalar"})


def _words(one: Handled) -> set[str]:
    segments = [part for part in one.route.path.lower().split("/") if part and "{" not in part]
    return {word for name in (one.name, one.owner, *segments) for word in _public.words_of(name)}


def _finding(
    picture: Picture,
    rule: Rule,
    one: Handled,
    message: str,
    fix: str,
    sure: Confidence,
    sibling: Handled | None,
    load: Load | None,
) -> Finding:
    outline = picture.project.outline(one.handler.path)
    function: Function | Class = outline.classes[one.view] if one.view >= 0 else outline.functions[one.handler.index]
    if one.stands and one.view < 0:
        function = outline.classes[outline.functions[one.handler.index].owner]
    related: Sequence[Related] = ()
    if sibling is not None and sibling is not one:
        there = picture.project.outline(sibling.handler.path)
        other: Function | Class = (
            there.classes[sibling.view] if sibling.view >= 0 else (there.functions[sibling.handler.index])
        )
        at = Location(sibling.handler.path, Span(other.line, other.column, other.line, other.end_column))
        related = (Related(at, f"`{sibling.name}` asks"),)
    steps: Sequence[Step] = ()
    if load is not None:
        node = load.node
        at = Location(load.place.path, Span(node.line, node.column, node.end_line, node.end_column))
        steps = (Step(at, "the record is chosen here"),)
        if load.idle is not None:
            place, asked = load.idle
            lines = Span(asked.line, asked.column, asked.end_line, asked.end_column)
            steps = (*steps, Step(Location(place.path, lines), "this check lets everybody pass"))
    return Finding(
        rule=rule.code,
        location=Location(one.handler.path, Span(function.line, function.column, function.line, function.end_column)),
        message=message,
        fix=fix,
        severity=rule.severity,
        confidence=sure,
        related=tuple(related),
        steps=tuple(steps),
    )
