"""BA506: services, repositories and models that speak HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import Call, Compare
from analyzer.facts.outline import Use
from analyzer.facts.visit import chain, walk
from analyzer.flow.questions import uses_of
from analyzer.graph.picture import Picture
from analyzer.graph.role import Evidence, Role
from analyzer.graph.speaking import Speaking, returned_calls
from analyzer.model import Confidence, Finding, Location, Related, Rule, Severity, Span
from analyzer.project import Place

_ROLES = frozenset({"service", "repository", "model"})
_SPEAKS = re.compile(
    r"^(?:(?:fastapi|starlette)\.(?:exceptions\.)?(?:HTTPException|WebSocketException)"
    r"|(?:fastapi|starlette)\.(?:requests\.)?Request|(?:fastapi|starlette)\.(?:responses\.)?\w*Response"
    r"|werkzeug\.exceptions\.(?:abort|HTTPException|BadRequest|Unauthorized|Forbidden|NotFound|Conflict|Gone"
    r"|UnprocessableEntity|TooManyRequests|InternalServerError|MethodNotAllowed)"
    r"|(?:fastapi|starlette)\.status\.HTTP_\w+|rest_framework\.status\.HTTP_\w+"
    r"|(?:flask|quart)\.(?:abort|request|g|session|current_app|jsonify|make_response|redirect|flash|Response|render_template"
    r"|send_file|send_from_directory|url_for)"
    r"|flask_(?:login|security)\.(?:[\w.]+\.)?(?:current_user|login_user|logout_user)"
    r"|flask_jwt_extended\.(?:[\w.]+\.)?(?:current_user|get_current_user|get_jwt|get_jwt_identity|verify_jwt_in_request)"
    r"|flask_(?:restful|restx|smorest)\.abort"
    r"|django\.http\.(?:Http404|HttpRe\w+|JsonResponse|StreamingHttpResponse|FileResponse)"
    r"|django\.shortcuts\.(?:redirect|render|get_object_or_404|get_list_or_404)|django\.contrib\.messages\.\w+"
    r"|rest_framework\.response\.Response"
    r"|rest_framework\.exceptions\.(?:NotFound|PermissionDenied|AuthenticationFailed|NotAuthenticated|APIException|Throttled"
    r"|ValidationError|ParseError)|rest_framework\.serializers\.ValidationError"
    r"|aiohttp\.web\.(?:HTTP\w+|\w*Response|json_response|Request)"
    r"|litestar\.exceptions\.(?:HTTP\w+|NotFoundException|NotAuthorizedException|PermissionDeniedException|ClientException)"
    r"|litestar\.(?:Request|Response)|sanic\.(?:exceptions\.\w+|response\.\w+|HTTPResponse)|tornado\.web\.HTTPError"
    r"|falcon\.HTTP\w+|bottle\.(?:abort|request|response|HTTPError|HTTPResponse|redirect))(?:$|[.(\[])"
)
"""What belongs to requests and answers in the frameworks. A project's own exceptions are left alone, also those that
extend one of these: a central handler may word them."""
_RAISED = re.compile(r"(?:Exception|Error|abort|Http404|HTTP[A-Z]\w*|_or_404)$|\.exceptions\.")
_SAYS = re.compile(
    rf"{_RAISED.pattern}|(?:^|\.)(?:send_file|send_from_directory|jsonify|redirect|render_template|make_response|flash"
    r"|JsonResponse|HttpRe\w+|json_response)$"
)
"""What says something to a client, and so leaves no doubt; a single look at a request may be a parameter's type."""
_AROUND = re.compile(r"(?:flask|quart)\.(?:current_app|url_for)(?:$|[.(\[])")
"""The application itself, mostly for its configuration, and its routes' names: a hint, and no word to a client."""
_HELD = re.compile(r"(?:flask|quart)\.(?:g|request|session)(?:$|[.(\[])")
"""What is there while a request is answered."""
_CONTEXTS = frozenset({"has_request_context", "has_websocket_context"})
_CARRIED = re.compile(
    r"(?:fastapi|starlette)\.(?:datastructures\.)?UploadFile$|werkzeug\.datastructures\.(?:file_storage\.)?FileStorage$"
    r"|fastapi\.security\.(?:oauth2\.)?OAuth2PasswordRequestForm(?:Strict)?$"
)
"""What a framework makes of a part of a request, as a parameter's type: whoever calls the function needs one."""
_NAMED = re.compile(
    r"rest_framework\.(?:exceptions|serializers)\.(?:NotFound|PermissionDenied|AuthenticationFailed|NotAuthenticated"
    r"|Throttled|ValidationError|ParseError)(?:$|[.(\[])"
    r"|litestar\.exceptions\.(?:NotFound|NotAuthorized|PermissionDenied)Exception(?:$|[.(\[])"
)
"""Exceptions that say by their name what is wrong, and no status: any caller can catch them."""
_MISSING = re.compile(r"\.(?:first|get|one|one_or_none|scalar)_or_404$")
"""Queries of Flask-SQLAlchemy that answer 404 where there is no row."""
_HABIT = 3
"""Modules beyond which asking the running application is how an application is made."""
_DOMAIN = Role("model", Confidence.MEDIUM, (Evidence("it lies in the domain", "", 1),))
_MOST = 12
"""Uses shown beside a finding."""


_PASSED_IN = (
    "Let the controller read it, and pass in what is needed of it: a name, the content or a stream, plain values"
)


class Spoken(msgspec.Struct, frozen=True, order=True):
    """A use of HTTP: its line and column, the name as written, where it comes from, in which function and its role."""

    line: int
    column: int
    name: str
    dotted: str
    function: str
    role: Role


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a module, at the import that brings the first name in."""
    injected = _injected(picture)
    told: list[tuple[Finding, bool]] = []
    for path in picture.project.paths():
        if not picture.is_main(path) or picture.is_root(path):
            continue
        outline = picture.project.outline(path)
        found = sorted(_through(picture, path, injected))
        if any(_FRAMEWORKS.match(item.module) for item in outline.imports if not item.level):
            found = sorted(_spoken(picture, path, injected)) or sorted(_helping(picture, path, injected)) or found
        # Settings beside the words of a client are no part of the matter.
        found = [one for one in found if not _AROUND.match(one.dotted)] or found
        if found:
            told.append((_finding(picture, rule, path, found), all(_AROUND.match(one.dotted) for one in found)))
    # Where every other module asks the application for its settings, that is how this one is made.
    habit = sum(1 for _, around in told if around) > _HABIT
    for one, around in told:
        yield msgspec.structs.replace(one, confidence=Confidence.LOW) if habit and around else one


_FRAMEWORKS = re.compile(
    r"(?:fastapi|starlette|werkzeug|flask(?:_\w+)?|quart|django|rest_framework|aiohttp|litestar|sanic|tornado|falcon|bottle)(?:\.|$)"
)


def _injected(picture: Picture) -> set[Place]:
    """Functions that frameworks run around handlers: they are part of the boundary, wherever they lie."""
    return {
        place for route in picture.routes for place in (*route.dependencies, *(one.place for one in route.attached))
    }


def _spoken(picture: Picture, path: str, injected: set[Place]) -> Iterator[Spoken]:
    project = picture.project
    for index, function in enumerate(project.outline(path).functions):
        place = Place(path, index)
        role = picture.role_of(place)
        if role.name not in _ROLES and picture.shape(path).kind == "hexagonal" and picture.ring(path) == "domain":
            role = _DOMAIN
        if role.name not in _ROLES or role.confidence is Confidence.LOW:
            continue
        if place in injected or place in picture.handlers() or function.parent >= 0 or _serializes(picture, place):
            continue
        own = {one.target for one in function.locals}
        for use in uses_of(project, place):
            if use.kind == "call" and (missing := _MISSING.search(use.chain)) is not None:
                yield Spoken(use.line, use.column, use.chain, missing[0], function.qualname, role)
            if _head(use.chain) in own:  # what it keeps of the request is told where it is taken
                continue
            dotted = _dotted(picture, place, use)
            spoken = (_CARRIED if use.kind == "annotate" else _SPEAKS).match(dotted)
            if spoken and not (_HELD.match(dotted) and _asks_first(picture, place)):
                yield Spoken(use.line, use.column, use.chain, dotted, function.qualname, role)


def _asks_first(picture: Picture, place: Place) -> bool:
    """Whether a function runs without a request too: it asks whether there is one, or whether ``g`` holds anything."""
    for node in walk(picture.project.body(place)):
        if isinstance(node, Call):
            name = chain(node.func).rpartition(".")[2]
            held = chain(node.arguments[0].value) if node.arguments else ""
            if name in _CONTEXTS or (name in {"hasattr", "getattr"} and _is_held(picture, place, held)):
                return True
        if (
            isinstance(node, Compare)
            and "in" in node.operators[0]
            and _is_held(picture, place, chain(node.comparators[0]))
        ):
            return True
    return False


def _is_held(picture: Picture, place: Place, name: str) -> bool:
    target = picture.project.resolve(place, name) if name else None
    return target is not None and not target.ours and _HELD.match(target.dotted) is not None


def _helping(picture: Picture, path: str, injected: set[Place]) -> Iterator[Spoken]:
    """Words to a client in functions that belong to no layer but do their work for one."""
    if picture.roles.own_role(path).name in {"controller", "middleware", "entrypoint"}:
        return
    for index, function in enumerate(picture.project.outline(path).functions):
        place = Place(path, index)
        if place in injected or place in picture.handlers() or function.parent >= 0 or _serializes(picture, place):
            continue
        own = {one.target for one in function.locals}
        said = []
        for use in uses_of(picture.project, place):
            dotted = _dotted(picture, place, use) if _head(use.chain) not in own else ""
            rendered = dotted.endswith("render_template")  # letters are rendered, too
            if use.kind == "call" and _SPEAKS.match(dotted) and _SAYS.search(dotted) and not rendered:
                said.append((use, dotted))
        role = picture.shared(Speaking).role(place) if said else None
        if role is not None:
            yield from (
                Spoken(one.line, one.column, one.chain, dotted, function.qualname, role) for one, dotted in said
            )


def _through(picture: Picture, path: str, injected: set[Place]) -> Iterator[Spoken]:
    """Answers that a service returns as a helper of another module words them: ``return failed("no order", 404)``."""
    project, speaking = picture.project, picture.shared(Speaking)
    for index, function in enumerate(project.outline(path).functions):
        place = Place(path, index)
        if place in injected or place in picture.handlers() or function.parent >= 0 or not function.uses:
            continue
        role = picture.role_of(place)
        if role.name not in _ROLES or role.confidence is Confidence.LOW:
            continue
        asked = [site.target for site in picture.calls_of(place) if site.target.path != path]
        if not any(speaking.answers(target, _SPEAKS.match) for target in asked):
            continue
        for call in returned_calls(picture, place):
            target = project.resolve_expression(place, call.func)
            if target is None or target.path == path or not speaking.answers(target, _SPEAKS.match):
                continue
            yield Spoken(call.line, call.column, chain(call.func), target.dotted, function.qualname, role)


def _serializes(picture: Picture, place: Place) -> bool:
    """Whether a function belongs to a class of REST framework or its extensions, which is a part of the boundary though
    it may save."""
    owner = picture.project.owner_index(place)
    bases = picture.project.classes.externals(place.path, owner) if owner >= 0 else ()
    return any("rest_framework." in one or one.endswith("Serializer") for one in bases)


def _head(chain: str) -> str:
    return chain.partition(".")[0].partition("(")[0].partition("[")[0]


def _dotted(picture: Picture, place: Place, use: Use) -> str:
    head = use.chain.partition("(")[0].partition("[")[0]
    target = picture.project.resolve(place, head, use.line) if use.kind in {"call", "read", "annotate"} else None
    return target.dotted if target is not None and not target.ours else ""


def _finding(picture: Picture, rule: Rule, path: str, found: list[Spoken]) -> Finding:
    brought = [one for one in found if not _MISSING.match(one.dotted)] or found  # told where it is imported
    first = next((one for one in brought if _RAISED.search(one.dotted)), brought[0])
    role = first.role
    names = list(dict.fromkeys(one.name.partition("(")[0] for one in found))
    functions = list(dict.fromkeys(one.function for one in found))
    shown = ", ".join(f"`{name}`" for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    sure = _SAYS.search(first.dotted) or not _SPEAKS.match(first.dotted)  # an answer, also one that a helper words
    around = all(_AROUND.match(one.dotted) for one in found)
    carried = all(_CARRIED.match(one.dotted) for one in found)
    named = all(_NAMED.match(one.dotted) for one in found)
    where = f"`{functions[0]}`" + (f" and {len(functions) - 1} more" if len(functions) > 1 else "")
    return Finding(
        rule=rule.code,
        location=_imported(picture, path, first),
        message=(
            f"{where} of `{picture.project.module_name(path)}`, a {role.name} ({role.why}), works with {shown}: "
            f"only what answers requests should know of HTTP, so that jobs and tests can call it too"
        ),
        fix=_PASSED_IN
        if carried
        else (
            "Raise an exception of your own that says what is wrong, and let the controller or one exception handler "
            "turn it into a status; pass values in, not the request"
        ),
        severity=Severity.NOTE if around or carried or named else rule.severity,
        confidence=Confidence.MEDIUM if sure or around or carried or len(found) > 1 else Confidence.LOW,
        related=tuple(
            Related(Location(path, Span(one.line, 1, one.line, 1)), f"`{one.name}` is used by `{one.function}` here")
            for one in found[:_MOST]
        ),
    )


def _imported(picture: Picture, path: str, first: Spoken) -> Location:
    """The import statement that brings a name in; the use itself where none stands in the module."""
    head = "" if _MISSING.match(first.dotted) else _head(first.name)
    dotted = first.dotted.partition("()")[0]  # the class of a parameter
    for item in picture.project.outline(path).imports:
        if item.bound == head or (item.name and dotted == f"{item.module}.{item.name}"):
            return Location(path, Span(item.line, item.column, item.end_line, item.end_column))
    return Location(path, Span(first.line, first.column, first.line, first.column + len(first.name)))
