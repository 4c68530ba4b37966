"""What a request for one route looks like to the code before it: its path, its method, its name, as far as constants
tell. ``request.path in ("/login", "/health")`` is true for the one route and false for the next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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
    Constant,
    Name,
    Subscript,
    Unary,
    Walrus,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.statements import Assign, If, Return
from analyzer.facts.visit import chain, walk
from analyzer.frameworks.backend import UNNAMED
from analyzer.frameworks.registry import calls
from analyzer.frameworks.text import argument
from analyzer.project import Place, Project

_SAFE = ("GET", "HEAD", "OPTIONS")
_REQUESTS = frozenset({"request", "req", "_request", "url", "rel_url", "connection", "conn", "scope"})
"""What a path, a method or the name of what answers is read from."""
_MATCHED = frozenset({"view_name", "url_name", "namespace", "app_name"})
_REVERSING = frozenset({"reverse", "reverse_lazy", "resolve_url", "url_for"})
_PATHS = frozenset({"path", "path_info"})
_NAMES = frozenset({"endpoint"})
_ALIKE = frozenset({"lower", "casefold", "strip", "rstrip", "removesuffix", "decode"})
"""Methods that leave a path what it is, but for letters and slashes at its end."""
_SPLITTING = frozenset({"urlparse", "urlsplit", "unquote", "str", "unquote_plus", "normpath"})
_MAKING = frozenset({"set", "frozenset", "tuple", "list", "sorted"})
_LITERAL = re.compile(r"\^?((?:[\w/\-:@]|\\[./\-])*)(/\?)?(\.\*)?(\$?)")
"""Regular expressions that are a text: they are compared, never run."""
_DEPTH = 6


class Asked(msgspec.Struct, frozen=True):
    """A route as what stands before it sees a request: path with ``{parameters}``, method, and what the framework
    calls it where guards ask (Flask's endpoint, a view set's action); empty where that is not known. ``alone``: the
    class of the handler is the request too (``self.path`` of ``http.server``). ``url_name`` is Django's name of it
    (:data:`~analyzer.frameworks.backend.UNNAMED` for none)."""

    path: str
    method: str
    name: str = ""
    alone: bool = False
    url_name: str = ""


class Path(msgspec.Struct, frozen=True):
    """The path of the request, with ``{parameters}`` that may be anything."""

    text: str


class Said(msgspec.Struct, frozen=True):
    """The method or the name of the request."""

    text: str


class Reversed(msgspec.Struct, frozen=True):
    """The path of the route of a name: ``reverse("login")``, ``url_for("accounts.login")``."""

    name: str


class Match(msgspec.Struct, frozen=True):
    """What Django found for the request: ``request.resolver_match``, ``resolve(request.path)``."""


class Expression(msgspec.Struct, frozen=True):
    """A regular expression of the code."""

    pattern: str


Item = str | Expression | Reversed
Value = str | tuple[Item, ...] | Path | Said | Expression | Reversed | Match | bool | None
"""What an expression comes to for the route; ``None`` for what is not known. Truth is told only where the route decides
it."""


class Reading:
    """One function read for one route. ``matched``: it names the route, or what all routes like it begin with."""

    def __init__(self, project: Project, place: Place, asked: Asked, known: dict[str, Value] | None = None) -> None:
        self._project = project
        self._place = place
        self._asked = asked
        function = project.function(place)
        names = (one.name for one in function.parameters) if function is not None else ()
        self.known: dict[str, Value] = dict.fromkeys(names) | (known or {})
        self.matched = False

    def truth(self, test: AnyExpression, depth: int = 0) -> bool | None:
        """Whether a condition holds for the route, ``None`` where the route alone does not decide it."""
        if isinstance(test, Await):
            return self.truth(test.value, depth)
        if isinstance(test, Unary) and test.op == "not":
            found = self.truth(test.operand, depth)
            return None if found is None else not found
        if isinstance(test, Boolean):
            ends = test.op == "or"
            every = [self.truth(one, depth) for one in test.values]
            return ends if ends in every else None if None in every else not ends
        if isinstance(test, Compare) and len(test.operators) == 1:
            return self._compared(test.left, test.operators[0], test.comparators[0])
        if isinstance(test, Call):
            return self._called(test, depth)
        value = self.value(test, depth)
        if isinstance(value, Said) and value.text:
            return True
        return value if isinstance(value, bool) else None

    def value(self, node: AnyExpression | None, depth: int = 0) -> Value:
        """What an expression comes to."""
        if node is None or depth > _DEPTH:
            return None
        if isinstance(node, Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, Name) and node.id in self.known:
            return self.known[node.id]
        if isinstance(node, Walrus):
            return self.value(node.value, depth + 1)
        if isinstance(node, Display):
            return self._items(node.items, depth)
        if isinstance(node, Binary) and node.op in {"+", "|"}:
            left, right = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
            if isinstance(left, tuple) and isinstance(right, tuple):
                return (*left, *right)
            return left + right if isinstance(left, str) and isinstance(right, str) else None
        if isinstance(node, Boolean) and node.op == "or":
            first = self.value(node.values[0], depth + 1)
            return first if isinstance(first, Path | Said) else None
        if isinstance(node, Subscript):
            return self._taken(node, depth)
        if isinstance(node, Call):
            return self._made(node, depth)
        if isinstance(node, Compare | Unary | Boolean):
            return self.truth(node, depth + 1)
        return self._read(node) or self._constant(node, depth) if isinstance(node, Name | Attribute) else None

    def same(self, one: AnyExpression, other: AnyExpression) -> bool | None:
        """Whether two expressions are equal for the route."""
        return self._compared(one, "==", other)

    # Parts of the request

    def _read(self, node: Name | Attribute) -> Value:
        """``request.url.path``, ``request.method``, ``request.endpoint``, ``self.action``."""
        if not isinstance(node, Attribute):
            return None
        asked, before = self._asked, chain(node.value)
        holder = before.rpartition(".")[2]
        if node.attr in _PATHS:
            split = isinstance(node.value, Call | Name) and isinstance(self.value(node.value), Path)
            whole = holder in _REQUESTS or split or (asked.alone and before == "self")
            return Path(asked.path) if whole and asked.path else None
        if node.attr in {"method", "command"} and (holder in _REQUESTS or (asked.alone and before == "self")):
            return Said(asked.method) if asked.method not in {"", "ANY"} else None
        if node.attr in _NAMES and (holder in _REQUESTS or holder == "url_rule"):
            return Said(asked.name) if asked.name else None
        if node.attr == "blueprint" and holder in _REQUESTS:
            return Said(asked.name.rpartition(".")[0]) if "." in asked.name else None
        if node.attr == "action" and before in {"self", "view"}:
            return Said(asked.name) if asked.name else None
        if node.attr == "resolver_match" and holder in _REQUESTS:
            return Match()
        if node.attr in _MATCHED and isinstance(self.value(node.value), Match):
            space, _, last = asked.url_name.rpartition(":")
            told = {"view_name": asked.url_name, "url_name": last}.get(node.attr, space)
            # A pattern without a name is told by its view, which nobody lists.
            return Said(told or UNNAMED) if asked.url_name else None
        return None

    def _taken(self, node: Subscript, depth: int) -> Value:
        """``scope["path"]``, ``environ["PATH_INFO"]``, ``self.path.split("?")[0]``."""
        whole = self.value(node.value, depth + 1)
        if isinstance(whole, Path | Said) and isinstance(node.index, Constant) and node.index.value == 0:
            return whole
        key = node.index.value if isinstance(node.index, Constant) else None
        return self._kept(chain(node.value), key)

    def _kept(self, holder: str, key: object) -> Value:
        last = holder.rpartition(".")[2]
        if last in {"scope", "environ", "env"} and key in {"path", "PATH_INFO", "RAW_URI"}:
            return Path(self._asked.path)
        if last in {"scope", "environ", "env"} and key in {"method", "REQUEST_METHOD"}:
            return Said(self._asked.method) if self._asked.method not in {"", "ANY"} else None
        return None

    def _made(self, call: Call, depth: int) -> Value:
        last = chain(call.func).rpartition(".")[2]
        first = call.arguments[0].value if call.arguments else None
        if isinstance(call.func, Attribute):
            whole = self.value(call.func.value, depth + 1)
            if isinstance(whole, Path | Said):
                return self._altered(whole, call.func.attr, first)
            if call.func.attr == "get" and isinstance(first, Constant):
                return self._kept(chain(call.func.value), first.value)
        if last in _REVERSING and first is not None and len(call.arguments) == 1:
            wanted = self.value(first, depth + 1)
            return Reversed(wanted) if isinstance(wanted, str) and "/" not in wanted else wanted
        if last == "resolve" and isinstance(self.value(first, depth + 1), Path):
            return Match()
        if last in _SPLITTING | _MAKING and first is not None:
            return self.value(first, depth + 1)
        if last == "compile" and first is not None:
            pattern = self.value(first, depth + 1)
            return Expression(pattern) if isinstance(pattern, str) else None
        if last == "getattr" and len(call.arguments) > 1:
            name = call.arguments[1].value
            held = first if isinstance(first, Name | Attribute) else None
            if held is not None and isinstance(name, Constant) and isinstance(name.value, str):
                found = self.value(Attribute(*_AT, held, name.value), depth + 1)
                return found if found is not None or len(call.arguments) < 3 else self.value(call.arguments[2].value)
        return self.truth(call, depth + 1)

    def _altered(self, whole: Path | Said, method: str, first: AnyExpression | None) -> Value:
        if method == "strip" and isinstance(whole, Path):
            return Path(whole.text.strip("/")) if first is not None else whole
        if method == "lstrip" and isinstance(whole, Path):
            return Path(whole.text.lstrip("/")) if first is not None else whole
        if method in {"rstrip", "removesuffix"} and isinstance(whole, Path):
            return Path(whole.text.rstrip("/") or ("" if method == "rstrip" else "/")) if first is not None else whole
        if method == "split" and isinstance(first, Constant) and first.value in {"?", "#"}:
            return whole
        if method == "upper" and isinstance(whole, Said):
            return whole
        if method == "lower" and isinstance(whole, Said):
            return Said(whole.text.lower())
        return whole if method in _ALIKE else None

    # Constants

    def _items(self, items: Sequence[AnyExpression], depth: int) -> Value:
        found: list[Item] = []
        for one in items:
            value = self.value(one, depth + 1)
            if not isinstance(value, str | Expression | Reversed):
                return None
            found.append(value)
        return tuple(found)

    def _constant(self, node: Name | Attribute, depth: int) -> Value:
        project, place, spelled = self._project, self._place, chain(node)
        if spelled.rpartition(".")[2] == "SAFE_METHODS":
            return _SAFE
        found = self._around(node) if isinstance(node, Name) else None
        found = found or project.variable(place.path, spelled)
        if found is None and isinstance(node, Attribute):
            found = self._of_object(node)
        if found is None:
            return None
        inner = Reading(project, Place(found[0], -1), self._asked)
        return inner.value(found[1], depth + 1) if found[1] is not node else None

    def _around(self, node: Name) -> tuple[str, AnyExpression] | None:
        """What a function that this one stands in says a name is."""
        function = self._project.function(self._place)
        while function is not None and function.parent >= 0:
            outside = Place(self._place.path, function.parent)
            found = _local(self._project, outside, node)
            if found is not node:
                return self._place.path, found
            function = self._project.function(outside)
        return None

    def _of_object(self, node: Attribute) -> tuple[str, AnyExpression] | None:
        """``self.exempt``: a class variable, or what the object is made with; ``settings.EXEMPT`` of Django."""
        project, place = self._project, self._place
        owner = project.owner_index(place)
        if chain(node.value) in {"self", "cls"} and owner >= 0:
            held = project.classes.variable(place.path, owner, node.attr)
            return held or _given(project, place.path, owner, node.attr)
        target = project.resolve_expression(place, node.value)
        if target is not None and target.kind in {"class", "instance"} and target.index >= 0:
            return project.classes.variable(target.path, target.index, node.attr)
        if target is not None and target.dotted == "django.conf.settings":
            values = [(path, one) for path in project.paths() for one in _set(project, path, node.attr)]
            return values[0] if len(values) == 1 else None
        return None

    # Comparisons

    def _compared(self, left: AnyExpression, operator: str, right: AnyExpression) -> bool | None:
        one, other = self.value(left), self.value(right)
        if operator in {"is", "is not"}:
            nothing = isinstance(right, Constant) and right.value is None
            return operator == "is not" if nothing and isinstance(one, Said) and one.text else None
        if operator in {"==", "!="}:
            if isinstance(other, Path | Said):
                one, other = other, one
            comparable = isinstance(one, Path | Said) and isinstance(other, str | Reversed)
            found = self._equal(one, other) if comparable else None  # type: ignore[arg-type]
        elif operator in {"in", "not in"}:
            found = self._among(one, other)
        else:
            return None
        return found if found is None or operator in {"==", "in"} else not found

    def _equal(self, one: Path | Said, text_: str | Reversed) -> bool | None:
        if isinstance(text_, Reversed):
            return self._is_called(text_.name)
        found = one.text == text_ if isinstance(one, Said) or "{" not in one.text else _may_be(one.text, text_)
        self.matched = self.matched or found is True
        return found

    def _among(self, one: Value, other: Value) -> bool | None:
        if isinstance(one, Path | Said) and isinstance(other, tuple):
            return _any([self._equal(one, item) if isinstance(item, str | Reversed) else None for item in other])
        if isinstance(one, str) and isinstance(other, Path):
            pieces = re.split(r"\{[^}]*\}", other.text)
            found = True if any(one in piece for piece in pieces) else None if len(pieces) > 1 else False
            self.matched = self.matched or found is True
            return found
        return None

    def _called(self, call: Call, depth: int) -> bool | None:
        func, last = call.func, chain(call.func).rpartition(".")[2]
        first = call.arguments[0].value if call.arguments else None
        if last in {"any", "all"} and isinstance(first, Comprehension):
            return self._every(first, last == "any", depth)
        if isinstance(func, Attribute) and last in {"startswith", "endswith"}:
            whole, part = self.value(func.value), self.value(first)
            parts = part if isinstance(part, tuple) else (part,)
            if isinstance(whole, Path | Said):
                return _any([self._begins(whole, one, last == "endswith") for one in parts])
        if last in {"match", "fullmatch", "search"} and call.arguments:
            direct = len(call.arguments) > 1
            pattern = self.value(first if direct else func.value if isinstance(func, Attribute) else None)
            whole = self.value(call.arguments[1].value if direct else first)
            pattern = pattern.pattern if isinstance(pattern, Expression) else pattern
            return self._like(pattern, whole, last) if isinstance(pattern, str) and isinstance(whole, Path) else None
        return self._asked_of(call, depth)

    def _is_called(self, name: str) -> bool | None:
        """Whether the route is the one of a name, Django's or Flask's; ``None`` where its own is not known."""
        known = {one for one in (self._asked.name, self._asked.url_name) if one}
        found = name in known if known else None
        self.matched = self.matched or found is True
        return found

    def _begins(self, whole: Path | Said, part: Value, ends: bool) -> bool | None:
        if isinstance(part, Reversed):
            return self._is_called(part.name) or None
        if not isinstance(part, str):
            return None
        pieces = re.split(r"\{[^}]*\}", whole.text) if isinstance(whole, Path) else [whole.text]
        piece = pieces[-1] if ends else pieces[0]
        fits = piece.endswith(part) if ends else piece.startswith(part)
        may = len(pieces) > 1 and (part.endswith(piece) if ends else part.startswith(piece))
        # Every path begins with a slash: that names none.
        self.matched = self.matched or (fits and part not in {"", "/"})
        return True if fits else None if may else False

    def _like(self, pattern: str, whole: Path, how: str) -> bool | None:
        literal = _LITERAL.fullmatch(pattern)
        if literal is None or (how == "search" and not pattern.startswith("^")):
            return None
        told = re.sub(r"\\(.)", r"\1", literal[1])
        if literal[3] or (not literal[4] and how != "fullmatch"):
            return self._begins(whole, told, False)
        ways = [told, told + "/"] if literal[2] else [told]
        return _any([self._equal(whole, one) for one in ways])

    def _every(self, one: Comprehension, some: bool, depth: int) -> bool | None:
        """``any(path.startswith(each) for each in OPEN)``."""
        made = one.generators[0] if len(one.generators) == 1 else None
        if made is None or made.conditions or not isinstance(made.target, Name):
            return None
        items = self.value(made.iterable, depth + 1)
        if not isinstance(items, tuple):
            return None
        kept, found = self.known.get(made.target.id), []
        for item in items:
            self.known[made.target.id] = item
            found.append(self.truth(one.element, depth + 1))
        self.known[made.target.id] = kept
        if some:
            return _any(found)
        return False if False in found else None if None in found or not found else True

    def _asked_of(self, call: Call, depth: int) -> bool | None:
        """What a function of the project says of the path it is given: ``is_public(request.path)``."""
        project = self._project
        target = project.resolve_expression(self._place, call.func)
        if depth > 2 or target is None or target.kind != "function":
            return None
        place = Place(target.path, target.index)
        function = project.function(place)
        names = [one.name for one in function.parameters] if function is not None else []
        names = names[1:] if names[:1] in (["self"], ["cls"]) else names
        known = {name: self.value(argument(call, at, name), depth + 1) for at, name in enumerate(names)}
        inner = Reading(project, place, self._asked, known)
        for statement in project.body(place):
            if isinstance(statement, Assign) and isinstance(statement.targets[0], Name):
                inner.known[statement.targets[0].id] = inner.value(statement.value, depth + 1)
                continue
            if isinstance(statement, Return):
                found = inner._said(statement, depth)
            elif isinstance(statement, If) and len(statement.then) == 1 and not statement.otherwise:
                holds = inner.truth(statement.test, depth + 1)
                if holds is False:
                    continue
                then = statement.then[0]
                found = inner._said(then, depth) if holds and isinstance(then, Return) else None
            else:
                found = None
            self.matched = self.matched or (inner.matched and found is not None)
            return found
        return None

    def _said(self, statement: Return, depth: int) -> bool | None:
        """What a return says, where the route has had a word in it."""
        if isinstance(statement.value, Constant):
            return statement.value.value if isinstance(statement.value.value, bool) else None
        return self.truth(statement.value, depth + 1) if statement.value is not None else None


_AT = (0, 0, 0, 0)


def _any(found: Sequence[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def _may_be(path: str, asked: str) -> bool | None:
    """Whether a path with parameters can be a text: not where a part without one is another word."""
    parts, others = path.split("/"), asked.split("/")
    if "{…}" in path:
        return None
    alike = len(parts) == len(others) and all("{" in one or one == two for one, two in zip(parts, others, strict=True))
    return None if alike else False


def _set(project: Project, path: str, name: str) -> Iterator[AnyExpression]:
    """What a settings module sets a name to."""
    namespace = project.namespace(path)
    if "INSTALLED_APPS" in namespace.variables or "MIDDLEWARE" in namespace.variables:
        yield from namespace.variables.get(name, ())


def _given(project: Project, path: str, owner: int, name: str) -> tuple[str, AnyExpression] | None:
    """What an object keeps under a name: constant in its ``__init__``, or given where the application adds it."""
    methods = dict(project.classes.methods(path, owner))
    place = methods.get("__init__")
    function = project.function(place) if place is not None else None
    if place is None or function is None:
        return None
    for statement in walk(project.body(place)):
        if not isinstance(statement, Assign) or all(chain(one) != f"self.{name}" for one in statement.targets):
            continue
        value = statement.value
        if isinstance(value, Boolean) and value.op == "or":
            value = value.values[0]
        handed = next((one for one in function.parameters if isinstance(value, Name) and one.name == value.id), None)
        if handed is None:
            return (place.path, value) if value is not None else None
        sites = list(_handed(project, path, owner, handed.name))
        if len(sites) == 1:
            return sites[0]
        return (place.path, handed.default) if not sites and handed.default is not None else None
    return None


def _handed(project: Project, path: str, owner: int, name: str) -> Iterator[tuple[str, AnyExpression]]:
    """``app.add_middleware(Gate, exempt=[…])``, ``Middleware(Gate, exempt=[…])``, ``Gate(app, exempt=[…])``."""
    own = project.outline(path).classes[owner].name
    for place, call in calls(project, frozenset({"add_middleware", "Middleware", own})):
        made = chain(call.func).rpartition(".")[2] == own
        target = project.resolve_expression(place, call.func if made else argument(call, 0, "middleware_class", "cls"))
        given = argument(call, 99, name)
        if given is not None and target is not None and (target.path, target.index) == (path, owner):
            if isinstance(given, Name) and place.index >= 0:
                given = _local(project, place, given)
            yield place.path, given


def _local(project: Project, place: Place, given: Name) -> AnyExpression:
    """The one value of a local name."""
    values = [
        one.value
        for one in walk(project.body(place))
        if isinstance(one, Assign) and any(chain(target) == given.id for target in one.targets)
    ]
    return values[0] if len(values) == 1 and values[0] is not None else given
