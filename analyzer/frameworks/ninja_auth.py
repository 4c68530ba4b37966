"""What ``auth=`` and ``throttle=`` of Django Ninja come to: whose answer lets a request through, and what limits it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Boolean,
    Call,
    Conditional,
    Constant,
    Format,
    Lambda,
    Mapping,
    Name,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import AnyStatement, Assert, If, Raise, Return, Try, With
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.attachments import NOWHERE, attachment
from analyzer.frameworks.backend import Attachment
from analyzer.frameworks.limits import LIMITING
from analyzer.frameworks.text import argument
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

Asked = tuple[Attachment, ...] | None
"""What a keyword attaches, ``None`` where it is not given: what stands above holds then."""
_OPENED = "no_auth"
_OPTIONAL = "ninja.optional_user"
"""Stands for what looks at who is asking and lets everybody through."""
_ITEM = tuple[Place, AnyExpression]
_DEPTH = 6


class Settings(msgspec.Struct, frozen=True):
    """What ``auth=`` and ``throttle=`` say at one place, each ``None`` where it is not given."""

    auth: Asked = None
    throttle: Asked = None

    def over(self, above: Settings) -> Settings:
        """These, and those above for what these leave open."""
        return Settings(
            above.auth if self.auth is None else self.auth, above.throttle if self.throttle is None else self.throttle
        )


def settings(project: Project, place: Place, call: Call, level: str) -> Settings:
    """What the call that makes, adds or registers something says."""
    auth = authentication(project, place, argument(call, 99, "auth"), level)
    if level == "application" and auth is not None and any(one.dotted == _OPENED for one in auth):
        auth = None  # what every API without authentication has
    return Settings(auth, throttles(project, place, argument(call, 99, "throttle"), level))


def authentication(project: Project, place: Place, value: AnyExpression | None, level: str) -> Asked:
    """What ``auth=`` attaches. ``None`` written there opens an operation again; of several, one that says yes is
    enough."""
    if value is None or _unset(value):
        return None
    items = list(_alternatives(project, place, value))
    if all(isinstance(item, Constant) and item.value is None for _, item in items):
        return (Attachment(level, NOWHERE, _OPENED, place.path, value.line),) if items else ()
    asked = [_asking(project, at, item, level) for at, item in items if not isinstance(item, Constant)]
    found = [msgspec.structs.replace(one, path=place.path, line=value.line) for one in asked]
    if not all(one.verified for one in found):
        return (Attachment(level, NOWHERE, _OPTIONAL, place.path, value.line),)
    if len(found) < 2:
        return tuple(found)
    # Whoever gets past one of them is in, so none of them tells alone what is demanded.
    names = " or ".join(dict.fromkeys(one.dotted.rpartition(".")[2] for one in found))
    return (Attachment(level, NOWHERE, names, place.path, value.line, (), True),)


def throttles(project: Project, place: Place, value: AnyExpression | None, level: str) -> Asked:
    """What ``throttle=`` attaches, under a name that says what it does."""
    if value is None or _unset(value):
        return None
    found = []
    for at, item in _alternatives(project, place, value):
        one = attachment(project, at, item, level)
        if one is not None:
            found.append(msgspec.structs.replace(one, place=NOWHERE, dotted=_limiter(project, at, item, one.dotted)))
    return tuple(found)


def _unset(value: AnyExpression) -> bool:
    return chain_of(value).rpartition(".")[2] == "NOT_SET"


def _alternatives(project: Project, place: Place, value: AnyExpression, depth: int = 0) -> Iterator[_ITEM]:
    """The items of a list, of a name that holds one, and of what is chosen between."""
    if isinstance(value, Display):
        inner = value.items
    elif isinstance(value, Conditional):
        # ``None if settings.DEBUG else key``: what production has is what counts.
        inner = [one for one in (value.then, value.otherwise) if not isinstance(one, Constant)]
    elif isinstance(value, Boolean):
        inner = value.values
    else:
        held = project.variable(place.path, chain_of(value)) if isinstance(value, Name | Attribute) else None
        if held is not None and depth < _DEPTH and isinstance(held[1], Display | Conditional | Boolean | Constant):
            yield from _alternatives(project, Place(held[0], -1), held[1], depth + 1)
        else:
            yield place, value
        return
    for item in inner:
        yield from _alternatives(project, place, item, depth + 1)


def _asking(project: Project, place: Place, item: AnyExpression, level: str) -> Attachment:
    """One callable of ``auth=``: verified when it can give nothing, which Ninja answers with 401. What cannot be
    followed is taken for one that decides."""
    if isinstance(item, Lambda):
        sure = _surely(project, place, item.body, frozenset())
        return Attachment(level, NOWHERE, "lambda", place.path, item.line, (), not sure)
    called = item.func if isinstance(item, Call) else item
    target = project.resolve_expression(place, called)
    name = target.dotted if target is not None else chain_of(called)
    decider = _decider(project, target, made=isinstance(item, Call))
    if decider is None:
        return Attachment(level, NOWHERE, name, place.path, item.line, (), True)
    return Attachment(level, decider, name, place.path, item.line, (), decides(project, decider))


def _decider(project: Project, target: Target | None, *, made: bool) -> Place | None:
    """The function whose answer counts: the callable itself, or ``__call__`` or ``authenticate`` of its class."""
    if target is None or target.index < 0:
        return None
    if target.kind == "function":
        held = project.returned(Place(target.path, target.index)) if made else None
        return _decider(project, held, made=False) if made else Place(target.path, target.index)
    methods = dict(project.classes.methods(target.path, target.index))
    return methods.get("__call__") or methods.get("authenticate")


def decides(project: Project, place: Place) -> bool:
    """Whether a function can refuse, by an exception or by giving nothing; handing back what it was given, whatever
    that is, decides nothing."""
    function, body = project.function(place), project.body(place)
    nodes = list(walk(body))
    if function is None or any(isinstance(one, Raise | Assert) for one in nodes):
        return True
    own = frozenset(one.name for one in function.parameters)
    given = [one.value for one in nodes if isinstance(one, Return)]
    return not (_always_returns(body) and all(_surely(project, place, one, own) for one in given))


def _surely(project: Project, place: Place, value: AnyExpression | None, own: frozenset[str]) -> bool:
    """Whether a value is certainly true, or handed back as it came."""
    if isinstance(value, Await):
        return _surely(project, place, value.value, own)
    if isinstance(value, Constant):
        return bool(value.value)
    if isinstance(value, Conditional):
        return _surely(project, place, value.then, own) and _surely(project, place, value.otherwise, own)
    if isinstance(value, Display):
        return bool(value.items)
    if isinstance(value, Mapping):
        return bool(value.keys)
    if isinstance(value, Name):
        return value.id in own
    if isinstance(value, Call):
        target = project.resolve_expression(place, value.func)
        return target is not None and (target.kind == "class" or target.dotted.endswith(".AnonymousUser"))
    return isinstance(value, Format)


def _always_returns(block: Sequence[AnyStatement]) -> bool:
    """Whether a block never ends without an answer."""
    last = block[-1] if block else None
    if isinstance(last, If):
        return _always_returns(last.then) and _always_returns(last.otherwise)
    if isinstance(last, Try):
        answered = _always_returns(last.body) or _always_returns(last.otherwise)
        return _always_returns(last.final) or (answered and all(_always_returns(one.body) for one in last.handlers))
    if isinstance(last, With):
        return _always_returns(last.body)
    return isinstance(last, Return)


def _limiter(project: Project, place: Place, item: AnyExpression, dotted: str) -> str:
    """The name of a throttle's class, or of the library's class behind it where its own says nothing."""
    target = project.resolve_expression(place, item.func if isinstance(item, Call) else item)
    if LIMITING.search(dotted.rpartition(".")[2]) or target is None or target.kind not in {"class", "instance"}:
        return dotted
    return next((one for one in project.classes.externals(target.path, target.index) if LIMITING.search(one)), dotted)
