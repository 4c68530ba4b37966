"""What a setting may be: constants through names, settings classes and the defaults of environment variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Lambda,
    Name,
    Sequence,
    Unary,
)
from analyzer.facts.statements import AnyStatement, If, Return
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, written
from analyzer.graph.picture import Picture
from analyzer.project.target import Place

_DEPTH = 6
_READERS = re.compile(r"(?:^|_)(?:getenv|environ|env|config|conf|bool|list|str|strtobool)(?:_|$)")
_ON, _OFF = frozenset({"1", "true", "yes", "on", "t", "y"}), frozenset({"0", "false", "no", "off", "f", "n", ""})
_DEVELOPMENT = re.compile(
    r"(?:^|[/_.-])(?:dev|devel|develop|development|local|tests?|testing|debug|e2e|ci|example|examples|demo|sample)"
    r"(?=[/_.-]|settings|config|$)"
)
_ASKED = re.compile(r"(?:dev|devel|develop|development|local|localhost|tests?|testing|debug)$", re.IGNORECASE)
_SWITCH = re.compile(
    r"(?:^|[._])(?:is_)?(?:debug|dev|develop|development|local|test|testing)(?:$|[._])|environment|\benv\b"
)


class Choice(msgspec.Struct, frozen=True):
    """One value a setting may have; ``default`` when the environment may say otherwise. A list is a tuple of texts."""

    value: bool | int | float | str | tuple[str, ...] | None
    point: Point
    default: bool


def choices(flow: Flow, point: Point, default: bool = False, depth: int = _DEPTH) -> Iterator[Choice]:
    """The values an expression may have, as far as they are written somewhere; unknown ones are left out."""
    if depth <= 0:
        return
    if isinstance(point.expression, Conditional) and develops(point.expression.test):
        test = Point(point.place, point.expression.test, point.environment)
        if _unless_told(flow, test, depth - 1):
            then = Point(point.place, point.expression.then, point.environment)
            yield from choices(flow, then, True, depth - 1)
        return
    for origin in flow.origins(point):
        here = Point(origin.place, origin.expression, origin.environment)
        one = origin.expression
        if isinstance(one, Constant):
            yield Choice(one.value, here, default)
        elif isinstance(one, Sequence):
            found = [
                inner.value
                for item in one.items
                for inner in choices(flow, Point(here.place, item, here.environment), default, depth - 1)
            ]
            yield Choice(tuple(value for value in found if isinstance(value, str)), here, default)
        elif isinstance(one, Comprehension) and one.kind in {"list", "set", "generator"}:
            yield from _each(flow, here, one, default, depth)
        elif isinstance(one, Compare):
            yield from _compared(flow, here, one, default, depth)
        elif isinstance(one, Unary) and one.op == "not":
            for inner in choices(flow, Point(here.place, one.operand, here.environment), default, depth - 1):
                if truth(inner.value) is not None:
                    yield Choice(not truth(inner.value), here, inner.default)
        elif isinstance(one, Call):
            yield from _called(flow, here, one, default, depth)
        elif isinstance(one, Attribute):
            kept = field(flow, here, one)
            if kept is not None:
                yield from choices(flow, kept, True, depth - 1)
            for answer in _property(flow, here, one):
                yield from choices(flow, answer, default, depth - 1)


def truth(value: object) -> bool | None:
    """Whether a setting written as a flag, number or word is on; ``None`` when it is no switch."""
    if isinstance(value, bool | int):
        return bool(value)
    if isinstance(value, str):
        return True if value.lower() in _ON else False if value.lower() in _OFF else None
    return None


def develops(test: AnyExpression) -> bool:
    """Whether a condition asks for development: ``settings.DEBUG``, ``os.getenv("STAGE") == "local"``."""
    return any(
        _SWITCH.search(chain(inner).lower()) if chain(inner) else isinstance(inner, Compare) and _named(inner)  # type: ignore[arg-type]
        for inner in walk(test)
    )


def _named(compared: Compare) -> bool:
    """Whether something is compared with a word for development."""
    sides = [compared.left, *compared.comparators]
    words = [one for side in sides for one in (side.items if isinstance(side, Sequence) else [side])]
    return any(isinstance(one, Constant) and _ASKED.match(str(one.value)) for one in words)


def conditional(flow: Flow, place: Place, line: int) -> bool:
    """Whether a line of a function is reached only under a condition that asks for development."""
    return any(
        isinstance(one, If) and one.line < line <= one.end_line and develops(one.test)
        for one in walk(flow.project.body(place))
    )


def on_by_default(flow: Flow, place: Place, line: int) -> bool:
    """Whether a line is reached when nobody says otherwise: each condition around it that asks for development is
    met by the default of what it asks (``ENVIRONMENT: str = "development"``)."""
    asking = [
        one
        for one in walk(flow.project.body(place))
        if isinstance(one, If) and one.line < line <= one.end_line and develops(one.test)
    ]
    return bool(asking) and all(
        _within(one.then, line)
        and _unless_told(flow, Point(place, one.test, flow.state_at(place, one.test) or flow.final(place)))
        for one in asking
    )


def _within(statements: list[AnyStatement], line: int) -> bool:
    return bool(statements) and statements[0].line <= line <= statements[-1].end_line


def _unless_told(flow: Flow, test: Point, depth: int = _DEPTH) -> bool:
    """Whether a condition holds by the defaults of what it asks, and the environment may say otherwise."""
    if isinstance(test.expression, Boolean):
        return False
    return any(one.default and truth(one.value) for one in choices(flow, test, False, depth))


def deployed(picture: Picture, path: str) -> bool:
    """Whether a file is part of what runs in production: no test, no development settings, no tool beside it."""
    return picture.is_main(path) and not _DEVELOPMENT.search(path.lower())


def _compared(flow: Flow, here: Point, one: Compare, default: bool, depth: int) -> Iterator[Choice]:
    """``os.getenv("DEBUG", "true").lower() == "true"``."""
    if one.operators[0] not in {"==", "in", "!="}:
        return
    for right in choices(flow, Point(here.place, one.comparators[0], here.environment), default, depth - 1):
        wanted = right.value if isinstance(right.value, tuple) else (right.value,)
        known = {str(value).lower() for value in wanted}
        for left in choices(flow, Point(here.place, one.left, here.environment), default, depth - 1):
            if left.default or _field_asked(flow, here, one.left):
                same = str(left.value).lower() in known
                yield Choice(same != (one.operators[0] == "!="), here, True)


def _each(flow: Flow, here: Point, one: Comprehension, default: bool, depth: int) -> Iterator[Choice]:
    """``[part.strip() for part in os.getenv("ORIGINS", "*").split(",")]``: what is gone through, one by one."""
    element = one.element
    if isinstance(element, Call) and chain_end(element) == "strip" and isinstance(element.func, Attribute):
        element = element.func.value
    target = one.generators[0].target
    if len(one.generators) == 1 and isinstance(element, Name) and isinstance(target, Name) and element.id == target.id:
        yield from choices(flow, Point(here.place, one.generators[0].iterable, here.environment), default, depth - 1)


def _property(flow: Flow, here: Point, one: Attribute) -> Iterator[Point]:
    """What a property of a settings object answers with."""
    holder = flow.project.resolve_expression(here.place, one.value)
    if holder is None or holder.kind not in {"instance", "class"}:
        return
    target = flow.project.classes.attribute(holder, one.attr)
    if target is None or target.kind != "function":
        return
    place = Place(target.path, target.index)
    function = flow.project.function(place)
    if function is None or not any(chain(each).endswith("property") for each in function.decorators):
        return
    for statement in walk(flow.project.body(place)):
        if isinstance(statement, Return) and statement.value is not None:
            yield Point(place, statement.value, flow.state_at(place, statement.value) or flow.final(place))


def _field_asked(flow: Flow, here: Point, node: AnyExpression) -> bool:
    """Whether a field of a settings object is asked for, which the environment may set: ``self.STAGE.lower()``."""
    while isinstance(node, Call) and isinstance(node.func, Attribute) and not node.arguments:
        node = node.func.value
    return isinstance(node, Attribute) and field(flow, here, node) is not None


def _called(flow: Flow, here: Point, one: Call, default: bool, depth: int) -> Iterator[Choice]:
    last, name = chain_end(one), written(one)
    following: AnyExpression | None = None
    if last in {"lower", "strip", "upper", "split"} and isinstance(one.func, Attribute):
        following = one.func.value
        for inner in choices(flow, Point(here.place, following, here.environment), default, depth - 1):
            if last == "split" and isinstance(inner.value, str):
                parts = tuple(part.strip() for part in re.split(r"[,;\s]", inner.value))
                yield Choice(parts, inner.point, inner.default)
            else:
                yield inner
        return
    if name == "bool" and len(one.arguments) == 1:
        for inner in choices(flow, Point(here.place, one.arguments[0].value, here.environment), default, depth - 1):
            # `bool` of any text but the empty one is true: `bool(os.getenv("DEBUG", "False"))` is on.
            text = isinstance(inner.value, str) and inner.default and _raw(one.arguments[0].value)
            value = bool(inner.value) if text else inner.value
            yield Choice(value, inner.point, inner.default)
        return
    scheme = _scheme(flow, here, one)
    if scheme is not None:
        yield from choices(flow, scheme, True, depth - 1)
        return
    if name in {"json.loads", "loads", "orjson.loads"} and one.arguments:
        for inner in choices(flow, Point(here.place, one.arguments[0].value, here.environment), default, depth - 1):
            parts = tuple(re.findall(r'"([^"]*)"', inner.value)) if isinstance(inner.value, str) else ()
            yield Choice(parts, inner.point, inner.default)
        return
    if name == "map" and len(one.arguments) == 2 and chain(one.arguments[0].value) == "str.strip":
        yield from choices(flow, Point(here.place, one.arguments[1].value, here.environment), default, depth - 1)
        return
    if last == "cast" or (last in {"bool", "list", "str", "int", "tuple", "set"} and len(one.arguments) == 1):
        following = argument(one, 1 if last == "cast" else 0)
    elif reads_default(one):
        following, default = default_of(one), True
    if following is not None:
        yield from choices(flow, Point(here.place, following, here.environment), default, depth - 1)


def reads_default(call: Call) -> bool:
    """Whether a call reads a setting and may name a default: ``os.getenv``, ``config``, ``Field``."""
    last, name = chain_end(call), written(call)
    environment = last == "get" and name.endswith("environ.get")
    return last in {"Field", "field"} or environment or _READERS.search(name.lower().replace(".", "_")) is not None


def default_of(call: Call) -> AnyExpression | None:
    """The default of a call that reads a setting; ``None`` where it has none."""
    last = chain_end(call)
    if last not in {"Field", "field"}:
        return argument(call, 1, "default")
    found = argument(call, 0 if last == "Field" else -1, "default", "default_factory")
    return found.body if isinstance(found, Lambda) else found


def _raw(node: AnyExpression) -> bool:
    """Whether an expression is the text of an environment variable as it is."""
    return isinstance(node, Call) and written(node) in {"os.getenv", "getenv", "os.environ.get", "environ.get"}


def _scheme(flow: Flow, here: Point, one: Call) -> Point | None:
    """The default that ``environ.Env(DEBUG=(bool, True))`` gives ``env("DEBUG")``; ``None`` for other calls."""
    named = argument(one, 0, "var")
    if not isinstance(named, Constant) or not isinstance(named.value, str) or len(one.arguments) != 1:
        return None
    maker: AnyExpression = one.func
    if isinstance(maker, Attribute) and maker.attr in {"bool", "str", "list", "int"}:
        maker = maker.value
    for origin in flow.origins(Point(here.place, maker, here.environment)):
        made = origin.expression
        if isinstance(made, Call) and chain_end(made) in {"Env", "FileAwareEnv"}:
            scheme = argument(made, -1, named.value)
            if isinstance(scheme, Sequence) and len(scheme.items) == 2:
                return Point(origin.place, scheme.items[1], origin.environment)
    return None


def field(flow: Flow, here: Point, one: Attribute) -> Point | None:
    """The default of a field of a settings object."""
    project = flow.project
    target = project.resolve_expression(here.place, one.value)
    if target is None or target.kind not in {"instance", "class"} or target.index < 0:
        return None
    found = project.classes.variable(target.path, target.index, one.attr)
    return Point(Place(found[0], -1), found[1], {}) if found is not None else None
