"""What becomes of a credential that a function is handed: whether whoever sends a wrong one comes past where it is
spent.

``try: return jwt.decode(token, KEY, …)`` with ``except JWTError: return None`` finds out who is asking, and refuses
nobody; so does a look-up that gives nothing for a token that nobody has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzer.facts.expressions import Attribute, Await, Boolean, Call, Conditional, Constant, Name, Subscript, Unary
from analyzer.facts.outline import Function
from analyzer.facts.statements import AnyStatement, Assert, Assign, Evaluate, Handler, If, Raise, Return, Try, While
from analyzer.facts.visit import chain, statements, walk
from analyzer.graph.presented import Sent, named_proof, parameters
from analyzer.graph.refusals import refuses
from analyzer.project import Place, Project

_NOTHING = frozenset(
    "first afirst one_or_none scalar_one_or_none scalar get_or_none find_one fetchone fetch_one fetchrow fetch_val "
    "fetchval exists aexists get aget hget hgetall".split()
)
"""Ends of look-ups that give nothing where there is nothing."""
_RAISING = re.compile(r"(?:^|\.)objects\.a?get$|(?:^|\.)[A-Z]\w*\.get$")
"""Look-ups of Django, Tortoise and peewee that raise instead."""
_ERRORS = re.compile(
    r"JWT|Jose|Token|Decode|Signature|Claims|BadData|^Exception$|^BaseException$|(?:Value|Key)Error", re.IGNORECASE
)
_STOPPING = frozenset({"abort", "redirect", "send_error", "halt", "raise_for_status"})
_CREDENTIAL = re.compile(r"token|api[-_]?key|authori[sz]ation|secret|jwt|credential|session|bearer", re.IGNORECASE)
_FORGERY = re.compile(r"csrf|xsrf|captcha", re.IGNORECASE)
_DEPTH = 2


def spends(project: Project, place: Place, function: Function, name: str) -> bool:
    """Whether a function makes more of a parameter that holds what was sent than to look at it or to show it."""
    known: dict[tuple[Place, str], bool] = vars(project).setdefault("_spent_credentials", {})
    if (place, name) not in known:
        known[place, name] = Sent(project, place, function, {name}).spent(project.body(place))
    return known[place, name]


def wasted(project: Project, place: Place, function: Function, body: Sequence[AnyStatement]) -> bool:
    """Whether a function spends what FastAPI gives it of the request, and whoever sent a wrong credential comes past:
    what is raised is caught, what is looked up may be nothing, and it never ends the request for that."""
    raw = set(parameters(project, place, function))
    return bool(raw) and _wasted(project, place, function, body, raw, 0)


def proves(project: Project, place: Place, function: Function, body: Sequence[AnyStatement]) -> bool:
    """Whether a function has somebody else find out whether what was sent is right, and does not catch what that
    raises: ``await sessions.verify(token)`` of a library that nobody can look into."""
    nodes = list(walk(body))
    if not any(isinstance(node, Call) and named_proof(node) for node in nodes):
        return False
    sent = Sent(project, place, function, parameters(project, place, function))
    sent.follow(nodes)
    caught = set(_caught(body))
    for call in sent.spending(nodes):
        target = project.resolve_expression(place, call.func) if chain(call.func) else None
        outside = (target is None or not target.ours) and id(call) not in caught
        if outside and named_proof(call) and _of_credential(call):
            return True
    return False


def _of_credential(call: Call) -> bool:
    """Whether what a call is handed is called like what only somebody has; halves of tokens against forgery are not."""
    words = [chain(one) for one in walk(call) if isinstance(one, Name | Attribute)]
    words += [one.value for one in walk(call) if isinstance(one, Constant) and isinstance(one.value, str)]
    return any(_CREDENTIAL.search(one) for one in words) and not any(_FORGERY.search(one) for one in words)


def _wasted(
    project: Project, place: Place, function: Function, body: Sequence[AnyStatement], raw: set[str], depth: int
) -> bool:
    nodes = list(walk(body))
    if any(isinstance(node, Raise | Assert) or refuses(project, place, node) or _stops(node) for node in nodes):
        return False
    sent = Sent(project, place, function, raw)
    sent.follow(nodes)
    spending = sent.spending(nodes)
    caught = set(_caught(body))
    quiet = (id(one) in caught or _quiet(project, place, one, nodes, sent, depth) for one in spending)
    if not spending or not all(quiet):
        return False
    found = {
        chain(target)
        for node in nodes
        if isinstance(node, Assign) and node.value is not None and any(one in spending for one in walk(node.value))
        for target in node.targets
    }
    return not dereferenced([node for node in nodes if id(node) not in caught], found)


def dereferenced(nodes: Iterable[msgspec.Struct], names: set[str]) -> bool:
    """Whether something is read of what may be nothing, by code that never asks whether it is: that fails by itself."""
    every = list(nodes)
    asked = {chain(one) for node in every for one in _asked(node)}
    return any(
        isinstance(node, Attribute | Subscript) and isinstance(node.value, Name) and node.value.id in names - asked
        for node in every
    )


def _asked(node: msgspec.Struct) -> Iterator[Name]:
    """The bare names that decide something."""
    if isinstance(node, If | While | Conditional):
        yield from (one for one in walk(node.test) if isinstance(one, Name))
    elif isinstance(node, Boolean):
        yield from (one for value in node.values for one in walk(value) if isinstance(one, Name))
    elif isinstance(node, Unary) and node.op == "not":
        yield from (one for one in walk(node.operand) if isinstance(one, Name))


def _caught(body: Sequence[AnyStatement]) -> Iterator[int]:
    """What stands in a ``try`` that catches what is wrong with a token, and goes on."""
    for node in statements(body):
        if isinstance(node, Try) and any(_catches(one) for one in node.handlers):
            yield from (id(one) for one in walk(node.body))


def _catches(handler: Handler) -> bool:
    if handler.kind is None:
        return True
    kinds = (chain(one).rpartition(".")[2] for one in walk(handler.kind) if isinstance(one, Name | Attribute))
    return any(_ERRORS.search(one) for one in kinds)


def _stops(node: msgspec.Struct) -> bool:
    return isinstance(node, Call) and chain(node.func).rpartition(".")[2] in _STOPPING


def _quiet(project: Project, place: Place, call: Call, nodes: Sequence[msgspec.Struct], sent: Sent, depth: int) -> bool:
    """Whether a call that is handed a credential gives nothing where it is wrong, and says nothing."""
    target = project.resolve_expression(place, call.func) if chain(call.func) else None
    if target is not None and target.ours and target.kind == "function":
        return depth < _DEPTH and _within(project, Place(target.path, target.index), call, sent, depth)
    whole = next((one for node in nodes for one in _values(node) if any(part is call for part in walk(one))), None)
    if not isinstance(whole, Call):
        return False
    spelled = chain(whole.func)
    last = whole.func.attr if isinstance(whole.func, Attribute) else spelled
    return last in _NOTHING and _RAISING.search(spelled) is None


def _within(project: Project, place: Place, call: Call, sent: Sent, depth: int) -> bool:
    """The same of a function of the project that is handed it."""
    function = project.function(place)
    if function is None or project.classes.implementations(place):
        return False
    names = [one.name for one in function.parameters]
    names = names[1:] if function.owner >= 0 and names[:1] in (["self"], ["cls"]) else names
    given = list(zip(names, (one for one in call.arguments if one.keyword is None), strict=False))
    given += [(one.keyword, one) for one in call.arguments if one.keyword in names]
    raw = {name for name, one in given if any(sent.is_sent(part) for part in walk(one.value))}
    return bool(raw) and _wasted(project, place, function, project.body(place), raw, depth + 1)


def _values(node: msgspec.Struct) -> Iterator[msgspec.Struct]:
    value = node.value if isinstance(node, Assign | Evaluate | Return) else None
    if value is not None:
        yield value.value if isinstance(value, Await) else value
