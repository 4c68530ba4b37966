"""What a call of a container's own method leaves in it: ``append``, ``update``, ``setdefault``, ``pop`` …"""

from __future__ import annotations

from analyzer.facts.expressions import AnyExpression, Argument, Attribute, Call, Constant, Mapping
from analyzer.flow.environment import Definition, Environment, bind, key

ADDING = frozenset({"append", "extend", "insert", "add", "appendleft", "write", "update"})
"""Methods that put their last argument into the object before the dot."""

ORDERED = frozenset({"append", "appendleft", "extend", "insert"})
"""Those of lists: what is known before of an attribute or item need not have been assigned here."""

TAKING = frozenset({"pop", "popleft", "popitem", "remove", "clear", "discard"})
"""Methods that take something out of it."""


def changed(call: Call, state: Environment) -> Environment:
    """The state after a method of a container was called."""
    base = key(call.func.value) if isinstance(call.func, Attribute) else ""
    if not base or not isinstance(call.func, Attribute):
        return state
    method, held = call.func.attr, call.func.value
    plain = [one.value for one in call.arguments if one.keyword is None and not one.star]
    if method == "update":
        return _updated(base, held, call, state)
    if method == "setdefault" and len(plain) == 2:
        return _defaulted(base, call, plain, state)
    if method == "set" and len(plain) == 3 and isinstance(plain[0], Constant) and isinstance(plain[1], Constant):
        # ``ConfigParser.set(section, option, value)``
        return _bound(f"{base}[{plain[0].value!r}][{plain[1].value!r}]", plain[2], state)
    if method == "insert" and len(plain) == 2:
        return added(base, held, plain[1], state, "insert", plain[0])
    if method in TAKING:
        return _taken(base, method, plain, state)
    last = call.arguments[-1] if call.arguments else None
    if method in ADDING and last is not None and not last.star:
        return added(base, held, last.value, state, method)
    return state


def added(
    base: str,
    held: AnyExpression | None,
    value: AnyExpression,
    state: Environment,
    operator: str = "",
    item: AnyExpression | None = None,
    before: Environment | None = None,
) -> Environment:
    """The state after ``value`` (read in ``before``) was put into the container called ``base``, under ``item``."""
    previous = state.get(base)
    if previous is None and operator in ORDERED and held is not None and not base.isidentifier():
        previous = (Definition("value", expression=held, environment=state, line=held.line),)
    if previous is None:
        return state
    made = Definition(
        "append",
        expression=value,
        environment=state if before is None else before,
        previous=previous,
        operator=operator,
        item=item,
        line=value.line,
    )
    return {**state, base: (made,)}


def _updated(base: str, held: AnyExpression, call: Call, state: Environment) -> Environment:
    before = state
    for argument in call.arguments:
        given = argument.value
        if argument.keyword is not None:
            named = Constant(given.line, given.column, given.end_line, given.end_column, argument.keyword)
            state = _put(base, held, named, given, before, state)
        elif isinstance(given, Mapping) and not argument.star and all(isinstance(one, Constant) for one in given.keys):
            for name, value in zip(given.keys, given.values, strict=True):
                state = _put(base, held, name, value, before, state)
        else:
            hung = f"{base}["
            state = {name: kept for name, kept in state.items() if not name.startswith(hung)}
            state = added(base, held, given, state, "update", before=before)
    return state


def _put(
    base: str,
    held: AnyExpression,
    name: AnyExpression | None,
    value: AnyExpression,
    before: Environment,
    state: Environment,
) -> Environment:
    state = added(base, held, value, state, "item", name, before)
    if isinstance(name, Constant):
        made = Definition("value", expression=value, environment=before, line=value.line)
        return bind(state, f"{base}[{name.value!r}]", (made,))
    return state


def _defaulted(base: str, call: Call, plain: list[AnyExpression], state: Environment) -> Environment:
    func = call.func
    if not isinstance(plain[0], Constant) or not isinstance(func, Attribute):
        return added(base, getattr(func, "value", None), plain[1], state, "item", plain[0])
    at = call.line, call.column, call.end_line, call.end_column
    read = Call(*at, Attribute(*at, func.value, "get"), [Argument(plain[0]), Argument(plain[1])])
    return _put(base, func.value, plain[0], read, state, state)


def _taken(base: str, method: str, plain: list[AnyExpression], state: Environment) -> Environment:
    previous = state.get(base)
    if previous is None:
        return state
    made = Definition(
        "dropped",
        previous=previous,
        environment=state,
        operator=method,
        item=plain[0] if plain else None,
        line=previous[0].line,
    )
    return {**state, base: (made,)}


def _bound(name: str, value: AnyExpression, state: Environment) -> Environment:
    return bind(state, name, (Definition("value", expression=value, environment=state, line=value.line),))
