"""The part of BA201 about literals whose own name says nothing: what they are given to makes them secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts import literals
from analyzer.facts.codec import encode
from analyzer.facts.expressions import AnyExpression, Binary, Call, Constant, Format, Name, Sequence
from analyzer.facts.visit import chain
from analyzer.flow import sql
from analyzer.flow.arguments import argument
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point
from analyzer.flow.executed import statement_of
from analyzer.flow.named import method
from analyzer.flow.passwords import is_password_name
from analyzer.flow.questions import chain_end, places_calling, uses_of, written
from analyzer.flow.unpacked import parts
from analyzer.knowledge import known
from analyzer.knowledge.schema import names
from analyzer.project.target import Place, Target

_INSERT = re.compile(
    r"INSERT\s+INTO\s+\S+\s*\((?P<columns>[^)]*)\)\s*VALUES\s*\((?P<values>.*)\)", re.IGNORECASE | re.DOTALL
)


_OPENING = frozenset({"password", "passwd", "cred"})
_TAKES = re.compile(r"^(?!.*(?:hash|digest|crypted)).*(?:passw|pwd|secret|api_?key|private_?key)", re.IGNORECASE)
"""Parameters worth a look: what is called token or key is as often the name of something."""


class Given(msgspec.Struct, frozen=True):
    """A literal, what it was given to, and how strong it looks (see :class:`~analyzer.facts.expressions.Secret`)."""

    place: Place
    literal: Constant
    to: str
    strength: str


def given(flow: Flow) -> Iterator[Given]:
    """Literals that reach a parameter, a key argument or a column that holds a secret; in order of places."""
    seen: set[int] = set()
    takers = _takers(flow)
    keys = [sink for sink in known().sinks if sink.kind == "key"]
    statements = names(sink for sink in known().sinks if sink.kind == "sql")
    for place in places_calling(flow.project, frozenset(takers) | names(keys) | statements):
        if not _interesting(flow, place, takers, names(keys), statements):
            continue
        inserts = _inserts(flow, place)
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call) or not call.arguments:
                continue
            inserted = (*_inserted(flow, point, call), *bound_passwords(flow, point, call)) if inserts else ()
            for value, to, opening in (*_taken(flow, point, call), *inserted):
                made = is_password_name(to) and (inserts or literals.makes_account(chain_end(call)))
                for literal, strength in _literals(flow, value, to, opening=opening, made=made):
                    if id(literal) not in seen:
                        seen.add(id(literal))
                        yield Given(value.place, literal, to, strength)


def _takers(flow: Flow) -> set[str]:
    """Names of the project's functions (and classes, by ``__init__``) with a parameter that is a secret."""
    found: set[str] = set()
    for path in flow.project.paths():
        outline = flow.project.outline(path)
        for function in outline.functions:
            if any(_is_secret(one.name) for one in function.parameters):
                own = function.name == "__init__" and function.owner >= 0
                found.add(outline.classes[function.owner].name if own else function.name)
    return found


def _is_secret(name: str) -> bool:
    """Whether a parameter takes the secret itself, not a hash of it to compare with."""
    return _TAKES.search(name) is not None and literals.is_secret_name(name)


def _interesting(flow: Flow, place: Place, takers: set[str], keys: frozenset[str], sinks: frozenset[str]) -> bool:
    """Whether a call in this function may take a literal; a second look at names before the body is opened."""
    statements = False
    for use in uses_of(flow.project, place):
        last = use.chain.rpartition(".")[2]
        if use.kind != "call" or (last not in takers and last not in keys and last not in sinks):
            continue
        target = flow.project.resolve(place, use.chain, use.line)
        if last in takers and target is not None and _takes_secret(flow, target):
            return True
        if last in keys and (target is None or not target.ours):
            return True
        statements = statements or last in sinks
    return statements and _inserts(flow, place)


def _takes_secret(flow: Flow, target: Target) -> bool:
    """Whether a function, or the constructor of a class, has a parameter that is a secret."""
    index = target.index
    if target.kind == "class":
        index = flow.project.namespace(target.path).methods.get(target.index, {}).get("__init__", -1)
    elif target.kind != "function":
        return False
    return index >= 0 and any(
        _is_secret(one.name) for one in flow.project.outline(target.path).functions[index].parameters
    )


def _inserts(flow: Flow, place: Place) -> bool:
    """Whether a function holds the text of an INSERT with a password column."""
    body = encode(flow.project.body(place)).upper()
    return b"INSERT" in body and b"PASSW" in body


def _taken(flow: Flow, point: Point, call: Call) -> Iterator[tuple[Point, str, bool]]:
    """The arguments of a call that are secrets by what takes them, with its name, and whether a library logs in with
    it, where even a word is a password."""
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    if target is not None and target.ours:
        index = target.index
        if target.kind == "class":
            index = flow.project.namespace(target.path).methods.get(target.index, {}).get("__init__", -1)
        elif target.kind != "function":
            return
        if index < 0:
            return
        function = flow.project.outline(target.path).functions[index]
        arguments = bound(function, call, method(target, function, chain(call.func))) or {}
        for name, one in arguments.items():
            # A keyword says its name itself and was looked at when the file was lowered.
            if one.keyword is None and _is_secret(name):
                yield Point(point.place, one.value, point.environment), name, False
        return
    sink = known().sink("key", target.dotted if target else "", written(call))
    if sink is not None:
        key = argument(call, sink.argument, *sink.keywords)
        if key is not None:
            opening = not _OPENING.isdisjoint(sink.keywords)
            yield Point(point.place, key, point.environment), "password" if opening else "secret_key", opening


def _inserted(flow: Flow, point: Point, call: Call) -> Iterator[tuple[Point, str, bool]]:
    """``INSERT INTO users (name, password) VALUES ('admin', '…')`` whose text is constant in the end."""
    sink = known().sink("sql", "", written(call))
    text = argument(call, max(sink.argument, 0), *sink.keywords) if sink is not None else None
    if text is None or isinstance(text, Constant):
        return
    if any(sql.is_statement(row) and _INSERT.search(sql.rendered(row)) for row in flow.value(_at(point, text)).rows):
        yield _at(point, text), "password", False


def bound_passwords(flow: Flow, point: Point, call: Call) -> Iterator[tuple[Point, str, bool]]:
    """``executemany("INSERT INTO users (name, password) VALUES (?, ?)", USERS)``, and one row after the other."""
    found = statement_of(flow, point.place, call)
    if found is None or not found.given:
        return
    columns = next(
        (one for row in flow.value(_at(point, found.text)).rows if (one := literals.columns(sql.rendered(row)))), []
    )
    number = next((at for at, one in enumerate(columns) if is_password_name(one)), -1)
    for origin in flow.origins(_at(point, found.given[0])) if number >= 0 else ():
        rows = origin.expression.items if isinstance(origin.expression, Sequence) else []
        row = rows[0] if rows and isinstance(rows[0], Sequence) else origin.expression
        if isinstance(row, Sequence) and len(row.items) == len(columns):
            yield Point(origin.place, row.items[number], origin.environment), columns[number], False


def _at(point: Point, expression: AnyExpression) -> Point:
    return Point(point.place, expression, point.environment)


def _literals(
    flow: Flow, value: Point, name: str, *, opening: bool, made: bool = False
) -> Iterator[tuple[Constant, str]]:
    """The literals that a value comes from, each with its strength; ``made``: an account is made with it."""
    held = [value] if _may_be_literal(flow, value) else list(parts(flow, value))[:1]
    rows = [row for one in held for row in flow.value(one).rows]
    place = held[0].place if held else value.place
    for row in rows:
        if any(part.kind != "text" for part in row):
            continue
        text = "".join(part.text for part in row)
        inserted = _INSERT.search(text)
        for wanted in _passwords_in(inserted) if inserted else [text]:
            sighting = literals.of_account(wanted) if made else literals.by_name(name, wanted)
            if opening and sighting is None and literals.is_made_up(wanted):
                sighting = literals.Sighting("named", "…", literals.PLAIN)
            if sighting is None or sighting.strength == "placeholder":
                continue
            found = _literal(flow, place, wanted, row[0].line if not inserted else 0)
            if found is not None:
                yield found, sighting.strength


def _may_be_literal(flow: Flow, value: Point) -> bool:
    """A cheap look before a value is worked out: written here, a constant elsewhere, or an item of a container."""
    expression = value.expression
    if isinstance(expression, Binary | Format | Call):
        return not isinstance(expression, Call) or chain_end(expression) in {"format", "join"}
    if any(isinstance(origin.expression, Constant | Binary | Format) for origin in flow.origins(value)):
        return True
    reaching = value.environment.get(expression.id, ()) if isinstance(expression, Name) else ()
    return any(one.how in {"element", "item", "augment"} for one in reaching)


def _passwords_in(inserted: re.Match[str]) -> list[str]:
    columns = [one.strip().strip("`\"'[]") for one in inserted["columns"].split(",")]
    values = [one.strip() for one in inserted["values"].split(",")]
    return [
        value.strip("'")
        for column, value in zip(columns, values, strict=False)
        if is_password_name(column) and value.startswith("'") and len(value) > 4
    ]


def _literal(flow: Flow, place: Place, text: str, line: int) -> Constant | None:
    """The literal of a text, in the function or at the top of its file, nearest to a line where one is known."""
    for where in (place, Place(place.path, -1)):
        for point in flow.points(where):
            one = point.expression
            if isinstance(one, Constant) and one.value == text and (not line or one.line == line):
                return one
    return None
