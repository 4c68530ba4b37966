"""Chains of calls, attributes and items, taken apart once: what does not hang on who walks by.

Handlers share the functions they call, so each chain of those is met hundreds of times with other marks on its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from analyzer.checks._resources import Resources
from analyzer.facts.expressions import AnyExpression, Argument, Attribute, Await, Call, Constant, Name, Subscript
from analyzer.facts.visit import chain
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
_KEPT = 100_000
"""Chains remembered (50 MB): those of all functions that handlers reach in a backend of 130,000 lines, twice."""


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A chain: ``steps`` from its end to its ``base``; ``given`` the arguments and items on the way, with the names of
    the calls they go to; ``call`` its last call with what that denotes. ``made`` and ``resource`` are what it makes and
    asks for, ``identity`` whether its keys read who is asking."""

    node: AnyExpression
    spelled: str
    steps: tuple[AnyExpression, ...]
    base: AnyExpression
    given: tuple[tuple[str, Argument], ...]
    call: Call | None
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
        given: list[tuple[str, Argument]] = []
        for step in steps:
            if isinstance(step, Call):
                given += [(last_name(step.func), one) for one in step.arguments]
            elif isinstance(step, Subscript):
                given.append(("[]", Argument(step.index)))
        calls = [step for step in steps if isinstance(step, Call)]
        call = calls[0] if calls else None
        resources, project = self._resources, self._resources.project
        spelled = chain(node)
        return Chain(
            node=node,
            spelled=spelled,
            steps=tuple(steps),
            base=base,
            given=tuple(given),
            call=call,
            target=project.resolve_expression(place, call.func) if call is not None and chain(call.func) else None,
            made=resources.made(place, call),
            resource=resources.asked(place, node, steps) if call is not None else "",
            inserting=call is not None and resources.inserting(place, call),
            changes=any(_CHANGES.match(last_name(one.func)) for one in calls)
            or (call is not None and resources.writes(place, call)),
            request=bool(spelled) and spelled_as_request(spelled),
            identity=_identity(node, spelled),
        )


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
