"""The part of BA303 about routes that are open by design, and about what a handler does to data."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.checks._resources import Resources
from analyzer.checks._saving import changed_records
from analyzer.facts.codec import encode
from analyzer.facts.expressions import Argument, Attribute, Call, Compare, Constant, Mapping, Name, Subscript
from analyzer.facts.statements import Assert, Evaluate, If, Jump, Raise, Try
from analyzer.facts.visit import calls, chain, walk
from analyzer.flow.passwords import is_password_name
from analyzer.flow.questions import uses_of
from analyzer.frameworks import Route
from analyzer.graph.picture import Picture
from analyzer.project import Place

_OPEN = frozenset(
    "login signin logout signout register registration signup token tokens refresh forgot forgotten recover "
    "recovery reset verify verification activate activation confirm confirmation callback oauth oauth2 openid oidc "
    "sso saml acs webhook webhooks hook hooks health healthz healthcheck heartbeat ping alive ready readiness "
    "liveness metrics status version docs redoc openapi swagger schema static assets favicon robots sitemap "
    "manifest csrf captcha otp totp mfa 2fa unsubscribe subscribe newsletter contact enquiry inquiry "
    "waitlist rsvp guestbook feedback public authenticate "
    "auth session sessions invitation invite challenge handshake wellknown error errors language lang locale "
    "timezone theme code sms consent about home index welcome hello password passwords demo".split()
)
"""Words of the last two segments of a path, or of a handler's name, that say: whoever comes here is not known yet."""

_PAGES = frozenset(
    "home index about welcome docs static assets favicon robots sitemap manifest version lang locale status "
    "schema".split()
)
"""Words of pages: nobody changes anything there, and a ``POST /home`` makes a house."""
_CHANGING_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_RESOURCE = re.compile(
    r"/(?:log_?ins?|sign_?ups?|sign_?ins?|register|registrations?|passwords?|accounts?)/\{(?:\w*_)?(?:id|pk)\}/?\Z"
)
"""One of the logins that are kept, and not the way in."""

_ROW = re.compile(r"^(?:row|record|rec|result|entry)s?(?:\[\])?$")
"""What rows of a table are called: their password was sent by nobody."""
_CHANGE = re.compile(r"\s*(?:INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\b", re.IGNORECASE)
_CHANGE_IN_BYTES = re.compile(rb"insert\s|update\s|delete\s", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?:create|generate|issue|make|mint|encode|sign|build)_?\w*(?:token|jwt)$|^jwt\.encode$", re.IGNORECASE
)
_SENDING = frozenset({"open", "send_file", "FileResponse", "StreamingHttpResponse"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+[a-z]*")
_ANSWERING = frozenset(
    "redirect url_for render render_template get items dict list str int len jsonify Response JSONResponse join format "
    "post put delete patch route api_route getlist abort loads dumps encode decode flash update append "
    "redirect_to HttpResponse RedirectResponse get_or_404 get_json strip split lower make_response set_cookie "
    "delete_cookie set_signed_cookie b64encode b64decode".split()
)
"""Calls that make an answer and change nothing."""
_ASKED = re.compile(
    r"^(?:predict|classif|detect|analy[sz]e|score|evaluat|calculat|comput|estimat|convert|translat|parse|validat|check"
    r"|compare|preview|simulat|is_|has_|tokeni[sz]e|print$|len$|round$|float$|sum$|max$|min$|sorted$|abs$|range$|enumerate$|zip$|replace$|startswith$|endswith$|keys$|values$"
    r"|isdigit$|debug$|info$|warning$|error$|exception$|[A-Z])"
)
"""Calls that find something out or write into a log, and classes of things that are made."""
_CHANGING_CALL = re.compile(
    r"^(?:a?save|write|insert|a?update|a?delete|remove|a?create|add(?!_argument)|commit|execute|send|post|put|patch|publish"
    r"|emit|push|enqueue|upload|set_|store|submit|delay|apply_async|setex|lpush|rpush|xadd|invoke|open$|request$|dump$)"
)
_BUILTINS = frozenset(dir(builtins))
_EFFECTS = frozenset(
    "system popen run call check_call check_output Popen rmtree remove unlink drop_all create_all executescript".split()
)
_EFFECT = re.compile(
    r"^(?:os\.(?:system|popen|remove|unlink)|subprocess\.\w+|shutil\.rmtree)$|\.(?:drop_all|create_all)$"
)
"""Library calls that change the machine or a whole database."""
_POSTED = re.compile(r"(?:^|\.)request\.(?:POST|FILES|form|files)\b")
_SENT_FILES = re.compile(r"(?:^|\.)request\.(?:FILES|files)\b")
_SOMEBODY = re.compile(r"^(?:flask_login\.)?current_user\.(?!is_)|^(?:self\.)?request\.user\.(?!is_)")
"""Reads of who is logged in, beyond whether anybody is."""
PICKING = (".values", ".values_list")
"""Calls of Django's managers that ask for columns by name."""
_LONGEST = 30
"""Code points of a key; longer text is a message."""
_DEPTH = 4
_MOST = 60


def is_public(picture: Picture, handler: Place, routes: Sequence[Route]) -> bool:
    """Whether a handler is one of those that nobody can have logged in for: by its path, or for it takes a password."""
    function = picture.project.outline(handler.path).functions[handler.index]
    if is_open(function.name, routes):
        return not _wrecks(picture, handler)
    if any("{" in route.path for route in routes) or not takes_password(picture, handler):
        return False
    # Who changes the account of ``current_user`` has to be somebody already, whatever password goes with it.
    return not any(use.kind != "call" and _SOMEBODY.search(use.chain) for use in function.uses)


def _wrecks(picture: Picture, handler: Place) -> bool:
    """Whether a handler takes away a whole database or folder: a ``/reset`` of that kind is nobody's password."""
    project = picture.project
    for place in below(picture, handler):
        function = project.function(place)
        for use in function.uses if function else ():
            last = use.chain.rpartition(".")[2]
            if use.kind == "call" and last in {"drop_all", "rmtree", "executescript"}:
                target = project.resolve(place, use.chain, use.line)
                # A cursor's methods are seldom resolved; a script of statements makes all tables anew.
                if last == "executescript" if target is None else not target.ours:
                    return True
    return False


def is_open(name: str, routes: Sequence[Route]) -> bool:
    """Whether a route says by its path or by the name of its handler that whoever comes here is not known yet."""
    if any(_RESOURCE.search(route.path) for route in routes):
        return False
    changing = any(route.method in _CHANGING_METHODS for route in routes) and not any(r.method == "GET" for r in routes)
    known = _OPEN - _PAGES if changing else _OPEN
    return any(_spoken(route.path, known) for route in routes) or not known.isdisjoint(words_of(name))


def writes_password(picture: Picture, path: str, index: int) -> bool:
    """Whether a class view takes a password by its serializer or form: somebody becomes somebody there."""
    project = picture.project
    named = {name for name, _, _ in project.classes.fields(path, index) if name.endswith("_class")}
    for name in sorted({"serializer_class", "form_class"} | named):
        value = project.classes.variable(path, index, name)
        target = project.resolve_expression(Place(value[0], -1), value[1]) if value is not None else None
        ours = target is not None and target.kind == "class" and target.index >= 0
        if ours and target is not None and any(map(is_password_name, _taken(picture, target.path, target.index))):
            return True
    return False


def _spoken(path: str, known: frozenset[str] = _OPEN) -> bool:
    segments = [one for one in path.split("/") if one and not one.startswith("{")][-2:]
    return not segments or any(not known.isdisjoint(words_of(one)) for one in segments)


def words_of(name: str) -> list[str]:
    """The lower-case words of a name or a part of a path; letters behind digits stay with them: ``2fa``."""
    return [word.lower() for word in _WORD.findall(name)]


def takes_password(picture: Picture, handler: Place) -> bool:
    """Whether the client proves who it is, or becomes somebody, by a password in this very request."""
    project = picture.project
    function = project.outline(handler.path).functions[handler.index]
    for parameter in function.parameters:
        if is_password_name(parameter.name):
            return True
        target = project.annotated(handler, parameter.annotation) if parameter.annotation is not None else None
        if target is None or target.kind not in {"class", "instance"} or target.index < 0:
            if target is not None and "OAuth2PasswordRequestForm" in target.dotted:
                return True
            continue
        if any(is_password_name(name) for name in _taken(picture, target.path, target.index)):
            return True
    if any(_declares_password(picture, handler, one) for one in function.decorators if isinstance(one, Call)):
        return True
    body = project.body(handler)
    # What an answer is made of (``{"password": row[2]}``) was not taken from anybody.
    keys = {id(key) for node in walk(body) if isinstance(node, Mapping) for key in node.keys}
    keys |= {id(one) for node in walk(body) if isinstance(node, Call) and _answers(node) for one in node.arguments}
    keys |= {id(node.index) for node in walk(body) if isinstance(node, Subscript) and _ROW.search(chain(node.value))}
    picking = (node for node in walk(body) if isinstance(node, Call) and chain(node.func).endswith(PICKING))
    keys |= {id(one.value) for node in picking for one in node.arguments}
    return any(_password_word(node) and id(node) not in keys for node in walk(body))


def _declares_password(picture: Picture, handler: Place, decorator: Call) -> bool:
    """``@body(user_schema)``, ``@use_args(UserSchema())``: a schema with a password says what is taken."""
    for given in decorator.arguments:
        named = given.value.func if isinstance(given.value, Call) else given.value
        target = picture.project.resolve_expression(handler, named) if isinstance(named, Name | Attribute) else None
        if target is not None and target.kind == "variable":
            made = picture.project.variable(target.path, target.dotted.rpartition(".")[2])
            inner = made[1].func if made is not None and isinstance(made[1], Call) else None
            target = picture.project.resolve_expression(Place(made[0], -1), inner) if made and inner else None
        ours = target is not None and target.kind in {"class", "instance"} and target.index >= 0
        if ours and target is not None and any(map(is_password_name, _taken(picture, target.path, target.index))):
            return True
    return False


def _answers(call: Call) -> bool:
    """``dict(name=row[0], password=row[1])``, ``jsonify(password=…)``: a mapping, and mostly of an answer."""
    return chain(call.func).rpartition(".")[2] in {"dict", "jsonify"}


def _password_word(node: msgspec.Struct) -> bool:
    """A key (``form["password"]``) or a keyword (``create(password=data.password)``) that is a password's name."""
    if isinstance(node, Constant) and isinstance(node.value, str):
        return len(node.value) < _LONGEST and " " not in node.value and is_password_name(node.value)
    return isinstance(node, Argument) and node.keyword is not None and is_password_name(node.keyword)


def writes(picture: Picture, handler: Place) -> list[str]:
    """What the handler, or what it calls, changes something with, as written; in order of nearness.

    That is a write to a database, a command of the system, or a file or table that is taken away.
    """
    found: list[str] = []
    for place in below(picture, handler):
        found.extend(access.shown for access in picture.accesses_of(place) if access.kind == "write")
        found.extend(_statements(picture, place))
        found.extend(changed_records(picture, place))
        function = picture.project.function(place)
        for use in function.uses if function else ():
            # ``os.popen("…").read()`` is a call of ``popen`` too.
            called = use.chain.partition("()")[0]
            if (use.kind == "call" or called != use.chain) and called.rpartition(".")[2] in _EFFECTS:
                target = picture.project.resolve(place, called, use.line)
                if (target is not None and _EFFECT.search(target.dotted)) or (
                    called.endswith(".executescript") and (target is None or not target.ours)
                ):
                    found.append(called)
    return found


def _statements(picture: Picture, place: Place) -> Iterator[str]:
    """The calls that run a function's own text of SQL which makes, changes or removes rows, as written."""
    body = picture.project.body(place)
    if _CHANGE_IN_BYTES.search(encode(body)):
        resources = picture.shared(Resources)
        for call in calls(body):
            if _CHANGE.match(resources.statement(place, call)):
                yield chain(call.func) or "a statement"


def hands_on(picture: Picture, handler: Place) -> bool:
    """Whether a handler may change something: ``False`` when it is seen to read only, or does nothing but answer."""
    places = below(picture, handler)
    accesses = [access for place in places for access in picture.accesses_of(place)]
    if accesses:
        asked = not _only_selects(picture, places)
        return any(access.kind != "read" or (asked and access.shown.endswith("execute")) for access in accesses)
    return _may_change(picture, handler) or any(_changes_by_name(picture, place) for place in places[1:])


def _may_change(picture: Picture, handler: Place) -> bool:
    """Whether a handler calls what nobody can look into, and what is not called as if it found something out."""
    project = picture.project
    function = project.function(handler)
    for use in function.uses if function is not None else ():
        name = use.chain.rpartition(".")[2]
        if use.kind != "call" or name in _ANSWERING or _ASKED.match(name):
            continue
        target = project.resolve(handler, use.chain, use.line)
        inside = target is not None and target.kind == "function" and target.ours
        if target is None or not inside or not any(map(_does, project.body(Place(target.path, target.index)))):
            return True
    return False


def _does(statement: msgspec.Struct) -> bool:
    """Whether a statement does anything: ``...`` stands for what is written elsewhere."""
    return not (
        isinstance(statement, Jump) or (isinstance(statement, Evaluate) and not any(True for _ in calls(statement)))
    )


def _changes_by_name(picture: Picture, place: Place) -> bool:
    """Whether a function that a handler calls does something that may change anything: by the name of what it calls,
    or because that is only handed to it (``handler(command)``)."""
    for use in uses_of(picture.project, place) if picture.project.function(place) is not None else ():
        if use.kind != "call":
            continue
        handed = use.chain.isidentifier() and use.chain not in _BUILTINS
        if _CHANGING_CALL.match(use.chain.rpartition(".")[2]) or (
            handed and picture.project.resolve(place, use.chain, use.line) is None
        ):
            return True
    return False


def _only_selects(picture: Picture, places: Sequence[Place]) -> bool:
    """Whether every statement of SQL whose text is known only selects, and there is one."""
    resources = picture.shared(Resources)
    run = [call for place in places for call in calls(picture.project.body(place)) if _last(call) == "execute"]
    texts = [resources.statement(place, call) for place in places for call in calls(picture.project.body(place))]
    known = [text for text in texts if text]
    return bool(known) and len(known) >= len(run) and all(text.lstrip().lower().startswith("select") for text in known)


def _last(call: Call) -> str:
    return chain(call.func).rpartition(".")[2]


def token_for_asking(picture: Picture, handler: Place) -> str:
    """The parameter for whose sake a handler makes a token, when it does nothing that could find out who is asking."""
    project = picture.project
    function = project.outline(handler.path).functions[handler.index]
    names = {one.name for one in function.parameters}
    nodes = list(walk(project.body(handler)))
    if any(isinstance(node, If | Try | Raise | Assert | Compare) for node in nodes) or takes_password(picture, handler):
        return ""
    called = [node for node in nodes if isinstance(node, Call)]
    making = [node for node in called if _TOKEN.search(chain(node.func))]
    others = [node for node in called if node not in making and chain(node.func).rpartition(".")[2] not in _ANSWERING]
    if len(making) != 1 or others:
        return ""
    given = {node.id for node in walk([one.value for one in making[0].arguments]) if isinstance(node, Name)}
    return next((name for name in sorted(given & names) if name not in {"self", "request", "response", "db"}), "")


def sends_file(picture: Picture, handler: Place) -> str:
    """What a handler opens or sends a file with, ``""`` for nothing."""
    function = picture.project.outline(handler.path).functions[handler.index]
    called = [use.chain.partition("()")[0] for use in function.uses if use.kind == "call" or "()" in use.chain]
    return next((one for one in called if one.rpartition(".")[2] in _SENDING), "")


def posted(picture: Picture, handler: Place) -> bool:
    """Whether a handler of any method has a branch for POST of its own: ``if request.method == "POST"``."""
    for node in walk(picture.project.body(handler)):
        if isinstance(node, Compare) and chain(node.left).endswith(".method"):
            for one in walk(node.comparators):
                if isinstance(one, Constant) and one.value in {"POST", "PUT", "PATCH", "DELETE"}:
                    return True
    return False


def reads_posted(picture: Picture, handler: Place) -> bool:
    """Whether a handler reads what only a POST has: a form, a file."""
    return any(_POSTED.search(use.chain) for use in uses_of(picture.project, handler))


def uploads(picture: Picture, handler: Place) -> bool:
    """Whether a handler reads a file that is sent."""
    return any(_SENT_FILES.search(use.chain) for use in uses_of(picture.project, handler))


def _fields(picture: Picture, path: str, index: int) -> Iterator[str]:
    """The fields that a class of ours declares, inherited ones too."""
    return (name for name, _, _ in picture.project.classes.fields(path, index))


def taken(picture: Picture, handler: Place) -> Iterator[str]:
    """The names of all that the classes of a handler's parameters take from a client."""
    function = picture.project.outline(handler.path).functions[handler.index]
    for parameter in function.parameters:
        target = picture.project.annotated(handler, parameter.annotation) if parameter.annotation else None
        if target is not None and target.kind in {"class", "instance"} and target.index >= 0:
            yield from _taken(picture, target.path, target.index)


def _taken(picture: Picture, path: str, index: int) -> Iterator[str]:
    """What a class of ours takes from a client: its fields, those that a list of names adds, and those of classes of
    ours that stand for one field; of a class without any, what it is made of."""
    project = picture.project
    found = list(project.classes.fields(path, index))
    yield from (name for name, _, _ in found)
    yield from _listed(picture, path, index)
    for _, at, statement in found:
        made = statement.value.func if isinstance(statement.value, Call) else None
        target = project.resolve_expression(Place(at, -1), made) if isinstance(made, Name) else None
        if target is not None and target.kind == "class" and (target.path, target.index) != (path, index):
            yield from _fields(picture, target.path, target.index)
            yield from _listed(picture, target.path, target.index)
    maker = project.namespace(path).methods.get(index, {}).get("__init__") if not found else None
    if maker is not None:
        yield from (one.name for one in project.outline(path).functions[maker].parameters)


def _listed(picture: Picture, path: str, index: int) -> Iterator[str]:
    """``class Meta: fields = ("email", "password")``."""
    project = picture.project
    meta = project.namespace(path).inner_classes.get(index, {}).get("Meta")
    value = project.classes.variable(path, meta, "fields") if meta is not None else None
    for one in walk(value[1]) if value is not None else ():
        if isinstance(one, Constant) and isinstance(one.value, str):
            yield one.value


def below(picture: Picture, handler: Place) -> list[Place]:
    """The handler and the functions it calls, nearest first."""
    found = [handler]
    front = [handler]
    for _ in range(_DEPTH):
        following = []
        for place in front:
            for site in picture.calls_of(place):
                callee = Place(site.target.path, site.target.index)
                if site.target.kind == "function" and callee not in found and len(found) < _MOST:
                    found.append(callee)
                    following.append(callee)
        front = following
    return found
