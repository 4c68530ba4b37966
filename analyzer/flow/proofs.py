"""What calling a function of the project proves about its argument: it checks it, or raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.facts.expressions import Call, Constant
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain
from analyzer.flow.callers import bound
from analyzer.flow.environment import Environment
from analyzer.flow.followed import may_follow
from analyzer.flow.guards import guards
from analyzer.flow.named import method
from analyzer.project.target import Place, Target

if TYPE_CHECKING:
    from analyzer.flow.values import Evaluation


def proves(run: Evaluation, call: Call, position: int, how: str) -> str:
    """The kind of part that a validating call makes of its argument, ``""`` when it proves nothing.

    ``how`` is ``returned`` (the call came back without an exception) or ``answered`` (it came back true). ``position``
    −1 is the object before the dot.
    """
    target = run.flow.project.resolve_expression(run.place, call.func)
    if target is None or target.kind != "function" or not may_follow(run, target):
        return ""
    place = Place(target.path, target.index)
    function = run.flow.project.outline(target.path).functions[target.index]
    name = _parameter_at(function, call, target, position)
    if not name:
        return ""
    walked = run.flow.trace(place)
    if how == "returned":
        proofs = [proof(state, name) for state in walked.exits]
        return proofs[0] if proofs and all(proofs) else ""
    kinds: set[str] = set()
    for expression, state in walked.returns:
        if isinstance(expression, Constant) and expression.value in (False, None):
            continue
        if isinstance(expression, Constant) and (shown := proof(state, name)):
            kinds.add(shown)
            continue
        if expression is None:
            continue
        proven = guards(expression, True, state)
        found = [one.kind for one in proven if one.key == name and one.call is None and one.kind != "prefix"]
        if not found:
            return ""
        kinds.update(found)
    return ("inside" if "inside" in kinds else "allowed") if walked.returns else ""


def _parameter_at(function: Function, call: Call, target: Target, position: int) -> str:
    if position < 0:
        return function.parameters[0].name if function.owner >= 0 and function.parameters else ""
    arguments = bound(function, call, method(target, function, chain(call.func)))
    if arguments is None or position >= len(call.arguments):
        return ""
    wanted = call.arguments[position]
    return next((name for name, one in arguments.items() if one is wanted), "")


def proof(state: Environment, name: str) -> str:
    """The kind of part that a name is in a state by the checks it went through, ``""`` for none."""
    found = state.get(name, ())
    if found and all(one.how == "checked" and one.expression is None for one in found):
        kind = found[0].name
        return "" if kind == "prefix" else "allowed" if kind == "text" else kind
    return ""
