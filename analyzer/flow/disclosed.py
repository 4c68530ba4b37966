"""What of an expression's text is a secret that whoever reads the text would have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Binary,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Format,
    Interpolation,
    Mapping,
    Name,
    Opaque,
    Sequence,
    Slice,
    Starred,
    Subscript,
    Unary,
    Walrus,
)
from analyzer.facts.visit import chain, walk
from analyzer.flow import fetched, records, showing, sources, undisclosed, unpacked
from analyzer.flow.arguments import argument
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point
from analyzer.flow.environment import key
from analyzer.flow.named import method
from analyzer.flow.passwords import name_of
from analyzer.flow.questions import chain_end
from analyzer.flow.sensitive import WEAK, sensitive
from analyzer.flow.values import spelled
from analyzer.frameworks.persistence import is_model
from analyzer.project.target import Place, Target

_BEARER = re.compile(r"(?:^|[._])(?:credentials?|creds|bearer|auth|token)\.credentials$", re.IGNORECASE)
"""The token in what ``HTTPBearer`` of FastAPI answers."""
_COOKIES = re.compile(r"(?:^|\.)(?:request|req)\.(?:cookies|COOKIES)$")
_SESSION = re.compile(r"^(?:\w+[_-])?sess(?:ion)?(?:_?id)?$|^sid$|^connect\.sid$", re.IGNORECASE)
"""Cookies whoever has which is logged in."""
_HEADERS = re.compile(r"(?:^|\.)(?:request|req)\.(?:headers|META|environ)$")
_COOKIE_HEADER = frozenset({"cookie", "http_cookie"})
_DEPTH = 7
"""Names and calls followed to where a text is put together."""


class Sighting(msgspec.Struct, frozen=True):
    """A secret in a text: how the code calls it, its kind (see :mod:`~analyzer.flow.sensitive`), ``whole`` for what
    holds it among other things, and where it is."""

    text: str
    kind: str
    place: Place
    node: AnyExpression
    whole: bool = False


class Reader:
    """Looks through the text of one expression. ``handed`` collects the parameters that go into it unrecognised."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.handed: set[str] = set()

    def told(self, point: Point, depth: int = _DEPTH) -> Sighting | None:
        """The first secret that the text of an expression gives away."""
        step = _STEPS.get(type(point.expression))
        return step(self, point, depth) if step is not None and depth > 0 else None

    def first(self, point: Point, inner: Iterable[AnyExpression], depth: int) -> Sighting | None:
        """The first secret in several expressions of one place."""
        for one in inner:
            found = self.told(Point(point.place, one, point.environment), depth)
            if found is not None:
                return found
        return None

    def harmless(self, point: Point, depth: int = _DEPTH) -> bool:
        """Whether a value that goes by a secret's name certainly is none: a constant, a mask, a length, an object."""
        one = point.expression
        if isinstance(one, Constant | Opaque | Compare | Unary):
            return True
        if depth <= 0:
            return False
        if isinstance(one, Await | Starred | Walrus | Interpolation):
            return self.harmless(_at(point, one.value), depth - 1)
        if isinstance(one, Format | Sequence):
            inner = one.parts if isinstance(one, Format) else one.items
            return all(self.harmless(_at(point, part), depth - 1) for part in inner)
        if isinstance(one, Binary):
            masks = one.op == "*" and "*" in str(getattr(one.left, "value", ""))
            return masks or all(self.harmless(_at(point, side), depth - 1) for side in (one.left, one.right))
        if isinstance(one, Conditional | Boolean):
            return all(self.harmless(_at(point, side), depth - 1) for side in showing.sides(one))
        if isinstance(one, Subscript) and showing.cut(one):
            return True
        if isinstance(one, Call):
            text = argument(one, 0) if chain_end(one) in {"str", "repr"} else None
            if text is not None:
                return self.harmless(_at(point, text), depth - 1)
            return showing.HARMLESS.search(chain_end(one)) is not None or self._masks(one) or showing.shows_stars(one)
        if isinstance(one, Attribute) and one.attr == "url" and showing.ENGINE.search(chain(one.value)):
            return True
        if isinstance(one, Name | Attribute | Subscript):
            found = [o for o in self.flow.origins(point) if o.expression is not one and not undisclosed.unset(one, o)]
            return bool(found) and all(
                self.harmless(Point(o.place, o.expression, o.environment), depth - 1) for o in found
            )
        return False

    def _masks(self, call: Call) -> bool:
        replaced = argument(call, 1) if chain_end(call) in {"replace", "sub"} else None
        return isinstance(replaced, Constant) and "*" in str(replaced.value)

    def named(self, point: Point, depth: int) -> Sighting | None:
        """What a name, attribute or item gives."""
        one = point.expression
        assert isinstance(one, Name | Attribute | Subscript)
        if isinstance(one, Name) and self._gives_nothing(point, one):
            return None
        if isinstance(one, Subscript):
            if showing.cut(one):
                return None
            if isinstance(one.index, Slice) or (isinstance(one.value, Call) and not isinstance(one.index, Constant)):
                return self.told(_at(point, one.value), depth - 1)
            if isinstance(one.value, Call) and chain_end(one.value) in {"split", "rsplit", "partition", "rpartition"}:
                return self.told(_at(point, one.value), depth - 1)
        elif isinstance(one, Attribute) and one.attr == "__dict__":
            return self._dumped(point, one.value) or self._request(point)
        return self._secret(point, name_of(one)) or self._request(point) or self._followed(point, depth)

    def _gives_nothing(self, point: Point, one: Name) -> bool:
        if undisclosed.speaks_of(one.id) or undisclosed.no_text(self.flow, point.place, one.id, one.line):
            return True
        if undisclosed.masked_in_place(self.flow, point.place, one):
            return True
        return undisclosed.starred(found.expression for found in self.flow.origins(point))

    def _secret(self, point: Point, name: str) -> Sighting | None:
        one = point.expression
        kind = sensitive(name) or ("token" if _BEARER.search(chain(one)) else "")
        if not kind and isinstance(one, Subscript):
            kind = _cookie_header(one.value, name)
        if kind.endswith(WEAK) and isinstance(one, Attribute):
            kind = self._of_property(point) or kind
        if not kind or not self._holds_text(point):
            return None
        moved = [o for o in self.flow.origins(point) if o.expression is not one and not undisclosed.unset(one, o)]
        if moved and all(self.harmless(Point(o.place, o.expression, o.environment)) for o in moved):
            return None
        if kind.endswith(WEAK):
            kind = self._settled(point, kind)
        return Sighting(showing.called_so(one), kind, point.place, one) if kind else None

    def _settled(self, point: Point, kind: str) -> str:
        """What a name that may mean anything holds, by where its value comes from: an item of ``tokens`` is a word."""
        one = point.expression
        known = point.environment.get(key(one), ())
        if known and all(definition.how in {"element", "item"} for definition in known):
            return ""
        for found in self.flow.origins(point):
            told = (
                None
                if found.expression is one
                else self.told(Point(found.place, found.expression, found.environment), 4)
            )
            if told is not None and not told.whole and not told.kind.endswith(WEAK):
                return told.kind
        return kind

    def _holds_text(self, point: Point) -> bool:
        """Not for modules, classes, their members, objects of our classes, and what is declared to be harmless."""
        project, place, one = self.flow.project, point.place, point.expression
        if isinstance(one, Name):
            if any(item.bound == one.id and item.name is None for item in project.outline(place.path).imports):
                return False
            known = point.environment.get(one.id, ())
            if len(known) == 1 and known[0].how == "parameter":
                function = project.function(place)
                declared = next((p for p in function.parameters if p.name == one.id), None) if function else None
                if declared is not None and declared.annotation is not None:
                    return showing.textual(self.flow, place, declared.annotation)
        target = project.resolve_expression(place, one)
        if target is not None and target.kind in {"module", "class", "function", "instance"}:
            return self._computed(target)
        if self._an_object(place, one):
            return False
        if not isinstance(one, Attribute):
            return True
        owner = project.resolve_expression(place, one.value)
        if owner is None or owner.index < 0:
            return True
        if owner.kind == "class" and (
            is_model(project, owner.path, owner.index) or sources.enumeration(project, owner)
        ):
            return False
        declared_field = sources.field_type(project, owner, one.attr)
        return declared_field is None or showing.textual(self.flow, *declared_field)

    def _of_property(self, point: Point) -> str:
        """The kind of secret in what a property puts together, ``""`` for none."""
        project, one = self.flow.project, point.expression
        assert isinstance(one, Attribute)
        owner = project.resolve_expression(point.place, one.value)
        if owner is None or owner.kind != "instance" or owner.index < 0:
            return ""
        place = dict(project.classes.methods(owner.path, owner.index)).get(one.attr)
        if place is None:
            return ""
        for given, state in self.flow.trace(place).returns:
            told = self.told(Point(place, given, state), 3) if given is not None else None
            if told is not None and not told.kind.endswith(WEAK):
                return "connection string"
            if given is not None and any(_builds_address(one) for one in walk(given)):
                return "connection string"
        return ""

    def _computed(self, target: Target) -> bool:
        """Whether a function is read like a field: a property."""
        function = self.flow.project.function(Place(target.path, target.index)) if target.kind == "function" else None
        named = [chain(one.func if isinstance(one, Call) else one) for one in (function.decorators if function else ())]
        return any(one.rpartition(".")[2] in {"property", "cached_property"} for one in named)

    def _an_object(self, place: Place, one: AnyExpression) -> bool:
        """Whether the function around reads attributes that no text has: ``token.user`` makes ``token`` a record."""
        function = self.flow.project.function(place)
        head = chain(one) + "."
        if function is None or head == ".":
            return False
        if undisclosed.a_row(self.flow, function, place, head[:-1]):
            return True
        read = (use.chain[len(head) :] for use in function.uses if use.chain.startswith(head))
        return any(attribute.partition("(")[0].partition("[")[0] not in showing.OF_TEXT for attribute in read)

    def _request(self, point: Point) -> Sighting | None:
        """What holds the secrets of everybody: a request's headers or body, the environment, the settings."""
        name = chain(point.expression)
        found = showing.REQUEST.search(name)
        kind = "headers" if found is not None and found["head"] else "body" if found is not None else ""
        if showing.SETTINGS.search(name):
            kind = "environment"
        return (
            Sighting(showing.called_so(point.expression), kind, point.place, point.expression, True) if kind else None
        )

    def _followed(self, point: Point, depth: int) -> Sighting | None:
        one = point.expression
        if isinstance(one, Name):
            known = point.environment.get(one.id, ())
            if len(known) == 1 and known[0].how == "parameter":
                self.handed.add(one.id)
        record = self._object(point)
        if record is not None:
            return record
        prefix = key(one)
        for name, known in point.environment.items() if prefix else ():
            if name.startswith(prefix + "['") and name.endswith("']"):
                kind = sensitive(name[len(prefix) + 2 : -2])
                if kind and any(d.expression is not None and d.how == "value" for d in known):
                    inner = [d for d in known if d.expression is not None]
                    if not all(self.harmless(Point(point.place, d.expression, d.environment or {})) for d in inner):  # type: ignore[arg-type]
                        return Sighting(name, kind, point.place, one)
        for found in self.flow.origins(point):
            if found.expression is not one:
                told = self.told(Point(found.place, found.expression, found.environment), depth - 1)
                if told is not None:
                    return told
        for part in unpacked.parts(self.flow, point):
            told = Reader(self.flow).told(part, depth - 2)
            if told is not None:
                return msgspec.structs.replace(told, place=point.place, node=one)
        return None

    def _object(self, point: Point) -> Sighting | None:
        """An object whose text shows its fields, one of which is a secret."""
        target = self.flow.project.resolve_expression(point.place, point.expression)
        if target is None or target.kind != "instance" or not records.shows_fields(self.flow.project, target):
            return None
        return self._field(point, target, shown=True)

    def _field(
        self, point: Point, target: Target, *, shown: bool, left: records.Left = records.NOTHING
    ) -> Sighting | None:
        field = records.secret_field(self.flow, target, shown=shown, left=left)
        if field is None:
            return None
        return Sighting(
            f"{showing.called_so(point.expression)}.{field[0]}", field[1], point.place, point.expression, True
        )

    def _dumped(self, point: Point, held: AnyExpression, left: records.Left = records.NOTHING) -> Sighting | None:
        """All the fields of an object: ``user.__dict__``, ``vars(user)``, ``user.model_dump()``."""
        inner = _at(point, held)
        target = self.flow.project.resolve_expression(point.place, held)
        if target is not None and target.kind == "instance":
            found = self._field(inner, target, shown=False, left=left)
            if found is not None:
                return found
        for one in self.flow.origins(inner):
            for given in one.expression.arguments if isinstance(one.expression, Call) else ():
                kind = sensitive(given.keyword or "")
                if kind in {"password", "password hash"} and given.keyword and not left.leaves(given.keyword):
                    return Sighting(f"{showing.called_so(held)}.{given.keyword}", kind, point.place, held, True)
        return None

    def called(self, point: Point, depth: int) -> Sighting | None:
        """What the result of a call gives."""
        call = point.expression
        assert isinstance(call, Call)
        last = chain_end(call)
        if showing.HARMLESS.search(last) or self._masks(call):
            return None
        request = self._request(point)
        if request is not None:
            return request
        target = self.flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
        held = call.func.value if isinstance(call.func, Attribute) else None
        name = undisclosed.looked_up(call, last)
        if name is not None:
            return Sighting(showing.picked(call, name), sensitive(name), point.place, call) if sensitive(name) else None
        if fetched.password_in_row(self.flow, point):
            return Sighting(f"{spelled(call.func)}()", "password", point.place, call, True)
        if last in showing.ADDRESSES:
            return self._address(point, call, last, depth)
        if target is not None and target.ours:
            return self._ours(point, call, target, last, depth)
        if last in showing.GETTERS:
            return self._got(point, call, last)
        if last in showing.ASKING:
            return None
        issued = showing.issued(target)
        if issued:
            return Sighting(f"{spelled(call.func)}()", issued, point.place, call, True)
        if target is not None and showing.SIGNED.match(target.dotted):
            makes = last in {"encode", "create_access_token", "create_refresh_token", "for_user"}
            return Sighting(f"{spelled(call.func)}()", "token", point.place, call) if makes else None
        if last == "locals" and held is None:
            return self._locals(point)
        if last == "format" and held is not None:
            return self.first(point, [one.value for one in call.arguments], depth - 1)
        if last == "join" and call.arguments:
            return self.told(_at(point, call.arguments[0].value), depth - 1)
        if last in {"vars", "asdict", "astuple", "model_to_dict"} and call.arguments:
            return self._dumped(point, call.arguments[0].value) or self.told(
                _at(point, call.arguments[0].value), depth - 1
            )
        if held is not None and last in showing.METHODS:
            if last in {"split", "rsplit"}:
                separator = argument(call, 0, "sep")
                if isinstance(separator, Constant) and separator.value not in showing.CARRYING:
                    return None
            if last == "decode" and not showing.of_bytes(call):
                return None
            left = records.left_out(call)
            found = self._dumped(point, held, left) if last in showing.DUMPS else None
            return found or (self.told(_at(point, held), depth - 1) if left == records.NOTHING else None)
        if last in showing.FUNCTIONS:
            return self.first(point, [one.value for one in call.arguments], depth - 1)
        if last in showing.KEYS_ONLY:
            found = self.first(point, [one.value for one in call.arguments], depth - 1)
            return None if found is not None and found.whole else found
        return self._made(point, call, last)

    def _locals(self, point: Point) -> Sighting | None:
        """``locals()`` of a function that is given a password, a token or a key."""
        function = self.flow.project.function(point.place)
        for one in function.parameters if function is not None else ():
            kind = sensitive(one.name)
            if kind and not kind.endswith(WEAK):
                return Sighting("locals()", kind, point.place, point.expression, True)
        return None

    def _address(self, point: Point, call: Call, last: str, depth: int) -> Sighting | None:
        """``url_for("reset", token=signed)``: whoever has the address has what stands in it."""
        for one in call.arguments:
            kind = sensitive(one.keyword or "")
            if kind and not self.harmless(_at(point, one.value)):
                return Sighting(f"{last}({one.keyword}=…)", kind.removesuffix(WEAK), point.place, call)
        return self.first(point, [one.value for one in call.arguments], depth - 1)

    def _made(self, point: Point, call: Call, last: str) -> Sighting | None:
        if last == "find_one" and records.brings_person(self.flow.project, point.place, call):
            return Sighting(f"{spelled(call.func)}(…)", "password hash", point.place, call, True)
        made = showing.MAKING.match(last)
        kind = sensitive(made["what"]) if made else ""
        if kind.startswith(("token", "one-time", "password")) and kind != "password hash":
            return Sighting(f"{spelled(call.func)}()", kind, point.place, call)
        return None

    def _got(self, point: Point, call: Call, last: str) -> Sighting | None:
        """``form.get("password")``, ``os.getenv("SECRET_KEY")``, ``getattr(user, "password")``."""
        wanted = argument(call, 1 if last == "getattr" else 0)
        name = wanted.value if isinstance(wanted, Constant) and isinstance(wanted.value, str) else ""
        kind = sensitive(name)
        if not kind and isinstance(call.func, Attribute) and _COOKIES.search(chain(call.func.value)):
            kind = "session cookie" if _SESSION.search(name) else ""
        elif not kind and isinstance(call.func, Attribute):
            kind = _cookie_header(call.func.value, name)
        if not kind or (isinstance(call.func, Attribute) and ".objects" in chain(call.func)):
            return None
        for base in self.flow.origins(_at(point, call.func.value)) if isinstance(call.func, Attribute) else ():
            if isinstance(base.expression, Mapping):
                return self.told(Point(base.place, base.expression, base.environment), 2)
        return Sighting(showing.picked(call, name), kind, point.place, call)

    def _ours(self, point: Point, call: Call, target: Target, last: str, depth: int) -> Sighting | None:
        """A function of the project: what it returns for these arguments."""
        project = self.flow.project
        held = call.func.value if isinstance(call.func, Attribute) else None
        if target.kind != "function":
            return None
        function = project.outline(target.path).functions[target.index]
        place = Place(target.path, target.index)
        if sources.harmless_type(project, place, function.returns) or not showing.textual(
            self.flow, place, function.returns
        ):
            return None
        if last in showing.DUMPS and held is not None:
            returns = [one for one, _ in self.flow.trace(place).returns if one is not None]
            if any(isinstance(one, Mapping) for one in returns):
                inner = Reader(self.flow)
                return inner.first(Point(place, call, self.flow.final(place)), returns, 3)
        if depth < _DEPTH - 3:
            return self._made(point, call, last)
        arguments = bound(function, call, method(target, function, chain(call.func)))
        for one, state in self.flow.trace(place).returns[:6]:
            if one is None:
                continue
            inner = Reader(self.flow)
            found = inner.told(Point(place, one, state), depth - 3)
            if found is not None:
                return msgspec.structs.replace(found, place=point.place, node=call)
            for name in sorted(inner.handed & set(arguments or ())):
                found = self.told(_at(point, (arguments or {})[name].value), depth - 3)
                if found is not None:
                    return found
        return None


def _builds_address(node: msgspec.Struct) -> bool:
    """``PostgresDsn.build(password=…)``: an address of pydantic's with a password in it."""
    if not isinstance(node, Call) or not chain(node.func).endswith(("Dsn.build", "Url.build")):
        return False
    return argument(node, -1, "password") is not None


def _cookie_header(held: AnyExpression, name: str) -> str:
    """The kind of secret in the header that carries every cookie, the session's too."""
    return "session cookie" if name.lower() in _COOKIE_HEADER and _HEADERS.search(chain(held)) else ""


def _at(point: Point, expression: AnyExpression) -> Point:
    return Point(point.place, expression, point.environment)


def _inner(reader: Reader, point: Point, depth: int) -> Sighting | None:
    one = point.expression
    assert isinstance(one, Await | Walrus | Starred)
    return reader.told(_at(point, one.value), depth)


def _format(reader: Reader, point: Point, depth: int) -> Sighting | None:
    one = point.expression
    assert isinstance(one, Format)
    return reader.first(point, one.parts, depth)


def _interpolation(reader: Reader, point: Point, depth: int) -> Sighting | None:
    one = point.expression
    assert isinstance(one, Interpolation)
    spec = one.spec.parts[0] if isinstance(one.spec, Format) and one.spec.parts else None
    if isinstance(spec, Constant) and re.match(r"\.\d+$", str(spec.value)):
        return None
    return reader.told(_at(point, one.value), depth)


def _binary(reader: Reader, point: Point, depth: int) -> Sighting | None:
    one = point.expression
    assert isinstance(one, Binary)
    return reader.first(point, [one.left, one.right], depth) if one.op in {"+", "%", "|"} else None


def _choice(reader: Reader, point: Point, depth: int) -> Sighting | None:
    one = point.expression
    assert isinstance(one, Conditional | Boolean)
    return reader.first(point, showing.sides(one), depth)


def _display(reader: Reader, point: Point, depth: int) -> Sighting | None:
    one = point.expression
    assert isinstance(one, Sequence)
    return reader.first(point, one.items[:32], depth)


def _mapping(reader: Reader, point: Point, depth: int) -> Sighting | None:
    one = point.expression
    assert isinstance(one, Mapping)
    for name, value in zip(one.keys, one.values, strict=True):
        kind = sensitive(name.value) if isinstance(name, Constant) and isinstance(name.value, str) else ""
        if isinstance(value, Name) and undisclosed.speaks_of(value.id):
            continue
        inner = _at(point, value)
        if kind and isinstance(value, Name | Attribute | Subscript | Call) and not reader.harmless(inner):
            return Sighting(showing.called_so(value), kind, point.place, value)
        found = reader.told(inner, depth - 1)
        if found is not None:
            return found
    return None


def _comprehension(reader: Reader, point: Point, depth: int) -> Sighting | None:
    """``{k: v for k, v in request.headers.items() if k.lower() != "host"}``: every header but the harmless ones."""
    one = point.expression
    assert isinstance(one, Comprehension)
    first = one.generators[0]
    held = first.iterable
    if len(one.generators) > 1 or not isinstance(held, Call) or chain_end(held) != "items" or depth <= 1:
        return None
    names = first.target.items if isinstance(first.target, Sequence) else []
    value = names[1] if len(names) == 2 else None
    shown = one.value if one.kind == "dict" else one.element
    if not isinstance(value, Name) or not any(isinstance(n, Name) and n.id == value.id for n in walk(shown or ())):
        return None
    if isinstance(shown, Call | Conditional) or not all(map(_lets_secrets_by, first.conditions)):
        return None  # it may mask some
    return reader._request(_at(point, held.func.value)) if isinstance(held.func, Attribute) else None


def _lets_secrets_by(condition: AnyExpression) -> bool:
    """``name.lower() not in ("host", "content-length")``."""
    if not isinstance(condition, Compare) or condition.operators not in (["not in"], ["!="]):
        return False
    other = condition.comparators[0]
    listed = other.items if isinstance(other, Sequence) else [other]
    texts = [str(one.value).lower() for one in listed if isinstance(one, Constant)]
    chosen = any(one.startswith(("auth", "cookie")) or sensitive(one) for one in texts)
    return len(texts) == len(listed) and not chosen


_STEPS: dict[type, Callable[[Reader, Point, int], Sighting | None]] = {
    Await: _inner,
    Walrus: _inner,
    Starred: _inner,
    Format: _format,
    Interpolation: _interpolation,
    Binary: _binary,
    Conditional: _choice,
    Boolean: _choice,
    Sequence: _display,
    Mapping: _mapping,
    Name: Reader.named,
    Attribute: Reader.named,
    Subscript: Reader.named,
    Call: Reader.called,
    Comprehension: _comprehension,
}
