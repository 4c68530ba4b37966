"""BA402: the text of an internal error goes to the client."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._choices import develops
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Compare,
    Format,
    Interpolation,
    Name,
    Sequence,
    Subscript,
)
from analyzer.facts.outline import Function
from analyzer.facts.statements import AnyStatement, Assign, Evaluate, Handler, If, Raise, Return, Try
from analyzer.facts.visit import calls, chain, children, statements, walk
from analyzer.flow.questions import flow_of, location, places_calling
from analyzer.frameworks.persistence import is_schema
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Related, Rule, Tier
from analyzer.project import Place, Project

_FIXED = re.compile(r"(?:DoesNotExist|MultipleObjectsReturned|NoResultFound|MultipleResultsFound)$")
"""Library errors whose text is one fixed sentence."""
_OUTSPOKEN = re.compile(r"(?:^|\.)(?:ValueError|HTTPException|HTTPError|ValidationError|APIException)$")
"""Errors whose text is meant for whoever asked."""
_BROAD = frozenset({"Exception", "BaseException"})
_INTERNAL = frozenset(
    "OSError IOError KeyError AttributeError TypeError IndexError RuntimeError LookupError ImportError SystemError "
    "ConnectionError NameError ZeroDivisionError MemoryError".split()
)
"""Built-in errors whose text speaks of the program. ``ValueError`` is left out: code of one's own raises it with a
message for whoever gave the value."""
_LIBRARIES = re.compile(
    r"^(?:sqlalchemy|psycopg2?|asyncpg|pymysql|MySQLdb|mysql|sqlite3|aiosqlite|pymongo|redis|requests|httpx|urllib3|botocore"
    r"|boto3|aiohttp\.client_exceptions|ldap3?|smtplib|subprocess|socket|ssl|docker|kubernetes|django\.db)(?:\.|$)"
)
"""Libraries whose errors name hosts, statements, tables or paths."""
_RESPONSES = re.compile(r"(?:Response|jsonify|render|render_template|make_response|render_template_string)$")
_ANSWERS = re.compile(r"^sanic\.response\.(?:\w+\.)?(?:json|text|html|raw)$|^aiohttp\.web\.(?:\w+\.)?json_response$")
"""Functions of frameworks that make an answer and are not called so."""
_REFUSALS = re.compile(r"(?:^|\.)(?:HTTPException|HTTP[A-Z]\w*|abort|APIException|InternalServerError|BadRequest)$")
_WRITERS = frozenset({"self.write", "self.finish", "self.send_error", "self.wfile.write"})
_FLASHING = re.compile(
    r"^(?:flask|quart)\.(?:helpers\.)?flash$|^django\.contrib\.messages\.(?:\w+\.)?(?:add_message|error|warning|info|success)$"
)
"""What shows a text on the next page."""
_TRACES = frozenset({"traceback.format_exc", "traceback.format_exception", "traceback.format_stack", "sys.exc_info"})
_HARMLESS = frozenset({"type", "isinstance", "issubclass", "len", "bool", "hash", "id", "getattr", "hasattr", "print"})
_KEEPING = frozenset({"str", "repr", "format", "dict", "list", "json.dumps"})
_DUMPING = frozenset({"model_dump", "dict", "model_dump_json", "to_dict", "as_dict", "asdict"})
"""Methods that give an object as data."""
_CLASS = re.compile(r"_?[A-Z][a-z]\w*$")
_LOGGING = re.compile(r"(?:^|[._])log(?:ger|ging)?\w*(?:\(\))?\.\w+$|capture_exception$")
_CHECKING = re.compile(r"(?:^|\.)(?:model_validate\w*|parse_(?:obj|raw)\w*|validate\w*|loads)$|\.load$")
"""Calls that check what a client sent, and raise what is wrong with it."""
_TELLING = frozenset(
    {
        "args",
        "orig",
        "strerror",
        "statement",
        "__cause__",
        "__context__",
        "__traceback__",
        "stderr",
        "output",
        "message",
    }
)
"""Attributes of an exception that hold internal text."""
_ERROR = re.compile(r"^(?:e|ex|exc|err|error|exception)$")
"""The parameter of a formatter of errors."""
_ASKING = re.compile(r"^_?req(?:uest)?$")
"""The first parameter of a function that answers a request."""
_FIX = "Log the exception with its traceback, and answer with a fixed text and an id that finds it in the log"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a clause that hands its exception out, in order of places."""
    project = picture.project
    around = _wrappers(picture)
    handled = _handled(project)
    for place in project.places():
        function = project.function(place)
        if function is None or picture.tier(place.path) is not Tier.MAIN or picture.is_side(place.path):
            continue
        answers = place in picture.handlers() or place in around
        given, registered = _handed(function)
        if not given and _of_errors(function):
            yield from _told_by_handlers(rule, _Search(project, place, answers=True, responds=True), function)
        if not given and not answers and picture.chain_to(place) is None:
            continue
        body = project.body(place)
        search = _Search(
            project, place, answers=answers or registered, responds=answers or bool(given), handled=handled
        )
        for guarded, clause in [
            (node, one) for node in statements(body) if isinstance(node, Try) for one in node.handlers
        ]:
            confidence = _internal(project, place, clause)
            if confidence is None:
                # Whatever was caught, a traceback speaks of the program.
                traced = search.leak(clause.body, set())
                if traced is not None:
                    yield _finding(rule, place, search, traced, "", Confidence.HIGH)
            else:
                confidence = Confidence.LOW if _only_checks(project, place, guarded) else confidence
                search.made.clear()
                search.refusing.clear()
                found = search.leak(clause.body, {clause.name} if clause.name else set())
                kind = chain(clause.kind) if clause.kind else ""
                if found is None and answers:
                    found = search.later(body, guarded)
                if found is not None:
                    yield _finding(rule, place, search, found, kind, confidence)
                elif not answers and confidence is Confidence.HIGH:
                    yield from _handed_back(picture, rule, place, search, body, clause)
        if given:
            search.made.clear()
            found = search.leak(body, {given})
            if found is not None:
                yield _finding(rule, place, search, found, "Exception", Confidence.MEDIUM)


def _handled(project: Project) -> frozenset[Place]:
    """Exception classes of the project for which a handler is registered."""
    found = set()
    for place in places_calling(project, _REGISTERING):
        for call in calls(project.body(place)):
            if chain(call.func).rpartition(".")[2] in _REGISTERING and call.arguments:
                found.add((place, call.arguments[0].value))
    for place in project.places():
        function = project.function(place)
        for one in function.decorators if function is not None else ():
            if (
                isinstance(one, Call)
                and one.arguments
                and chain(one.func).endswith(("errorhandler", "exception_handler"))
            ):
                found.add((place, one.arguments[0].value))
    targets = [project.resolve_expression(place, kind) for place, kind in found]
    return frozenset(Place(one.path, one.index) for one in targets if one is not None and one.kind == "class")


_REGISTERING = frozenset({"add_exception_handler", "register_error_handler"})


def _wrappers(picture: Picture) -> set[Place]:
    """The functions inside the decorators of handlers: what they return is the answer."""
    project = picture.project
    found: set[Place] = set()
    for handler in picture.handlers():
        function = project.function(handler)
        for decorator in function.decorators if function is not None else ():
            named = decorator.func if isinstance(decorator, Call) else decorator
            target = project.resolve_expression(handler, named) if isinstance(named, Name | Attribute) else None
            if target is not None and target.kind == "function":
                found.add(Place(target.path, target.index))
    for place in sorted(found):
        functions = project.outline(place.path).functions
        inner = {place.index}
        for index, function in enumerate(functions):
            if function.parent in inner:
                inner.add(index)
                found.add(Place(place.path, index))
    return found


def _internal(project: Project, place: Place, clause: Handler) -> Confidence | None:
    """How sure it is that what a clause catches speaks of the program; ``None`` when it may speak to the client."""
    if clause.kind is None:
        return Confidence.HIGH
    kinds = clause.kind.items if isinstance(clause.kind, Sequence) else [clause.kind]
    if len(kinds) > 1:  # beside a library's error it does not help that others may speak to the client
        others = [one for one in kinds if not _OUTSPOKEN.search(chain(one))]
        kinds = others if any(_of_machine(project, place, one) for one in others) else kinds
    best = None
    for kind in kinds:
        name = chain(kind)
        target = project.resolve_expression(place, kind)
        if target is not None and target.ours:
            return None
        if _FIXED.search(name):
            return None
        if name in _BROAD:
            return Confidence.HIGH
        if name in _INTERNAL or (target is not None and _LIBRARIES.match(target.dotted)):
            best = Confidence.MEDIUM
        else:
            return None
    return best


def _of_machine(project: Project, place: Place, kind: AnyExpression) -> bool:
    """Whether an error speaks of files, hosts or statements, and not of a missing key."""
    target = project.resolve_expression(place, kind)
    library = target is not None and _LIBRARIES.match(target.dotted) is not None
    return library or chain(kind) in {"OSError", "IOError", "ConnectionError", "RuntimeError"}


def _only_checks(project: Project, place: Place, guarded: Try) -> bool:
    """Whether all that is tried is to check the client's own input: the error speaks of that."""
    calls = [one for one in walk(guarded.body) if isinstance(one, Call)]
    if len(guarded.body) != 1 or not calls:
        return False
    for call in calls:
        target = project.resolve_expression(place, call.func)
        schema = target is not None and target.kind == "class" and is_schema(project, target.path, target.index)
        if not schema and not _CHECKING.search(chain(call.func)):
            return False
    return True


def _handed(function: Function) -> tuple[str, bool]:
    """The parameter in which a framework may hand any exception to a function (``exc: Exception``), and whether the
    function is registered for that; ``""`` for none."""
    for decorator in function.decorators:
        named = chain(decorator.func) if isinstance(decorator, Call) else ""
        # The decorator's own argument says what comes in.
        if isinstance(decorator, Call) and named.endswith(("errorhandler", "exception_handler")):
            broad = any(chain(one.value) in _BROAD for one in decorator.arguments)
            if broad and function.parameters:
                return function.parameters[-1].name, True
    for parameter in function.parameters:
        kind = chain(parameter.annotation) if parameter.annotation is not None else ""
        answers = _ASKING.search(function.parameters[0].name) is not None
        if function.owner < 0 and (kind in _BROAD or (kind in _INTERNAL and answers)):
            return parameter.name, False
    return "", False


def _handed_back(
    picture: Picture, rule: Rule, place: Place, search: _Search, body: list[AnyStatement], clause: Handler
) -> Iterator[Finding]:
    """A text of the exception that a function gives back, and that a handler which called it puts into its answer."""
    made = dict(search.made)
    gave = [one.value for one in statements(body) if isinstance(one, Return) and isinstance(one.value, Name)]
    told = next((made[one.id] for one in gave if isinstance(one, Name) and one.id in made), None)
    for one in walk(clause.body) if clause.name else ():
        if told is None and isinstance(one, Return) and one.value is not None and not isinstance(one.value, Name):
            told = _tells(one.value, {clause.name or ""})
    if told is None:
        return
    for site in flow_of(picture).callers.every(place):
        if site.place not in picture.handlers():
            continue
        outer = _Search(search.project, site.place, answers=True, responds=True)
        call = f"@{site.line}:{site.column}"
        if outer.leak(search.project.body(site.place), {call}) is not None:
            yield _finding(rule, place, search, told, chain(clause.kind) if clause.kind else "", Confidence.MEDIUM)
            return


def _of_errors(function: Function) -> bool:
    """Whether a function is given an error and looks at its cause or at a traceback; its body stays closed."""
    return any(_ERROR.search(one.name) for one in function.parameters) and any(
        use.chain in _TRACES or use.chain.endswith(("__cause__", "__context__")) for use in function.uses
    )


def _told_by_handlers(rule: Rule, search: _Search, function: Function) -> Iterator[Finding]:
    """What functions that answer or format errors tell of what lies behind an error, whatever it is."""
    place, body = search.place, search.project.body(search.place)
    gave = [one.value for one in walk(body) if isinstance(one, Return) and one.value is not None]
    names = {chain(one) for one in gave if isinstance(one, Name)}
    given = next(one.name for one in function.parameters if _ERROR.search(one.name))
    asked = _ASKING.search(function.parameters[0].name) is not None
    for node in walk(body):
        if asked and gave and isinstance(node, Call | Format) and _of_cause(node, given):
            # ``str(exc.__cause__)`` in a function that answers a request.
            yield _finding(rule, place, search, node, f"{given}.__cause__", Confidence.MEDIUM)
        elif isinstance(node, Assign) and isinstance(node.value, Call) and chain(node.value.func) in _TRACES:
            # ``told["extensions"]["stack"] = traceback.format_exc()``, and ``told`` is what it gives back.
            base: AnyExpression = node.targets[0]
            while isinstance(base, Subscript):
                base = base.value
            if isinstance(node.targets[0], Subscript) and chain(base) in names:
                yield _finding(rule, place, search, node.value, given, Confidence.MEDIUM)


def _of_cause(node: Call | Format, name: str) -> bool:
    """``str(exc.__cause__)``, ``f"{exc.__context__}"``."""
    if isinstance(node, Call):
        parts = [one.value for one in node.arguments] if chain(node.func) in {"str", "repr"} else []
    else:
        parts = [one.value for one in children(node) if isinstance(one, Interpolation)]
    return any(chain(part) in {f"{name}.__cause__", f"{name}.__context__"} for part in parts)


class _Search(msgspec.Struct):
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

    def text(self, told: AnyExpression) -> AnyExpression:
        """Where the text was made that an expression holds."""
        return self.made.get(told.id, told) if isinstance(told, Name) else told

    def leak(self, block: list[AnyStatement], tainted: set[str]) -> AnyExpression | None:
        """The expression that carries the exception's text into an answer; ``tainted`` are the names that hold it."""
        for statement in block:
            found = self._statement(statement, tainted)
            if found is not None:
                return found
        return None

    def later(self, body: list[AnyStatement], guarded: Try) -> AnyExpression | None:
        """The text of the exception that a clause keeps in a local, and that is answered after the whole ``try`` or in
        its ``finally``."""
        held = set(self.made)
        for node in [*walk(body), *walk(guarded.final)] if held else ():
            told = None
            if isinstance(node, Return) and node.value is not None and node.line > guarded.end_line:
                told = self._answered(node.value, held)
            elif isinstance(node, Call) and chain(node.func) in _WRITERS and node.line > guarded.handlers[-1].line:
                told = _given(node, held)
            if told is not None:
                return self.text(told)
        return None

    def _statement(self, statement: AnyStatement, tainted: set[str]) -> AnyExpression | None:
        if isinstance(statement, If):
            if develops(statement.test):
                return None
            asked = any(isinstance(one, Call) and chain(one.func) == "isinstance" for one in walk(statement.test))
            inside = None if asked else self.leak(statement.then, set(tainted))
            return inside or self.leak(statement.otherwise, set(tainted))
        if isinstance(statement, Assign) and statement.value is not None:
            first = statement.targets[0]
            if isinstance(first, Sequence) and isinstance(statement.value, Sequence):
                # `code, message = 500, str(exc)`: each name holds its own part.
                for one, part in zip(first.items, statement.value.items, strict=False):
                    told = _tells(part, tainted)
                    tells = told is not None
                    if told is not None:
                        self.made[chain(one)] = self.text(told)
                    tainted.symmetric_difference_update({chain(one)} & tainted if not tells else {chain(one)} - tainted)
                return None
            names = {chain(one) for one in statement.targets if isinstance(one, Name)}
            told = _tells(statement.value, tainted)
            refused = self._refused(statement.value, tainted) if isinstance(statement.value, Call) else None
            if refused is not None:
                self.refusing.update(dict.fromkeys(names, refused))
            held = {chain(one.value) for one in statement.targets if isinstance(one, Subscript)} - {""}
            if told is not None and held:
                # ``answer["error"] = str(e)``: the whole carries it now.
                tainted |= held
                self.made.update(dict.fromkeys(held, self.text(told)))
            elif told is not None:
                tainted |= names
                self.made.update(dict.fromkeys(names, self.text(told)))
            elif not held:
                tainted -= names
            return None
        if isinstance(statement, Return) and statement.value is not None and self.responds:
            return self._answered(statement.value, tainted)
        if isinstance(statement, Raise) and isinstance(statement.exception, Call):
            return self._refused(statement.exception, tainted)
        if isinstance(statement, Raise) and isinstance(statement.exception, Name):
            return self.refusing.get(statement.exception.id)
        if isinstance(statement, Evaluate) and isinstance(statement.value, Call):
            name = chain(statement.value.func)
            if name in _WRITERS and self.answers:
                return _given(statement.value, tainted)
            return self._flashed(statement.value, tainted) or self._refused(statement.value, tainted)
        for name in ("body", "then", "otherwise", "final"):
            inner = getattr(statement, name, None)
            if isinstance(inner, list) and not isinstance(statement, Try):
                found = self.leak(inner, set(tainted))
                if found is not None:
                    return found
        return None

    def _answered(self, value: AnyExpression, tainted: set[str]) -> AnyExpression | None:
        """What is returned: data, or a response made of it; what a function of ours makes of it is its own matter."""
        inner = value
        if isinstance(inner, Call):
            target = self.project.resolve_expression(self.place, inner.func)
            name = chain(inner.func)
            if target is not None and target.ours:
                return _given(inner, tainted) if self.answers and target.kind == "class" else None
            if target is not None and _ANSWERS.match(target.dotted):
                return _given(inner, tainted)
            if name in _TRACES and self.answers:
                return inner
            if not _RESPONSES.search(name) and (not self.answers or name not in _KEEPING):
                return None
            return _given(inner, tainted) if name not in {"str", "repr"} else _tells(inner, tainted)
        if not self.answers or (isinstance(inner, Name) and inner.id not in self.made):
            return None
        return _tells(inner, tainted)

    def _flashed(self, call: Call, tainted: set[str]) -> AnyExpression | None:
        """``flash(str(e))``, ``messages.error(request, str(e))``."""
        target = self.project.resolve_expression(self.place, call.func)
        if target is None or target.ours or not self.answers or not _FLASHING.search(target.dotted):
            return None
        return _given(call, tainted)

    def _refused(self, call: Call, tainted: set[str]) -> AnyExpression | None:
        """``raise HTTPException(500, detail=str(e))``, ``abort(500, str(e))``, and errors of one's own that become
        answers: by the class they descend from, or by a handler of theirs."""
        target = self.project.resolve_expression(self.place, call.func)
        if target is None or (target.ours and target.kind != "class"):
            return None
        if target.ours:
            known = self.project.classes.externals(target.path, target.index)
            answered = Place(target.path, target.index) in self.handled or any(map(_REFUSALS.search, known))
        else:
            answered = _REFUSALS.search(target.dotted) is not None
        return _given(call, tainted) if answered else None


def _given(call: Call, tainted: set[str]) -> AnyExpression | None:
    found = (_tells(one.value, tainted) for one in call.arguments)
    return next((one for one in found if one is not None), None)


def _tells(node: msgspec.Struct, tainted: set[str]) -> AnyExpression | None:
    """The first part of an expression that is the exception's text, leaving out what only asks about it."""
    if isinstance(node, Name):
        return node if node.id in tainted else None
    if isinstance(node, Compare):
        return None
    if isinstance(node, Attribute):
        return _tells(node.value, tainted) if node.attr in _TELLING else None
    if isinstance(node, Call):
        name = chain(node.func)
        if isinstance(node.func, Attribute) and node.func.attr == "encode":
            return _tells(node.func.value, tainted)
        if name in _TRACES or f"@{node.line}:{node.column}" in tainted:
            return node
        if name in _HARMLESS or _LOGGING.search(name):
            return None
        last = node.func.attr if isinstance(node.func, Attribute) else name
        if last in _DUMPING and isinstance(node.func, Attribute):
            return _tells(node.func.value, tainted)
        keeps = name in _KEEPING or last in {"format", "join"} or _CLASS.match(last.removesuffix("[]"))
        if not keeps and not _RESPONSES.search(name):
            return None
    for child in children(node):
        found = _tells(child, tainted)
        if found is not None:
            return found
    return None


def _finding(
    rule: Rule, place: Place, search: _Search, found: AnyExpression, kind: str, confidence: Confidence
) -> Finding:
    caught = f"any `{kind}`" if kind in _BROAD else f"`{kind}`" if kind else "whatever was raised"
    made = search.text(found)
    answer = Related(location(place, found), "goes into the answer here")
    return Finding(
        rule=rule.code,
        location=location(place, made),
        message=f"The text of {caught} goes into the answer: statements, paths and hosts of the server go with it",
        fix=_FIX,
        severity=rule.severity,
        confidence=confidence,
        related=(answer,) if made is not found else (),
    )
