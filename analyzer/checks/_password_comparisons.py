"""The part of BA202 about passwords that are compared: ``==`` with what is stored, in code or in a query."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._kept_passwords import SAVING
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Constant,
    Mapping,
    Name,
    Sequence,
    Subscript,
)
from analyzer.facts.outline import Function
from analyzer.facts.statements import If, Raise
from analyzer.facts.visit import chain, statements, walk
from analyzer.flow.arguments import argument
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point, scan
from analyzer.flow.environment import key
from analyzer.flow.parts import Value
from analyzer.flow.passwords import clear_parts, is_password_column, is_password_name, name_of
from analyzer.flow.questions import chain_end
from analyzer.flow.recoverable import opened
from analyzer.flow.stored import hashes_itself, persisted, setter_hashes
from analyzer.model import Confidence
from analyzer.project.target import Place

Told = tuple[AnyExpression, str, Confidence]

_STORED = re.compile(
    r"^(?:stored|real|db|saved|correct|actual|expected|current|existing|user|known|right|true)_", re.IGNORECASE
)
_TYPED_TWICE = re.compile(
    r"confirm|control|repeat|again|retype|verif|check|second|\d$|^old|^new|_old|_new", re.IGNORECASE
)


def compared(flow: Flow, place: Place) -> Iterator[Told]:
    """Comparisons of a password in the clear with a stored one."""
    refused, replaced = _refused(flow, place), _replaced(flow, place)
    for point in flow.points(place):
        node = point.expression
        if id(node) in replaced:
            continue
        if isinstance(node, Compare) and len(node.operators) == 1 and node.operators[0] in {"==", "!="}:
            sides = (node.left, node.comparators[0])
            if id(node) in refused and any(_is_constant(one) for one in sides):
                continue
        elif isinstance(node, Call) and chain_end(node) == "compare_digest":
            left, right = argument(node, 0), argument(node, 1)
            if left is None or right is None:
                continue
            sides = (left, right)
        else:
            continue
        yield from _sides(flow, point, node, sides)


def _refused(flow: Flow, place: Place) -> set[int]:
    """Comparisons that let nobody in: ``if password == KNOWN_DEFAULT: raise …``."""
    found: set[int] = set()
    for one in walk(flow.project.body(place)):
        if isinstance(one, If) and one.then and isinstance(one.then[-1], Raise):
            sides = one.test.values if isinstance(one.test, Boolean) and one.test.op == "and" else [one.test]
            found |= {id(side) for side in sides if isinstance(side, Compare) and side.operators == ["=="]}
    return found


def _replaced(flow: Flow, place: Place) -> set[int]:
    """Comparisons that only find out whether another value is kept from now on, as a client of somebody keeps the
    password it has to send: ``if kept.password != password: kept.password = password``."""
    found: set[int] = set()
    for one in statements(flow.project.body(place)):
        kept = {
            key(target) for inner in statements(getattr(one, "then", ())) for target in getattr(inner, "targets", ())
        }
        for node in walk(one.test) if isinstance(one, If) and kept else ():
            if (
                isinstance(node, Compare)
                and node.operators == ["!="]
                and not kept.isdisjoint({key(node.left), key(node.comparators[0])})
            ):
                found.add(id(node))
    return found


def _is_constant(side: AnyExpression) -> bool:
    """``KNOWN_DEFAULT`` and ``KNOWN_DEFAULT.get_secret_value()``."""
    if isinstance(side, Call) and isinstance(side.func, Attribute):
        side = side.func.value
    return isinstance(side, Name) and side.id.isupper()


def harmless(flow: Flow, place: Place, first: int, last: int) -> bool:
    """Whether all that is compared on some lines is what was kept with what was kept, or with a mask."""
    found = [
        one
        for one in walk(flow.project.body(place))
        if isinstance(one, Compare) and first <= one.line <= last and len(one.operators) == 1
    ]
    asked = [(one.left, one.comparators[0]) for one in found]
    asked = [sides for sides in asked if any(is_password_name(name_of(side)) for side in sides)]
    return bool(asked) and all(_kept_with_kept(flow, place, *sides) for sides in asked)


def _kept_with_kept(flow: Flow, place: Place, left: AnyExpression, right: AnyExpression) -> bool:
    if _is_constant(left) or _is_constant(right):
        return True
    both = isinstance(left, Attribute) and isinstance(right, Attribute) and left.attr == right.attr
    if not both:
        attribute = next((one for one in (left, right) if isinstance(one, Attribute)), None)
        return attribute is not None and setter_hashes(flow, place, attribute.attr)
    state = flow.state_at(place, left)
    return state is not None and not any(
        part.kind == "request" for side in (left, right) for part in flow.value(Point(place, side, state)).parts()
    )


def _sides(flow: Flow, point: Point, node: AnyExpression, sides: tuple[AnyExpression, AnyExpression]) -> Iterator[Told]:
    left, right = (_plain(one) for one in sides)
    if isinstance(left, Name) and isinstance(right, Name) and left.id == right.id and is_password_name(left.id):
        told = f"`{left.id} == {right.id}` compares a variable with itself: every password is right"
        yield node, told, Confidence.HIGH
        return
    if _verified(flow, point, left, right):
        yield node, "Passwords are compared as they are: the stored one is not hashed", Confidence.MEDIUM
        return
    for typed, kept in ((left, right), (right, left)):
        stored = opened(flow, point.place, kept)
        if not is_password_column(name_of(stored)) or not is_password_name(name_of(typed)):
            continue
        parts = clear_parts(_value(flow, point, typed))
        if not parts or not _is_stored(flow, point, stored, typed):
            continue
        told = (
            f"`{parts[0].text}` is compared with `{key(stored) or name_of(stored)}` as it is: "
            f"the stored password is {'not hashed' if stored is kept else 'no hash, for it can be read again'}"
        )
        yield node, told, Confidence.HIGH if parts[0].kind == "request" else Confidence.MEDIUM
        return


def _plain(side: AnyExpression) -> AnyExpression:
    """``stored`` of ``stored or ""``, ``str(stored)`` and ``stored.strip()``."""
    if isinstance(side, Boolean) and side.op == "or" and len(side.values) == 2 and isinstance(side.values[1], Constant):
        return _plain(side.values[0])
    if isinstance(side, Call) and chain_end(side) == "str" and len(side.arguments) == 1:
        return _plain(side.arguments[0].value)
    if isinstance(side, Call) and isinstance(side.func, Attribute) and side.func.attr in {"strip", "encode"}:
        return _plain(side.func.value)
    return side


def _verified(flow: Flow, point: Point, left: AnyExpression, right: AnyExpression) -> bool:
    """Whether a function that checks passwords compares what it is given, and is given one as it was typed."""
    function = flow.project.function(point.place)
    if function is None or not _CHECKING.search(function.name) or not isinstance(left, Name | Attribute):
        return False
    names = {one.id for one in (left, right) if isinstance(one, Name)}
    if len(names) != 2 or not names <= {one.name for one in function.parameters}:
        return False
    for site in flow.callers.every(point.place):
        made = flow.call_at(site)
        call = made.expression if made is not None else None
        if made is None or not isinstance(call, Call):
            continue
        given = bound(function, call, site.chain.startswith(("self.", "cls."))) or {}
        values = [_value(flow, made, given[name].value) for name in sorted(names) if name in given]
        if any(clear_parts(one) for one in values):
            return True
    return False


_CHECKING = re.compile(
    r"(?:check|verify|validate|compare|match)\w*passw|passw\w*(?:match|correct|valid)", re.IGNORECASE
)


def _value(flow: Flow, point: Point, expression: AnyExpression) -> Value:
    return flow.value(Point(point.place, expression, point.environment))


def _is_stored(flow: Flow, point: Point, stored: AnyExpression, typed: AnyExpression) -> bool:
    """Whether a side holds what was kept, rather than a second field of the same form."""
    name = name_of(stored)
    base, other = getattr(stored, "value", None), getattr(typed, "value", None)
    if base is not None:
        owner = flow.project.resolve_expression(point.place, base)
        if owner is not None and owner.kind in {"class", "instance"}:
            return persisted(flow, owner) and not hashes_itself(flow, owner, name)
        if other is not None and key(base) and key(base) == key(other):
            return False
    if _TYPED_TWICE.search(name) and not _STORED.search(name):
        return False
    if _sent_with(flow, point, stored, typed) or _both_sent(flow, point, stored, typed):
        return False
    if isinstance(stored, Subscript) and _of_module(flow, point, stored):
        return True
    value = _value(flow, point, stored)
    if _STORED.search(name) and isinstance(stored, Name):
        return not any(part.kind in {"setting", "secret", "text"} for part in value.parts())
    kinds = {part.kind for part in value.parts() if part.type != "object"}
    if kinds == {"parameter"} and isinstance(base, Name):
        return _saved(flow, point.place, base.id) and not setter_hashes(flow, point.place, name)
    return bool(kinds) and kinds <= {"attribute", "call", "unknown"}


def _of_module(flow: Flow, point: Point, stored: Subscript) -> bool:
    """``USERS[name]["password"]`` of a mapping that the module keeps."""
    base = _root(stored)
    for definition in point.environment.get(base, ()):
        if definition.how not in {"element", "value"} or definition.expression is None:
            return False
        base = _root(definition.expression)  # `for user in USERS.values()`, `user = USERS.get(name)`
    values = flow.project.namespace(point.place.path).variables.get(base, ())
    return any(isinstance(one, Mapping | Sequence) for one in values)


def _root(expression: AnyExpression) -> str:
    """The name that an item, attribute or method's result stands on."""
    while isinstance(expression, Subscript | Attribute | Call):
        expression = expression.func if isinstance(expression, Call) else expression.value
    return expression.id if isinstance(expression, Name) else ""


def _sent_with(flow: Flow, point: Point, stored: AnyExpression, typed: AnyExpression) -> bool:
    """Whether what looks stored was taken from the form that the typed password stands in."""
    forms = _roots(flow, point, typed) - {"self", "cls", "request"}
    return not forms.isdisjoint(_roots(flow, point, stored))


def _both_sent(flow: Flow, point: Point, stored: AnyExpression, typed: AnyExpression) -> bool:
    """Whether a new password is only told apart from the one that was sent along with it: two parameters of a function,
    or two fields that a validator of a schema, form or serializer gets."""
    function = flow.project.function(point.place)
    if function is None:
        return False
    given = {one.name for one in function.parameters} - {"self", "cls"}
    if isinstance(stored, Name) and stored.id in given:
        return isinstance(typed, Name) and typed.id in given and _NEW.search(typed.id) is not None
    origins = flow.origins(Point(point.place, stored, point.environment)) if _validator(function) else ()
    return any(_field_of(one.expression, given) for one in origins)


_NEW = re.compile(r"^new|_new|^password_?[12]$", re.IGNORECASE)
_SENT = re.compile(r"self\.(?:initial_data|cleaned_data|data|form|raw_data)")


def _validator(function: Function) -> bool:
    """Whether a function looks at the fields of a form before anything is asked of the database."""
    if any("valid" in chain(one).lower() for one in function.decorators):
        return True
    return function.owner >= 0 and re.match(r"(?:validate|clean)(?:_|$)", function.name) is not None


def _field_of(origin: AnyExpression, given: set[str]) -> bool:
    """Whether an expression takes a field out of what was sent: ``values.get("current_password")``,
    ``info.data["current_password"]``, ``self.cleaned_data["current_password"]``."""
    if isinstance(origin, Call) and isinstance(origin.func, Attribute) and origin.func.attr in {"get", "pop"}:
        holder: AnyExpression = origin.func.value
    elif isinstance(origin, Subscript):
        holder = origin.value
    else:
        return isinstance(origin, Name) and origin.id in given
    spelled = chain(holder)
    return spelled.removesuffix(".data") in given or _SENT.fullmatch(spelled) is not None


def _roots(flow: Flow, point: Point, expression: AnyExpression) -> set[str]:
    """The names an expression stands on, and those that its variables were made from."""
    found: set[str] = set()
    for inner, state in scan(expression, point.environment):
        if isinstance(inner, Name):
            found.add(inner.id)
            for origin in flow.origins(Point(point.place, inner, state)):
                # What a call made of a form (a record looked up by it) was not sent with it.
                if isinstance(origin.expression, Comprehension | Mapping):
                    made = scan(origin.expression, origin.environment)
                    found |= {one.id for one, _ in made if isinstance(one, Name)}
    return found


def _saved(flow: Flow, place: Place, name: str) -> bool:
    """Whether a function hands a parameter to something that saves it (``repository.save(user)``, ``user.save()``):
    then it is a record, whatever its type, and not a second form."""
    for point in flow.calls(place):
        call = point.expression
        if isinstance(call, Call) and isinstance(call.func, Attribute) and call.func.attr in SAVING:
            given = [call.func.value, *(one.value for one in call.arguments)]
            if any(isinstance(one, Name) and one.id == name for one in given):
                return True
    return False
