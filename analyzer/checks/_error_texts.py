"""The part of BA402 that follows the text of an exception through a function, to what a client is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._choices import develops
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Call,
    Compare,
    Conditional,
    Constant,
    Name,
    Sequence,
    Subscript,
    Unary,
    Yield,
)
from analyzer.facts.statements import AnyStatement, Assign, Evaluate, If, Raise, Return, Try
from analyzer.facts.visit import chain, children, walk
from analyzer.flow.callers import bound
from analyzer.flow.named import method
from analyzer.project import Place, Project
from analyzer.project.target import Target

RESPONSES = re.compile(
    r"(?:Response(?:ServerError|BadRequest|NotFound|Forbidden)?|jsonify|render|render_template|make_response"
    r"|render_template_string|(?:^|\.)redirect)$"
)
_ANSWERS = re.compile(r"^sanic\.response\.(?:\w+\.)?(?:json|text|html|raw)$|^aiohttp\.web\.(?:\w+\.)?json_response$")
"""Functions of frameworks that make an answer and are not called so."""
_REFUSALS = re.compile(
    r"(?:^|\.)(?:HTTPException|HTTP[A-Z]\w*|abort|APIException|InternalServerError|BadRequest)$"
    r"|^(?:rest_framework|ninja|werkzeug|sanic|litestar|falcon)\.(?:\w+\.)*(?:exceptions|serializers|errors)\.[A-Z]\w+$"
)
"""Errors that frameworks answer with, text and all."""
_WRITERS = frozenset({"self.write", "self.finish", "self.send_error", "self.wfile.write"})
_SENDING = frozenset({"send_json", "send_text", "send_str"})
"""Methods of web sockets that say something to the client."""
_EMITTING = re.compile(r"^flask_socketio\.(?:emit|send)$|^socketio\.\w+\(\)\.(?:emit|send)$")
_FLASHING = re.compile(
    r"^(?:flask|quart)\.(?:helpers\.)?flash$|^django\.contrib\.messages\.(?:\w+\.)?(?:add_message|error|warning|info|success)$"
)
"""What shows a text on the next page."""
TRACES = frozenset({"traceback.format_exc", "traceback.format_exception", "traceback.format_stack", "sys.exc_info"})
_HARMLESS = frozenset({"type", "isinstance", "issubclass", "len", "bool", "hash", "id", "getattr", "hasattr", "print"})
_KEEPING = frozenset(
    {"str", "repr", "format", "dict", "list", "json.dumps", "url_for", "urlencode", "quote", "quote_plus"}
)
_DUMPING = frozenset({"model_dump", "dict", "model_dump_json", "to_dict", "as_dict", "asdict"})
"""Methods that give an object as data."""
_HELD = frozenset({"data", "body", "content", "response", "json"})
"""Attributes by which an answer that was made gives what is in it."""
_TRIMMING = frozenset(
    "__str__ __repr__ encode strip lstrip rstrip lower upper title capitalize split splitlines partition".split()
)
"""Methods that give the text, or leave what it says."""
_ADDING = frozenset({"append", "add", "extend", "insert", "update", "setdefault"})
"""Methods by which a container takes something in."""
_CLASS = re.compile(r"_?[A-Z][a-z]\w*$")
_LOGGING = re.compile(r"(?:^|[._])log(?:ger|ging)?\w*(?:\(\))?\.\w+$|capture_exception$")
_TELLING = frozenset("args orig statement __cause__ __context__ __traceback__ stderr output message".split())
"""Attributes of an exception that hold internal text."""
_DEPTH = 2
"""Functions of the project's own that a text is followed through, one in another."""


class Search(msgspec.Struct):
    """Looks for the statement of a block that hands an exception out."""

    project: Project
    place: Place
    answers: bool
    """Whether what the function returns is the answer."""
    responds: bool
    """Whether a response object that it returns is the answer."""
    made: dict[str, AnyExpression] = {}
    """The texts made of the exception, by the names that hold them."""
    refusing: dict[str, AnyExpression] = {}
    """The same for exceptions of a framework that were made and not raised yet."""
    handled: frozenset[Place] = frozenset()
    """Exception classes of the project that a handler turns into an answer."""
    caught: str = ""
    """The exception itself, which is an answer where it is returned as it is."""
    objects: set[str] = set()
    """Names that hold the exception itself, not its text."""
    answered: dict[str, AnyExpression] = {}
    """The same for answers that were made and not returned yet."""
    collected: set[str] = set()
    """Containers that took a text in."""
    parts: frozenset[int | str] = frozenset()
    """The items, keys or attributes of what a marked call gives that hold the text; none: the whole is it."""
    keyed: dict[str, frozenset[int | str]] = {}
    """The same by the names that hold what a call gave."""
    gives: str = ""
    """What becomes of what the function gives back, where a caller asks: ``value``, ``error`` (it is raised) or
    ``nothing``; ``stream`` where what it yields is sent."""
    depth: int = _DEPTH
    foreseen: AnyExpression | None = None
    """What is told of an error that a condition looks for in the text itself: ``if "not found" in str(e)``."""

    def anew(self, caught: str = "") -> None:
        """Forgets what the clause before held."""
        for held in (self.made, self.refusing, self.answered, self.keyed):
            held.clear()
        self.collected.clear()
        self.foreseen = None
        self.caught = caught
        self.objects = {caught}

    def text(self, told: AnyExpression) -> AnyExpression:
        """Where the text was made that an expression holds."""
        return self.made.get(told.id, told) if isinstance(told, Name) else told

    def leak(self, block: list[AnyStatement], tainted: set[str]) -> AnyExpression | None:
        """The expression that carries the exception's text into an answer; ``tainted`` are the names that hold it."""
        for statement in block:
            found = self._statement(statement, tainted)
            if found is not None:
                return found
            if isinstance(statement, If) and _leaves_development(statement):
                return None
        return None

    def later(self, body: list[AnyStatement], guarded: Try) -> AnyExpression | None:
        """The text of the exception that a clause keeps in a local, and that is answered after the whole ``try`` or in
        its ``finally``."""
        held = set(self.made)
        for node in [*walk(body), *walk(guarded.final)] if held else ():
            told = None
            if isinstance(node, Return) and node.value is not None and node.line > guarded.end_line:
                told = self._answered(node.value, held)
            elif isinstance(node, Call) and self._writes(node) and node.line > guarded.handlers[-1].line:
                told = self.given(node, held)
            if told is not None:
                return self.text(told)
        return None

    # Statements

    def _statement(self, statement: AnyStatement, tainted: set[str]) -> AnyExpression | None:
        if isinstance(statement, If):
            return self._if(statement, tainted)
        if isinstance(statement, Assign) and statement.value is not None:
            self._assign(statement, statement.value, tainted)
            return None
        if isinstance(statement, Return) and statement.value is not None:
            return self._returned(statement.value, tainted)
        if isinstance(statement, Raise) and isinstance(statement.exception, Call):
            return self._refused(statement.exception, tainted, "error")
        if isinstance(statement, Raise) and isinstance(statement.exception, Name):
            return self.refusing.get(statement.exception.id)
        if isinstance(statement, Evaluate):
            return self._evaluated(statement.value, tainted)
        for name in ("body", "otherwise", "final"):
            inner = getattr(statement, name, None)
            if isinstance(inner, list):
                found = self._block(inner, tainted)
                if found is not None:
                    return found
        return None

    def _if(self, statement: If, tainted: set[str]) -> AnyExpression | None:
        if develops(statement.test):
            return None
        asked = _asks_kind(statement.test)
        inside = None if asked else self._block(statement.then, tainted)
        if inside is not None and self._asks_text(statement.test, tainted):
            self.foreseen, inside = self.foreseen or inside, None
        inside = inside or self._block(statement.otherwise, tainted)
        if asked and statement.then and isinstance(statement.then[-1], Return | Raise):
            tainted -= self.objects & _exceptions(statement.test)  # what is left is a text
        return inside

    def _asks_text(self, test: AnyExpression, tainted: set[str]) -> bool:
        """Whether a condition looks for words in the text: the one error somebody thought of, others follow."""
        compared = [one for one in walk(test) if isinstance(one, Compare) and one.operators == ["in"]]
        asked = [one.comparators[0] for one in compared]
        return any(chain(one) not in self.keyed and self.tells(one, tainted) is not None for one in asked)

    def _block(self, block: list[AnyStatement], tainted: set[str]) -> AnyExpression | None:
        """A block inside: what it makes of the text is there afterwards, unless it ends the function."""
        inner = set(tainted)
        found = self.leak(block, inner)
        if found is None and block and not isinstance(block[-1], Return | Raise):
            tainted |= inner
        return found

    def _assign(self, statement: Assign, value: AnyExpression, tainted: set[str]) -> None:
        first = statement.targets[0]
        given = value.value if isinstance(value, Await) else value
        if isinstance(given, Call) and self._marked(given, tainted) and self.parts:
            self._unpacked(first, given, tainted)
            return
        if isinstance(first, Sequence) and isinstance(value, Sequence):
            # `code, message = 500, str(exc)`: each name holds its own part.
            for one, part in zip(first.items, value.items, strict=False):
                told = self.tells(part, tainted)
                tells = told is not None
                if told is not None:
                    self.made[chain(one)] = self.text(told)
                tainted.symmetric_difference_update({chain(one)} & tainted if not tells else {chain(one)} - tainted)
            return
        names = {chain(one) for one in statement.targets if isinstance(one, Name)}
        same = isinstance(value, Name) and value.id in self.objects
        self.objects = self.objects | names if same else self.objects - names
        told = self.tells(value, tainted)
        refused = self._refused(value, tainted, "") if isinstance(value, Call) else None
        if refused is not None:
            self.refusing.update(dict.fromkeys(names, refused))
        answer = self.given(given, tainted) if isinstance(given, Call) and _has_status(given) else None
        if answer is not None:
            self.answered.update(dict.fromkeys(names, self.text(answer)))
        held = {_container(one) for one in statement.targets if isinstance(one, Subscript)} - {""}
        if told is not None and held:
            # ``answer["error"] = str(e)``: the whole carries it now.
            tainted |= held
            self.made.update(dict.fromkeys(held, self.text(told)))
        elif told is not None:
            tainted |= names
            self.made.update(dict.fromkeys(names, self.text(told)))
        elif not held:
            tainted -= names

    def _unpacked(self, target: AnyExpression, call: Call, tainted: set[str]) -> None:
        """``done, problem = ship(order)``, ``result = ship(order)``: only the parts that hold the text do so here."""
        if isinstance(target, Sequence):
            for number, one in enumerate(target.items):
                if number in self.parts and isinstance(one, Name):
                    tainted.add(one.id)
                    self.made[one.id] = call
        elif isinstance(target, Name):
            self.keyed[target.id] = self.parts
            tainted.add(target.id)

    def _returned(self, value: AnyExpression, tainted: set[str]) -> AnyExpression | None:
        if self.gives == "error" and isinstance(value, Call):
            return self._refused(value, tainted, "error")
        if self.gives in {"error", "nothing"}:
            return None
        if self.gives:
            return self.tells(value, tainted)
        if isinstance(value, Call) and _has_status(value):
            return self.given(value, tainted)
        return (self._answered(value, tainted) if self.responds else None) or self.answered.get(chain(value))

    def _evaluated(self, value: AnyExpression, tainted: set[str]) -> AnyExpression | None:
        value = value.value if isinstance(value, Await) else value
        if isinstance(value, Yield) and value.value is not None and self.gives == "stream":
            return self.tells(value.value, tainted)
        if not isinstance(value, Call):
            return None
        if self._writes(value):
            return self.given(value, tainted)
        found = self._flashed(value, tainted) or self._refused(value, tainted, "nothing")
        if found is None and isinstance(value.func, Attribute) and value.func.attr in _ADDING:
            held = value.func.value
            told = self.given(value, tainted) if isinstance(held, Name) else None
            if told is not None and isinstance(held, Name):
                tainted.add(held.id)
                self.collected.add(held.id)
                self.made[held.id] = self.text(told)
        return found

    # What goes to the client

    def _writes(self, call: Call) -> bool:
        """Whether a call of one that answers sends something: on the wire of a request, a web socket, to its room."""
        if not self.answers or self.gives:
            return False
        name = chain(call.func)
        if name in _WRITERS or (isinstance(call.func, Attribute) and call.func.attr in _SENDING):
            return True
        if name.rpartition(".")[2] not in {"emit", "send"}:
            return False
        target = self.project.resolve_expression(self.place, call.func)
        return target is not None and not target.ours and _EMITTING.match(target.dotted) is not None

    def _answered(self, value: AnyExpression, tainted: set[str]) -> AnyExpression | None:
        """What is returned: data, or a response made of it, by a function of the project's own too."""
        inner = value.value if isinstance(value, Await) else value
        if isinstance(inner, Attribute) and isinstance(inner.value, Call) and inner.attr in _HELD:
            inner = inner.value
        if isinstance(inner, Call):
            target = self.project.resolve_expression(self.place, inner.func)
            name = chain(inner.func)
            if target is not None and target.ours:
                if not self.answers:
                    return None
                return self.given(inner, tainted) if target.kind == "class" else self.tells(inner, tainted)
            if target is not None and _ANSWERS.match(target.dotted):
                return self.given(inner, tainted)
            if name in TRACES and self.answers:
                return inner
            if not RESPONSES.search(name) and (not self.answers or name not in _KEEPING):
                return None
            return self.given(inner, tainted) if name not in {"str", "repr"} else self.tells(inner, tainted)
        if not self.answers:
            return None
        if isinstance(inner, Name) and inner.id not in self.made:
            return inner if inner.id == self.caught and inner.id in tainted else None
        return self.tells(inner, tainted)

    def _flashed(self, call: Call, tainted: set[str]) -> AnyExpression | None:
        """``flash(str(e))``, ``messages.error(request, str(e))``."""
        target = self.project.resolve_expression(self.place, call.func)
        if target is None or target.ours or not self.answers or not _FLASHING.search(target.dotted):
            return None
        return self.given(call, tainted)

    def _refused(self, call: Call, tainted: set[str], used: str) -> AnyExpression | None:
        """``raise HTTPException(500, detail=str(e))``, ``abort(500, str(e))``, and errors of one's own that become
        answers: by the class they descend from, or by a handler of theirs. ``used`` says what becomes of what a
        function of one's own gives back: ``error`` (raised), ``nothing``, or ``""`` where none is looked into."""
        target = self.project.resolve_expression(self.place, call.func)
        if target is None or (target.ours and target.kind not in {"class", "function"}):
            return None
        if target.ours and target.kind == "function":
            return self._through(call, tainted, used) if used else None
        if target.ours:
            known = self.project.classes.externals(target.path, target.index)
            answered = Place(target.path, target.index) in self.handled or any(map(_REFUSALS.search, known))
        else:
            answered = refuses(target)
        return self.given(call, tainted) if answered else None

    def _through(self, call: Call, tainted: set[str], gives: str) -> AnyExpression | None:
        """The argument with the text that a function of the project's own hands on, in what it gives back or raises."""
        target = self.project.resolve_expression(self.place, call.func) if self.depth else None
        if target is None or not target.ours or target.kind != "function":
            return None
        place = Place(target.path, target.index)
        function = self.project.function(place)
        arguments = bound(function, call, method(target, function, chain(call.func))) if function else None
        told = {name: self.tells(one.value, tainted) for name, one in (arguments or {}).items()}
        names = {name for name, one in told.items() if one is not None}
        if not names or arguments is None:
            return None
        inner = Search(
            self.project,
            place,
            answers=False,
            responds=False,
            # An error of one's own that a function makes was worded for whoever gets it.
            handled=frozenset() if gives == "error" else self.handled,
            objects={name for name, one in arguments.items() if chain(one.value) in self.objects},
            gives=gives,
            depth=self.depth - 1,
        )
        if inner.leak(self.project.body(place), set(names)) is None:
            return None
        return next(one for one in told.values() if one is not None)

    # Texts

    def given(self, call: Call, tainted: set[str]) -> AnyExpression | None:
        """The first argument of a call that is the text."""
        found = (self.tells(one.value, tainted) for one in call.arguments)
        return next((one for one in found if one is not None), None)

    def tells(self, node: msgspec.Struct, tainted: set[str]) -> AnyExpression | None:
        """The first part of an expression that is the exception's text, leaving out what only asks about it."""
        if isinstance(node, Name):
            return node if node.id in tainted else None
        if isinstance(node, Compare):
            return None
        if isinstance(node, Conditional):
            sides = [] if develops(node.test) else [node.then, node.otherwise]
            return self._first(iter(sides[1:] if _asks_kind(node.test) else sides), tainted)
        if isinstance(node, Attribute | Subscript) and isinstance(node.value, Name) and node.value.id in self.keyed:
            part = node.attr if isinstance(node, Attribute) else _constant(node.index)
            return node if part in self.keyed[node.value.id] else None
        if isinstance(node, Attribute):
            if chain(node) in tainted:
                return node
            return self.tells(node.value, tainted) if node.attr in _TELLING else None
        if isinstance(node, Call):
            return self._called(node, tainted)
        return self._first(children(node), tainted)

    def _first(self, nodes: Iterator[msgspec.Struct], tainted: set[str]) -> AnyExpression | None:
        return next((found for one in nodes if (found := self.tells(one, tainted)) is not None), None)

    def _called(self, node: Call, tainted: set[str]) -> AnyExpression | None:
        name = chain(node.func)
        func = node.func
        if isinstance(func, Attribute) and func.attr in _TRIMMING:
            return self.tells(func.value, tainted)
        if name in TRACES or self._marked(node, tainted):
            return node
        if name == "getattr" and len(node.arguments) > 2:  # an error that has no such attribute gives its text
            return self.tells(node.arguments[2].value, tainted)
        if name in _HARMLESS or _LOGGING.search(name):
            return None
        if isinstance(func, Attribute) and isinstance(func.value, Name) and func.value.id in self.keyed:
            part = _constant(node.arguments[0].value) if func.attr == "get" and node.arguments else None
            return node if part in self.keyed[func.value.id] else None
        last = func.attr if isinstance(func, Attribute) else name
        if last in _DUMPING and isinstance(func, Attribute):
            return self.tells(func.value, tainted)
        keeps = name in _KEEPING or last in {"format", "join"} or _CLASS.match(last.removesuffix("[]"))
        if not keeps and not RESPONSES.search(name) and not (name == "cls" and self.gives):
            return self._through(node, tainted, "value")
        return self._first(children(node), tainted)

    def _marked(self, call: Call, tainted: set[str]) -> bool:
        """Whether a call is the one whose result holds the text."""
        return f"@{call.line}:{call.column}" in tainted


def _has_status(call: Call) -> bool:
    """Whether a call is given a status code of HTTP: what it makes is an answer, whatever it is called."""
    for one in call.arguments:
        if one.keyword in {"status", "status_code"}:
            code = one.value.value if isinstance(one.value, Constant) else None
            return (type(code) is int and 200 <= code < 600) or _STATUS.search(chain(one.value)) is not None
    return False


_STATUS = re.compile(r"(?:^|\.)(?:HTTP_\d{3}_[A-Z_]+|HTTPStatus\.[A-Z_]+)$")


def refuses(target: Target) -> bool:
    """Whether a name is an error of a framework's that it answers with, text and all."""
    return not target.ours and _REFUSALS.search(target.dotted) is not None


def parts(search: Search, value: AnyExpression, tainted: set[str]) -> frozenset[int | str]:
    """Which items, keys or attributes of what a function gives back hold the text; none: the whole, or unknown."""
    if isinstance(value, Sequence) and value.kind == "tuple":
        items: list[tuple[int | str | None, AnyExpression]] = list(enumerate(value.items))
    elif isinstance(value, Call):
        items = [(one.keyword, one.value) for one in value.arguments]
    else:
        keys, values = getattr(value, "keys", ()), getattr(value, "values", ())
        items = [(_constant(key), one) for key, one in zip(keys, values, strict=False)]
    found = [name for name, one in items if search.tells(one, tainted) is not None]
    return frozenset() if None in found else frozenset(one for one in found if one is not None)


def _container(item: Subscript) -> str:
    """The variable that an item stands in, however deep: ``state`` of ``state["redis"]["error"]``."""
    held = item.value
    while isinstance(held, Subscript):
        held = held.value
    return chain(held)


def _asks_kind(test: AnyExpression) -> bool:
    """Whether a condition asks what kind of error it is: ``isinstance(e, X)``, ``type(e) is X``."""
    return any(isinstance(one, Call) and chain(one.func) in {"isinstance", "type"} for one in walk(test))


def _leaves_development(statement: If) -> bool:
    """``if not settings.DEBUG: raise``: what follows happens in development only."""
    test, then = statement.test, statement.then
    negated = isinstance(test, Unary) and test.op == "not" and develops(test.operand)
    return negated and bool(then) and isinstance(then[-1], Return | Raise)


def _exceptions(test: AnyExpression) -> set[str]:
    """The names that a condition takes for exceptions of any kind: ``isinstance(e, Exception)``."""
    if not isinstance(test, Call) or len(test.arguments) < 2:
        return set()
    kind = test.arguments[1].value
    return {chain(test.arguments[0].value)} if chain(kind) in {"Exception", "BaseException"} else set()


def _constant(node: AnyExpression | None) -> int | str | None:
    return node.value if isinstance(node, Constant) and isinstance(node.value, int | str) else None
