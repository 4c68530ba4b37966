"""The part of BA304 about handlers that know who is asking and make nothing of it: they work on what belongs to whom a
path names, or on what is everybody's at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.checks import _personal, _public
from analyzer.checks._chains import says_caller
from analyzer.checks._may import Evidence, Handled
from analyzer.checks._owners import Owners
from analyzer.checks._resources import Resources
from analyzer.facts.expressions import Attribute, Call, Compare, Name, Subscript
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain, walk
from analyzer.flow.questions import uses_of
from analyzer.flow.sources import injected
from analyzer.frameworks.fastapi import injections
from analyzer.graph.picture import Picture

PRIVATE = re.compile(
    r"Order|Invoice|Payment|Transaction|Message|Notification|Note|Booking|Reservation|Appointment|Document|Account|Cart"
    r"|Address|Ticket|Prescription|Receipt|Loan|Wallet|Card|Subscription|Conversation|Chat|Record",
    re.IGNORECASE,
)
"""Names of records that nobody but their owner reads."""
_PERSON = (
    "users?|accounts?|customers?|members?|patients?|students?|employees?|clients?|profiles?|people|persons?|drivers?"
)
_UNDER = re.compile(rf"/(?:{_PERSON})/\{{(\w+)\}}(/.*)?\Z")
"""``/users/{user_id}/orders``: the person that a path names, and what of theirs."""
_PEOPLE = re.compile(rf"/(?:{_PERSON})/?\Z")
"""``/users``: everybody."""
_MAKER = re.compile(
    r"^(?:user|owner|author|creator|customer|sender|account)(?:_id)?$|^created_by(?:_id)?$", re.IGNORECASE
)
"""Columns that say who made a record."""
_TOGETHER = re.compile(
    r"Member|Role|Permission|Assign|Invit|Particip|Friend|Follow|Share|Grant|Access|Enrol|Attend|Notif|Group|Token|Session"
    r"|Log|Audit|Profile|Link",
    re.IGNORECASE,
)
"""Records that are about somebody else by nature."""
_LOGGING = re.compile(r"^(?:log|logger|logging|_log|_logger|LOG|print|structlog)\b|\.(?:log|logger)\.\w+$")


class Everybodys(msgspec.Struct, frozen=True):
    """What a handler does, in words, and what to do instead."""

    does: str
    fix: str


def found(picture: Picture, known: Evidence, one: Handled) -> Everybodys | None:
    """What a handler does to somebody else's things, where a caller who signed up by themselves is let in."""
    if one.view >= 0 or one.trail.decides or not _unheard(picture, one):
        return None
    return (
        _named(picture, known, one)
        or _every_person(picture, known, one)
        or _every_record(picture, known, one)
        or _shown_to_all(picture, known, one)
        or _in_a_name(picture, known, one)
        or _rights(known, one)
    )


def _named(picture: Picture, known: Evidence, one: Handled) -> Everybodys | None:
    """``GET /users/{user_id}/orders`` for whatever number."""
    under = _UNDER.search(one.route.path)
    if under is None or not (
        known.joined(one) or _compared_beside(picture, known, one, under[1]) or _removes_anybody(known, one, under[2])
    ):
        return None
    private = PRIVATE.search(under[2] or "") is not None or _personal.declares_personal(picture, one.handler)
    function = picture.project.function(one.handler)
    if function is None or not (one.changing or private) or under[1] not in {each.name for each in function.parameters}:
        return None
    what = "changes what belongs to" if one.changing else "hands out what belongs to"
    return Everybodys(
        f"{what} whatever `{under[1]}` the client names, and nothing compares it with the caller",
        f"Compare `{under[1]}` with the caller and answer 403 or 404, or leave it out and take the caller's own",
    )


def _every_person(picture: Picture, known: Evidence, one: Handled) -> Everybodys | None:
    """``GET /users`` with everybody's e-mail addresses, for whoever signed up a minute ago."""
    if one.changing or "{" in one.route.path or not (known.joined(one) and known.roles(one)):
        return None
    declared = _personal.declared_list(picture, one.handler) if _PEOPLE.search(one.route.path) else None
    told = declared[1] if declared is not None else _read_of_all(picture, one)
    if not told:
        return None
    return Everybodys(
        f"hands out everybody's `{told}`, and whoever signs up may call it",
        "Demand a role for the list of all people, or answer with what everybody may see of them",
    )


def _read_of_all(picture: Picture, one: Handled) -> str:
    """The personal column that a handler takes out of everybody's records: ``[user.email for user in User.query]``."""
    owners, resources = picture.shared(Owners), picture.shared(Resources)
    for load in one.trail.loads:
        if load.keyed or load.scoped or load.used != "read":
            continue
        model = resources.model(load.resource)
        if owners.is_user(model) if model is not None else owners.people(load.resource):
            told = _personal.read_of_each(picture, one.handler, model)
            told = told or ("records" if model is None and _personal.whole_people(picture, one.handler) else "")
            if told:
                return told
    return ""


def _every_record(picture: Picture, known: Evidence, one: Handled) -> Everybodys | None:
    """``Payment.objects.all()`` for whoever is logged in."""
    if one.changing or "{" in one.route.path or not known.joined(one):
        return None
    owners, resources = picture.shared(Owners), picture.shared(Resources)
    for load in one.trail.loads:
        model = resources.model(load.resource)
        title = resources.title(load.resource)
        if load.keyed or load.scoped or load.used != "read" or model is None or not PRIVATE.search(title):
            continue
        columns = owners.columns(model)
        if columns:
            return Everybodys(
                f"hands out every `{title}`, whoever's it is (`{columns[0]}`), and whoever signs up may call it",
                f"Put the caller into the filter of `{load.shown}`, or demand a role for the list of all",
            )
    return None


def _shown_to_all(picture: Picture, known: Evidence, one: Handled) -> Everybodys | None:
    """``DELETE /products/{id}`` of a shop, where everybody sees the products and whoever signs up removes them."""
    if not one.changing or "{" not in one.route.path or not known.joined(one) or one.own:
        return None
    owners, resources = picture.shared(Owners), picture.shared(Resources)
    for load in one.trail.loads:
        model = resources.model(load.resource)
        if not load.keyed or load.scoped or load.used != "changed" or load.resource.startswith("view:"):
            continue
        owned = model is not None and bool(owners.is_user(model) or owners.columns(model) or owners.likely(model))
        owned = owned or bool(known.made.get(load.resource)) or owners.people(load.resource)
        if not owned and known.displayed(load.resource, one):
            title = resources.title(load.resource)
            does = "removes" if one.route.method == "DELETE" else "changes"
            return Everybodys(
                f"{does} any `{title}`, which everybody is shown, and whoever signs up may call it",
                f"Demand a role before `{one.name}` runs, or keep whose each `{title}` is and compare that",
            )
    return None


def _in_a_name(picture: Picture, known: Evidence, one: Handled) -> Everybodys | None:
    """``Order(user_id=data["user_id"])`` by whoever is logged in, where others ask whose orders are."""
    for resource, column in sorted(one.trail.named):
        title = picture.shared(Resources).title(resource)
        if not _MAKER.match(column) or _TOGETHER.search(title):
            continue
        if known.joined(one) or known.asking(resource, one, "changed") is not None:
            return Everybodys(
                f"makes a `{title}` in the name of whoever the client says (`{column}`), and not of the caller",
                f"Take `{column}` from who is logged in, or demand a role of those who do this for others",
            )
    return None


def _removes_anybody(known: Evidence, one: Handled, below: str | None) -> bool:
    """``DELETE /users/{user_id}`` where some may do more than others."""
    return one.route.method == "DELETE" and not (below or "").strip("/") and known.roles(one)


def _rights(known: Evidence, one: Handled) -> Everybodys | None:
    """``POST /users/{user_id}/roles``, ``POST /permissions``: what others may do, by whoever is logged in."""
    if not one.changing or not (known.roles(one) or known.joined(one)):
        return None
    segments = [part for part in one.route.path.lower().split("/") if part and "{" not in part]
    named = {*_public.words_of(one.name), *(word for part in segments[-1:] for word in _public.words_of(part))}
    if _GRANTING.isdisjoint(named) or not _ASKING_ONLY.isdisjoint(named):
        return None
    return Everybodys(
        "changes what others may do, and everybody who is logged in may call it",
        f"Demand the right to grant rights before `{one.name}` runs",
    )


_GRANTING = frozenset(
    "role roles permission permissions privilege privileges grant grants revoke promote demote superuser".split()
)
_ASKING_ONLY = frozenset(
    "list get check search query find filter page tree export verify test validate request requests my me own mine "
    "has can current available options message messages chat prompt".split()
)
"""Words of routes that only tell who may, or deal with the caller's own."""


def _unheard(picture: Picture, one: Handled) -> bool:
    """Whether a handler does nothing with who is asking: at most it writes the name into a log."""
    project = picture.project
    function = project.function(one.handler)
    if function is None:
        return False
    body = project.body(one.handler)
    callers = {
        each.name for each in function.parameters if injected(each) or says_caller(each.name) or _typed(each.annotation)
    }
    callers -= {each for each in callers if _TOOLS.search(each)}
    logged = {
        id(inner)
        for node in walk(body)
        if isinstance(node, Call) and _LOGGING.search(chain(node.func))
        for inner in walk(node)
    }
    for node in walk(body):
        if isinstance(node, Name | Attribute) and id(node) not in logged:
            spelled = chain(node)
            if spelled.partition(".")[0] in callers or (spelled and says_caller(spelled)):
                return False
        elif isinstance(node, Subscript) and _SESSION.search(chain(node.value)):
            return False
    called = _public.below(picture, one.handler)[1:]
    if any(says_caller(use.chain) or _KEPT.search(use.chain) for place in called for use in uses_of(project, place)):
        return False
    return not _asked_before(picture, one, function)


_SESSION = re.compile(r"(?:^|\.)(?:session|g|state|META|headers|cookies)$")
"""What is asked by a key who is there."""
_KEPT = re.compile(r"(?:^|\.)session\[\]")


_TOOLS = re.compile(r"^(?:db|session|\w+_session|\w+_?(?:service|repo|repository|store|cache|client|manager)|conn\w*)$")
"""What is injected and is nobody."""


def _typed(annotation: object) -> bool:
    """Whether a parameter is told by an alias: ``user: CurrentUser``."""
    return isinstance(annotation, Name) and says_caller(annotation.id)


def _asked_before(picture: Picture, one: Handled, function: Function) -> bool:
    """Whether something that runs before takes what the path names, and so may compare it itself."""
    project = picture.project
    keys = set(re.findall(r"\{(\w+)", one.route.path))
    places = [guard.place for guard in one.guards if guard.place.path] + list(one.route.dependencies)
    for place in places:
        before = project.function(place)
        if before is None or place == one.handler:
            continue
        names = {each.name for each in before.parameters}
        if names & keys or any("path_params" in use.chain or use.chain.endswith("view_args") for use in before.uses):
            return True
        if "kwargs" in names and function.decorators and any(use.chain.startswith("kwargs") for use in before.uses):
            return True
    return any(True for _, call in injections(project, one.handler, function) if _parametrised(call))


def _parametrised(call: Call) -> bool:
    """``Depends(allowed("orders"))``, ``Security(user, scopes=["orders"])``"""
    return len(call.arguments) > 1 or any(isinstance(given.value, Call) for given in call.arguments)


def _compared_beside(picture: Picture, known: Evidence, one: Handled, key: str) -> bool:
    """Whether a handler beside compares the person of the same path with the caller."""
    return any(
        "{" + key + "}" in other.route.path
        and any(
            any(key == side for side in sides) and any(says_caller(side) for side in sides if side != key)
            for sides in _comparisons(picture, other)
        )
        for other in known.beside(one)
        if other.view < 0
    )


def _comparisons(picture: Picture, one: Handled) -> Iterator[Sequence[str]]:
    for node in walk(picture.project.body(one.handler)):
        if isinstance(node, Compare):
            yield [chain(side) for side in (node.left, *node.comparators)]
