"""Chains of calls, attributes and items, taken apart once: what does not hang on who walks by.

Handlers share the functions they call, so each chain of those is met hundreds of times with other marks on its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from analyzer.checks._resources import Resources
from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Await,
    Call,
    Constant,
    Name,
    Slice,
    Subscript,
)
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain, walk
from analyzer.flow.callers import bound
from analyzer.flow.named import method
from analyzer.flow.sources import spelled_as_request
from analyzer.project import Place, Target

_CALLER = re.compile(
    r"current_?(?:active_?|admin_?|super_?)?(?:user|member|customer|account|merchant|partner|employee|tenant|seller|vendor)"
    r"|(?:^|\.)request\.(?:user|auth|state\.\w*user|session|cookies|ctx\.\w*user)"
    r"|request\[\]|\bg\.\w*(?:user|identity|auth|claims|account|uid)|get_jwt|jwt_identity|identity|(?:^|\.)claims|principal"
    r"|authenticat|session_user|logged_in|whoami|token_data|context\.user|self\.user\b|(?-i:^user\.(?:id|username|pk)$)",
    re.IGNORECASE,
)
"""Chains that say who is asking."""
_KEY = re.compile(r"authori[sz]ation|token|session|cookie|api[-_]?key|^user(?:_?id|name)?$|^sub$|uid|logged", re.I)
_HOLDING = re.compile(r"(?:^|\.)(?:session|cookies|headers|environ|META)(?:$|\.|\[)|(?:^|\.)g$|decode", re.IGNORECASE)
_SESSION = re.compile(r"^(?:\w+\.)*(?:session|user_session|web_session)$")
_CHANGES = re.compile(
    r"^(?:a?delete|remove|destroy|a?save|a?update|set_\w+|pop|discard|merge|archive|cancel|approve|close|restore|publish"
    r"|(?:delete|update|replace)_one|(?:delete|update)_many|find_one_and_\w+|perform_\w+|\w*_update|update_\w+|delete_\w+|remove_\w+|toggle\w*)$"
)
_AUDIT = re.compile(
    r"(?:updat|modif|edit|delet|chang|act|creat|process|handl)\w*_by|actor|editor|context|user_agent", re.I
)
PROOF = re.compile(r"token|secret|signature|nonce", re.IGNORECASE)
"""What nobody guesses: who sends it was given it, and a record that it leads to is theirs."""
_PAGES = frozenset({"limit", "offset", "order_by", "slice", "paginate", "all", "append", "add", "options"})
_PAGE = re.compile(r"^(?:limit|offset|skip|page\w*|per_page|size|items_per_page|order\w*|sort\w*|db|session)$")
PAGING = re.compile(
    r"^(?:limit|offset|skip|page(?:_?(?:num(?:ber)?|size|no))?|per_?page|cursor|order(?:_?by)?|sort(?:_?by)?)$", re.I
)
"""Fields of a request that choose a page or an order, and no record."""
DECIDING = re.compile(
    r"^(?!(?:create|add|grant|give|assign|update|edit|delete|remove|revoke|save|insert)_(?:\w+_)?(?:permissions?|polic(?:y|ies))$)"
    r".*?(?:permission|authori[sz]|(?:^|_)can_|_can(?:$|_)|allowed|owner|policy|access(?!_?token)|ensure|enforce|belongs|has_role|forbid"
    r"|is_mine|visible|restrict|(?:for|by|of)_user(?!_?name)|check_(?!password)|require_)",
    re.IGNORECASE,
)
"""Calls that decide whether somebody may, and none that give or take rights."""
_VALIDATING = re.compile(r"validat|verif|confirm|check|ensure", re.IGNORECASE)
_ROLE = re.compile(r"super_?user|is_?staff|is_?admin|\badmin\b|role|has_perm|permission", re.IGNORECASE)
_FILLING = frozenset("update_one update_many find_one_and_update replace_one find_one_and_replace".split())
"""Calls whose first argument chooses a document, and whose others say what becomes of it."""
_KEPT = 100_000
"""Chains remembered (50 MB): those of all functions that handlers reach in a backend of 130,000 lines, twice."""


class Given(msgspec.Struct, frozen=True):
    """An argument or item of a chain, with the name of the call it goes to. ``audit``: it is kept to tell who did
    something; ``paging``: it chooses a page or an order, and no record; ``filling``: it is what a record gets, and
    chooses none."""

    verb: str
    argument: Argument
    audit: bool
    paging: bool
    filling: bool = False


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A chain: ``steps`` from its end to its ``base``; ``given`` the arguments and items on the way; ``call`` its last
    call with the name and what that denotes. ``made`` and ``resource`` are what it makes and asks for, ``identity``
    whether its keys read who is asking, ``says`` whether its names do, ``proof`` whether it reads what nobody guesses;
    ``deciding`` and ``validating`` are what its call does, told by the name."""

    node: AnyExpression
    spelled: str
    steps: tuple[AnyExpression, ...]
    base: AnyExpression
    given: tuple[Given, ...]
    call: Call | None
    name: str
    says: bool
    proof: bool
    deciding: bool
    validating: bool
    target: Target | None
    made: str
    resource: str
    inserting: bool
    changes: bool
    request: bool
    identity: bool


class Chains:
    """Chains by their last node, remembered."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._known: dict[int, Chain] = {}
        self._bound: dict[int, tuple[Call, dict[str, Argument] | None]] = {}
        self._roles: dict[int, tuple[AnyExpression, tuple[str, ...]]] = {}

    def of(self, place: Place, node: AnyExpression) -> Chain:
        """The chain that ends in a node of a function."""
        found = self._known.get(id(node))
        if found is None or found.node is not node:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = self._known[id(node)] = self._taken_apart(place, node)
        return found

    def _taken_apart(self, place: Place, node: AnyExpression) -> Chain:
        steps, base = spine(node)
        given: list[Given] = []
        for step in steps:
            if isinstance(step, Call):
                verb = last_name(step.func)
                given += [_given(verb, one, at) for at, one in enumerate(step.arguments)]
            elif isinstance(step, Subscript):
                given.append(_given("[]", Argument(step.index)))
        calls = [step for step in steps if isinstance(step, Call)]
        call = calls[0] if calls else None
        resources, project = self._resources, self._resources.project
        spelled = chain(node)
        name = last_name(call.func) if call is not None else ""
        return Chain(
            node=node,
            spelled=spelled,
            steps=tuple(steps),
            base=base,
            given=tuple(given),
            call=call,
            name=name,
            says=says_caller(spelled),
            proof=PROOF.search(spelled.rpartition(".")[2]) is not None
            or (call is not None and _chooses_nothing(_key_of(call, name))),
            deciding=DECIDING.search(name) is not None,
            validating=_VALIDATING.search(name) is not None,
            target=project.resolve_expression(place, call.func) if call is not None and chain(call.func) else None,
            made=resources.made(place, call),
            resource=resources.asked(place, node, steps) if call is not None else "",
            inserting=call is not None and resources.inserting(place, call),
            changes=any(_CHANGES.match(last_name(one.func)) for one in calls)
            or (call is not None and resources.writes(place, call)),
            request=bool(spelled) and spelled_as_request(spelled),
            identity=_identity(node, spelled),
        )

    def bound(self, function: Function, call: Call, target: Target) -> dict[str, Argument] | None:
        """The arguments of a call by the names of the parameters they fill; ``None`` when that cannot be known."""
        kept = self._bound.get(id(call))
        if kept is None or kept[0] is not call:
            if len(self._bound) >= _KEPT:
                self._bound.clear()
            kept = self._bound[id(call)] = (call, bound(function, call, method(target, function, chain(call.func))))
        return kept[1]

    def roles(self, test: AnyExpression) -> tuple[str, ...]:
        """The names, chains and short texts of a test that speak of a role."""
        kept = self._roles.get(id(test))
        if kept is None or kept[0] is not test:
            if len(self._roles) >= _KEPT:
                self._roles.clear()
            kept = self._roles[id(test)] = (test, tuple(one for one in _spelled(test) if _ROLE.search(one)))
        return kept[1]


def _spelled(test: AnyExpression) -> Iterator[str]:
    for node in walk(test):
        if isinstance(node, Name | Attribute):
            yield chain(node)
        elif isinstance(node, Constant) and isinstance(node.value, str) and len(node.value) < 24:
            yield node.value


def _given(verb: str, one: Argument, at: int = 0) -> Given:
    keyword = one.keyword or ""
    if verb == "[]":
        paging = isinstance(one.value, Slice)
    else:
        paging = verb in _PAGES or (one.keyword is not None and _PAGE.search(keyword) is not None)
    filling = (at > 0 and verb in _FILLING) or (one.keyword is not None and verb in {"update", "aupdate"})
    return Given(verb, one, _AUDIT.search(keyword) is not None, paging, filling)


def _chooses_nothing(key: str) -> bool:
    return PROOF.search(key) is not None or PAGING.search(key) is not None


def _key_of(call: Call, name: str) -> str:
    """The constant key of ``form.get("token")``."""
    key = call.arguments[0].value if call.arguments and name in {"get", "pop"} else None
    return key.value if isinstance(key, Constant) and isinstance(key.value, str) else ""


@lru_cache(maxsize=65_536)
def says_caller(spelled: str) -> bool:
    """Whether a name or chain says who is asking."""
    return _CALLER.search(spelled) is not None


def identifies(name: str) -> bool:
    """Whether a header, cookie or key of that name says who is asking."""
    return _KEY.search(name) is not None


def _identity(node: AnyExpression, spelled: str) -> bool:
    """``session["user_id"]``, ``headers.get("Token")``: what is kept under a key that identifies somebody."""
    key: AnyExpression | None = None
    if isinstance(node, Subscript):
        key = node.index
    elif isinstance(node, Call) and node.arguments and last_name(node.func) in {"get", "pop"}:
        key = node.arguments[0].value
    if not isinstance(key, Constant) or not isinstance(key.value, str):
        return False
    holding = spelled.rpartition("[]")[0] if isinstance(node, Subscript) else spelled.rpartition(".")[0]
    return _SESSION.search(holding) is not None or (
        _KEY.search(key.value) is not None and _HOLDING.search(holding) is not None
    )


def arguments_of(node: AnyExpression) -> Iterator[Argument]:
    """The arguments of all calls of a chain."""
    for step in spine(node)[0]:
        if isinstance(step, Call):
            yield from step.arguments


def spine(node: AnyExpression) -> tuple[list[AnyExpression], AnyExpression]:
    """The calls, attributes and items of a chain from its end to its base, and the base."""
    steps: list[AnyExpression] = []
    while True:
        if isinstance(node, Call):
            steps.append(node)
            node = node.func
        elif isinstance(node, Attribute | Subscript | Await):
            steps.append(node)
            node = node.value
        else:
            return steps, node


def last_name(func: AnyExpression) -> str:
    """The last name of what is called."""
    if isinstance(func, Attribute):
        return func.attr
    return func.id if isinstance(func, Name) else ""
