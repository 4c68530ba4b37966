"""The part of BA402 that knows who answers, and to whom frameworks hand errors."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._error_texts import RESPONSES
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name
from analyzer.facts.outline import Function
from analyzer.facts.visit import calls, chain
from analyzer.flow.questions import places_calling
from analyzer.graph.picture import Picture
from analyzer.project import Place, Project

BROAD = frozenset({"Exception", "BaseException"})
INTERNAL = frozenset(
    "OSError IOError KeyError AttributeError TypeError IndexError RuntimeError LookupError ImportError SystemError "
    "ConnectionError NameError ZeroDivisionError MemoryError FileNotFoundError FileExistsError IsADirectoryError "
    "NotADirectoryError ConnectionRefusedError ConnectionResetError BrokenPipeError ModuleNotFoundError "
    "UnboundLocalError RecursionError".split()
)
"""Built-in errors whose text speaks of the program. ``ValueError`` is left out: code of one's own raises it with a
message for whoever gave the value, and so are ``PermissionError`` and ``TimeoutError``."""
LIBRARIES = re.compile(
    r"^(?:sqlalchemy|psycopg2?|asyncpg|pymysql|MySQLdb|mysql|sqlite3|aiosqlite|pymongo|redis|requests|httpx|urllib3|botocore"
    r"|boto3|aiohttp\.client_exceptions|ldap3?|smtplib|subprocess|socket|ssl|docker|kubernetes|django\.db|stripe|twilio"
    r"|elasticsearch|opensearchpy|openai|anthropic|minio|kombu|pika|paramiko|peewee|motor)(?:\.|$)"
)
"""Libraries whose errors name hosts, statements, tables, accounts or paths."""
ASKING = re.compile(r"^_?req(?:uest)?$")
"""The first parameter of a function that answers a request."""
_REGISTERING = frozenset({"add_exception_handler", "register_error_handler"})
_DECORATING = ("errorhandler", "exception_handler")
_AROUND = frozenset({"call_next", "get_response"})
"""Parameters of a middleware by which it lets the request through."""
_STREAMS = re.compile(r"(?:StreamingResponse|EventSourceResponse|StreamingHttpResponse)$")
_FAILED = 500
"""The status that frameworks give to errors nobody foresaw."""


class Given(msgspec.Struct, frozen=True):
    """What a framework hands to a function: the name that holds it, its kind, and whether what it returns is the answer
    (``registered``). ``known`` says that errors which a framework words itself come this way too."""

    name: str
    kind: str
    registered: bool
    known: bool = False


def handled_classes(project: Project) -> frozenset[Place]:
    """Exception classes of the project for which a handler is registered."""
    found = {(place, call.arguments[0].value) for place, call in _registering(project)}
    for place in project.places():
        function = project.function(place)
        for one in function.decorators if function is not None else ():
            if isinstance(one, Call) and one.arguments and chain(one.func).endswith(_DECORATING):
                found.add((place, one.arguments[0].value))
    targets = [project.resolve_expression(place, kind) for place, kind in found]
    return frozenset(Place(one.path, one.index) for one in targets if one is not None and one.kind == "class")


def registrations(project: Project) -> dict[Place, Given | None]:
    """The functions that a call registers (``add_exception_handler(Exception, failed)``), with what they are handed;
    ``None`` for those that only get errors which somebody foresaw."""
    found: dict[Place, Given | None] = {}
    for place, call in _registering(project):
        if len(call.arguments) < 2:
            continue
        target = project.resolve_expression(place, call.arguments[1].value)
        if target is None or target.kind != "function":
            continue
        registered = Place(target.path, target.index)
        function = project.function(registered)
        if function is None or not function.parameters:
            continue
        if _is_internal(project, place, call.arguments[0].value):
            kind = chain(call.arguments[0].value)
            found[registered] = Given(function.parameters[-1].name, kind, registered=True)
        else:
            found.setdefault(registered, None)
    return found


def handed(project: Project, place: Place, function: Function) -> Given | None:
    """The parameter in which a framework may hand any exception to a function (``exc: Exception``)."""
    names = [one.name for one in function.parameters]
    for decorator in function.decorators:
        if not isinstance(decorator, Call) or not chain(decorator.func).endswith(_DECORATING) or not names:
            continue
        # The decorator's own argument says what comes in.
        kinds = [one.value for one in decorator.arguments]
        if any(_is_internal(project, place, one) for one in kinds):
            kind = next(chain(one) for one in kinds if _is_internal(project, place, one))
            return Given(names[-1], kind, registered=True)
        if any(_is_failure(one) for one in kinds):
            return Given(f"{names[-1]}.original_exception", "Exception", registered=True)
        if kinds:
            return None
    if function.owner >= 0:
        middle = function.name == "process_exception" and len(names) == 3
        return Given(names[-1], "Exception", registered=True) if middle else None
    if len(names) == 2 and names[1] == "context" and "exception_handler" in function.name:
        return Given(names[0], "Exception", registered=True, known=True)
    for parameter in function.parameters:
        declared = parameter.annotation
        if declared is None:
            continue
        answers = ASKING.search(names[0]) is not None
        if chain(declared) in BROAD or (answers and _is_internal(project, place, declared)):
            return Given(parameter.name, chain(declared), registered=False)
    return None


def answering(picture: Picture) -> set[Place]:
    """The functions inside the decorators of handlers, and middleware: what they return is the answer."""
    project = picture.project
    found: set[Place] = set()
    for handler in picture.handlers():
        function = project.function(handler)
        for decorator in function.decorators if function is not None else ():
            named = decorator.func if isinstance(decorator, Call) else decorator
            target = project.resolve_expression(handler, named) if isinstance(named, Name | Attribute) else None
            if target is not None and target.kind == "function":
                found.add(Place(target.path, target.index))
    for place in {one.place for route in picture.routes for one in route.attached if one.place.index >= 0}:
        function = project.function(place)
        if function is not None and any(one.name in _AROUND for one in function.parameters):
            found.add(place)
    found |= set(_middleware_methods(project))
    for place in sorted(found):
        functions = project.outline(place.path).functions
        inner = {place.index}
        for index, function in enumerate(functions):
            if function.parent in inner:
                inner.add(index)
                found.add(Place(place.path, index))
    return found


def _middleware_methods(project: Project) -> Iterator[Place]:
    """The methods of Django's middleware whose result ends the request."""
    for path in project.paths():
        for index, item in enumerate(project.outline(path).classes):
            if any(chain(base).endswith("MiddlewareMixin") for base in item.bases):
                methods = project.namespace(path).methods.get(index, {})
                yield from (Place(path, at) for name, at in methods.items() if name in _ENDING)


_ENDING = frozenset({"process_request", "process_view", "process_exception", "process_response"})


def streamed(picture: Picture) -> set[Place]:
    """The generators whose pieces are an answer: ``StreamingResponse(events())``."""
    found = set()
    for handler in picture.handlers():
        function = picture.project.function(handler)
        if function is None or not any(_STREAMS.search(use.chain) for use in function.uses):
            continue
        for call in calls(picture.project.body(handler)):
            if RESPONSES.search(chain(call.func)) and _STREAMS.search(chain(call.func)):
                made = [one.value.func for one in call.arguments if isinstance(one.value, Call)]
                targets = [picture.project.resolve_expression(handler, one) for one in made]
                found |= {Place(one.path, one.index) for one in targets if one is not None and one.kind == "function"}
    return found


def _registering(project: Project) -> Iterator[tuple[Place, Call]]:
    for place in places_calling(project, _REGISTERING):
        for call in calls(project.body(place)):
            if chain(call.func).rpartition(".")[2] in _REGISTERING and call.arguments:
                yield place, call


def _is_internal(project: Project, place: Place, kind: AnyExpression) -> bool:
    """Whether a class of errors is any, one of the interpreter's, or one of a library that speaks of the program."""
    name = chain(kind)
    if name in BROAD or name in INTERNAL:
        return True
    target = project.resolve_expression(place, kind) if name else None
    return target is not None and not target.ours and LIBRARIES.match(target.dotted) is not None


def _is_failure(kind: AnyExpression) -> bool:
    """``errorhandler(500)``, ``errorhandler(InternalServerError)``: the error that a framework makes of any other."""
    if isinstance(kind, Constant):
        return kind.value == _FAILED
    return chain(kind).rpartition(".")[2] == "InternalServerError"
