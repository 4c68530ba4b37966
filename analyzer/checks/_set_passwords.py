"""The part of BA202 about passwords that reach a row among other fields: loops of ``setattr``, ``values(**fields)``,
and methods that make or change a row of whatever keywords they are given."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._spread_passwords import columns_of, taken
from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Call,
    Compare,
    Constant,
    Mapping,
    Name,
    Sequence,
)
from analyzer.facts.statements import For
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point
from analyzer.flow.hashing import protects
from analyzer.flow.parts import Part
from analyzer.flow.passwords import clear_password, is_password_column
from analyzer.flow.questions import chain_end, uses_of
from analyzer.flow.stored import hashes_itself, persisted
from analyzer.project.target import Place, Target

Found = tuple[AnyExpression, Part, str]
"""Where, the password, and the column that gets it."""

_CHANGING = frozenset({"values", "update"})


def looped(flow: Flow, place: Place) -> Iterator[Found]:
    """``for name, value in data.model_dump().items(): setattr(user, name, value)``."""
    if not any(use.kind == "call" and use.chain == "setattr" for use in uses_of(flow.project, place)):
        return
    for loop in walk(flow.project.body(place)):
        call = _setting(loop) if isinstance(loop, For) else None
        state = flow.state_at(place, loop.iterable) if isinstance(loop, For) and call is not None else None
        if call is None or state is None or not isinstance(loop, For) or not isinstance(loop.iterable, Call):
            continue
        fields = loop.iterable.func.value if isinstance(loop.iterable.func, Attribute) else loop.iterable
        row = flow.project.resolve_expression(place, call.arguments[0].value)
        for secret, column in _columns(flow, Point(place, fields, state), row):
            yield call, secret, column


def changed(flow: Flow, point: Point, call: Call) -> Iterator[Found]:
    """``update(User).values(**data.model_dump())``, ``query(User).update({"password": data.password})``."""
    if chain_end(call) not in _CHANGING or not isinstance(call.func, Attribute) or not call.arguments:
        return
    row = _asked(flow, point.place, call.func.value)
    for one in call.arguments if row is not None else ():
        at = Point(point.place, one.value, point.environment)
        if isinstance(one.value, Mapping):
            yield from ((call, secret, column) for secret, column in _written(flow, at, row))
        elif one.keyword is None:
            yield from ((call, secret, column) for secret, column in _columns(flow, at, row))


def taken_by_keyword(flow: Flow, point: Point, call: Call, target: Target) -> Iterator[Found]:
    """``users.create(email=email, password=password)`` of a method that gives all its keywords to a row."""
    place = Place(target.path, target.index)
    function = flow.project.function(place)
    rest = next((one.name for one in function.parameters if one.kind == "kwargs"), "") if function is not None else ""
    if function is None or not rest:
        return
    own = {one.name for one in function.parameters}
    for one in call.arguments:
        if one.keyword is None or one.keyword in own or not is_password_column(one.keyword):
            continue
        secret = clear_password(flow, Point(point.place, one.value, point.environment))
        if secret is not None and _fills_a_row(flow, place, rest, one.keyword):
            yield call, secret, one.keyword


def _fills_a_row(flow: Flow, place: Place, rest: str, column: str) -> bool:
    """Whether a function gives all of ``**rest``, untouched, to a row that hashes nothing."""
    uses = uses_of(flow.project, place)
    touched = any(use.chain.startswith((f"{rest}.", f"{rest}[")) and use.chain != f"{rest}.items" for use in uses)
    if touched or protects(flow, place):
        return False
    for one in walk(flow.project.body(place)):
        if isinstance(one, Call) and any(given.star == 2 and chain(given.value) == rest for given in one.arguments):
            made = flow.project.resolve_expression(place, one.func) if chain(one.func) else None
            if made is not None and made.kind == "class" and _keeps(flow, made, column):
                return True
        call = _setting(one) if isinstance(one, For) and _items_of(one, rest) else None
        if call is not None and _kept_by(
            flow, place, flow.project.resolve_expression(place, call.arguments[0].value), column
        ):
            return True
    return False


def _items_of(loop: For, name: str) -> bool:
    return isinstance(loop.iterable, Call) and chain(loop.iterable.func) == f"{name}.items"


def _setting(loop: For) -> Call | None:
    """The ``setattr(row, name, value)`` of a loop over fields that tells none of them apart."""
    names = [one.id for one in loop.target.items if isinstance(one, Name)] if isinstance(loop.target, Sequence) else []
    if len(names) != 2 or not isinstance(loop.iterable, Call) or chain_end(loop.iterable) != "items":
        return None
    inside = list(walk(loop.body))
    texts = (one.value for one in inside if isinstance(one, Constant) and isinstance(one.value, str))
    if any(is_password_column(text) for text in texts) or any(_tells_apart(one, names[0]) for one in inside):
        return None
    for one in inside:
        if not isinstance(one, Call) or chain(one.func) != "setattr":
            continue
        if [chain(given.value) for given in one.arguments[1:]] == names:
            return one
    return None


def _tells_apart(one: object, name: str) -> bool:
    """``if name in PROTECTED``: some fields are left out."""
    return isinstance(one, Compare) and isinstance(one.left, Name) and one.left.id == name


def _columns(flow: Flow, point: Point, row: Target | None) -> Iterator[tuple[Part, str]]:
    """The passwords among the fields of an object that are all given to a row."""
    held = taken(flow, point, Argument(point.expression, None, 2))
    for column in columns_of(flow, point, held) if held is not None else ():
        if held is not None and _kept_by(flow, point.place, row, column):
            field = Attribute(held.line, held.column, held.end_line, held.end_column, held, column)
            secret = clear_password(flow, Point(point.place, field, point.environment))
            if secret is not None:
                yield secret, column


def _written(flow: Flow, point: Point, row: Target | None) -> Iterator[tuple[Part, str]]:
    """``{"password": data.password}`` and ``{User.password: data.password}``."""
    one = point.expression
    for key, value in zip(one.keys, one.values, strict=True) if isinstance(one, Mapping) else ():
        column = key.value if isinstance(key, Constant) else key.attr if isinstance(key, Attribute) else ""
        if isinstance(column, str) and is_password_column(column) and _kept_by(flow, point.place, row, column):
            secret = clear_password(flow, Point(point.place, value, point.environment))
            if secret is not None:
                yield secret, column


def _asked(flow: Flow, place: Place, query: AnyExpression) -> Target | None:
    """The model that a query speaks of: ``session.query(User).filter(…)``, ``update(User)``, ``User.query``."""
    for one in walk(query):
        if isinstance(one, Name):
            target = flow.project.resolve_expression(place, one)
            if target is not None and target.kind == "class" and persisted(flow, target):
                return target
    return None


def _kept_by(flow: Flow, place: Place, row: Target | None, column: str) -> bool:
    """Whether a row keeps a column as it comes; of a row whose class cannot be told, whether the classes do that the
    function names (``session.get(User, number)``), or else all of the application around it."""
    if row is not None and row.ours:
        return _keeps(flow, row, column)
    project = flow.project
    named = [project.resolve(place, one.chain.partition(".")[0], one.line) for one in uses_of(project, place)]
    classes = [one for one in named if one is not None and one.kind == "class" and persisted(flow, one)]
    having = [one for one in classes or _around(flow, place) if _has(flow, one, column)]
    return bool(having) and not any(hashes_itself(flow, one, column) for one in having)


def _around(flow: Flow, place: Place) -> list[Target]:
    """The persisted classes of the application around a place."""
    application = place.path.partition("/")[0]
    classes = (
        flow.project.class_target(path, index)
        for path, outline in flow.project.modules.outlines.items()
        if path.partition("/")[0] == application
        for index in range(len(outline.classes))
    )
    return [one for one in classes if persisted(flow, one)]


def _keeps(flow: Flow, row: Target, column: str) -> bool:
    return persisted(flow, row) and _has(flow, row, column) and not hashes_itself(flow, row, column)


def _has(flow: Flow, row: Target, column: str) -> bool:
    return any(name == column for name, _, _ in flow.project.classes.fields(row.path, row.index))
