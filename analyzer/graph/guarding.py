"""Whether a function guards: it looks at who is asking and can end the request when that is not enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Call,
    Constant,
    Mapping,
    Name,
)
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.outline import Function
from analyzer.facts.statements import AnyStatement, Assert, Assign, Evaluate, If, Raise, Return, Try
from analyzer.facts.visit import chain, children, statements, walk
from analyzer.frameworks.attachments import attachment, lenient
from analyzer.frameworks.backend import Attachment
from analyzer.frameworks.fastapi import injected, injections
from analyzer.graph.asked import Asked
from analyzer.graph.callers import finds_caller, found_outside
from analyzer.graph.demands import signed
from analyzer.graph.ending import (
    PERMISSION_METHODS,
    all_inside,
    always,
    answers,
    asks_permission,
    expects_refusal,
    missing,
    names,
    nobody,
    swallowed,
    untold,
)
from analyzer.graph.narrowing import narrowed, tells_routes_apart
from analyzer.graph.presented import bears_any_token, believes, hands_on, presented
from analyzer.graph.refusals import refuses
from analyzer.graph.spending import dereferenced, proves, spends, wasted
from analyzer.graph.succeeding import after_success
from analyzer.graph.turning import answers_strangers, answers_tokenless, ends_for_strangers, turns_away
from analyzer.knowledge import known
from analyzer.project import Place, Project

_IDENTITY = re.compile(
    r"authori[sz]|bearer|cookie|session(?!maker|local)|token|api[-_]?key|credential|current_?user"
    r"|(?:^|[._])user(?:$|[._\[( ])|user_?(?:id|name)|identity|is_authenticated|jwt|principal|request\.auth|has_perm"
    r"|superuser|is_staff|is_admin|(?:^|[._])roles?\b|secret|signature|permission|scope|owner|account|login|logged"
    r"|(?:^|[._])auth(?:$|[._\[(])|actor|claims|^x[-_][\w-]*key$",
    re.IGNORECASE,
)
"""What names of things that say who is asking contain, in headers, cookies, sessions and objects."""

_FORGERY = re.compile(r"csrf|xsrf", re.IGNORECASE)
"""Names in what finds out whether a request comes from the site's own pages: it compares one half of a token with the
other, and both are the client's. Who is asking is not said by cookies and tokens there."""
_SOMEBODY = re.compile(
    r"current_?user|(?:^|[._])user(?:$|[._\[( ])|user_?(?:id|name)|identity|is_authenticated|jwt|principal|authori[sz]"
    r"|bearer|permission|superuser|is_staff|is_admin|api[-_]?key|log_?(?:in|ged)|(?:^|[._])roles?\b",
    re.IGNORECASE,
)
"""What is left of :data:`_IDENTITY` there."""

_CALLER = re.compile(
    r"authori[sz]|authenticat|bearer|token|current_?user|jwt|cookie|credential|request\.user|oauth|optional_?user|api_?key",
    re.IGNORECASE,
)
"""The narrower words for what looks at the caller without refusing anybody; ``session`` is as often the database."""
_WORD = re.compile(r"[\w.-]{1,40}")
"""Keys of headers, cookies and sessions; sentences are messages."""

LIBRARY = frozenset(
    "login_required fresh_login_required jwt_required fresh_jwt_required jwt_refresh_token_required token_required "
    "verify_security auth_required auth_token_required http_auth_required roles_required roles_accepted "
    "permission_required "
    "permissions_required permissions_accepted user_passes_test staff_member_required superuser_required "
    "auth_basic LoginRequiredMixin PermissionRequiredMixin UserPassesTestMixin AccessMixin IsAuthenticated IsAdminUser "
    "DjangoModelPermissions DjangoObjectPermissions TokenHasScope TokenHasReadWriteScope HTTPBearer HTTPBasic "
    "HTTPDigest OAuth2PasswordBearer OAuth2AuthorizationCodeBearer OpenIdConnect "
    "APIKeyHeader APIKeyCookie APIKeyQuery authenticated protect has_access has_access_api requires check_authorized "
    "check_permission verify_jwt_in_request requires_auth current_user_required JWTAuth JWTCookieAuth SessionAuth "
    "AuthBearer HttpBearer django_auth authentication_required require_oauth oauth_required token_auth".split()
)
"""Guards that libraries bring, by their last name: flask-login, flask-jwt-extended, flask-security, flask-httpauth,
Flask-AppBuilder, Django, REST framework, FastAPI's security classes, Starlette, Tornado, aiohttp-security, Litestar,
Django Ninja, Authlib, Bottle."""
_READ_ONLY = frozenset({"IsAuthenticatedOrReadOnly", "DjangoModelPermissionsOrAnonReadOnly"})
_OPEN = frozenset(
    {
        "AllowAny",
        "allow_anonymous",
        "public",
        "login_not_required",
        "exempt",
        "anonymous_allowed",
        "no_auth",
        "skip_auth",
        "NO_PERMISSION_REQUIRED",
    }
)
"""What says in so many words that everybody may ask."""
_PERMISSION = re.compile(r"\.permissions\.\w+(?:\(\))?$")
"""Permission classes of other packages: one that lets everybody pass is called so."""
_PROBABLY = re.compile(
    r"login|auth|permission|require|protect|secur|admin|jwt|token|role|guard|scope|restrict|owner|verify|current_?user",
    re.IGNORECASE,
)
"""A decorator or a dependency that cannot be resolved and is called so is taken for a guard: silence is the safe
mistake."""
_SURELY = re.compile(
    r"^(?:requires?_?|ensure_?|check_?)?(?:authenticate|authenticated|authentication|login|logged_?in|auth|jwt|permissions?"
    r"|roles?|scopes?)(?:_?(?:required|check|needed|only))?$|^(?:user|token)_?(?:required|check|needed|only)$|^(?:get_|require_|verify_)?current_(?:active_|admin_)?(?:user|account)$",
    re.IGNORECASE,
)
"""Decorators of libraries that are called so and stand in no table."""
_CARRIED = re.compile(r"\b(?:headers|cookies|session|authorization|META)\b", re.IGNORECASE)
"""Where a request carries who is asking."""
_STOPPING = frozenset({"bottle.abort", "bottle.redirect", "flask.abort", "quart.abort", "werkzeug.exceptions.abort"})
"""Functions that raise."""
_CARRYING = re.compile(r"(?:^|\.)(?:headers|cookies)(?:$|\.|\[)")
_SCHEMES = "fastapi.security."
"""They refuse whoever sends nothing, and hand on what was sent."""
_DEPTH = 5
_HANDED = 3
"""Functions between one that is asked who is there and the one that verifies the token."""
_NEAR = 2
"""Calls in which a guard may look which route is asked for."""


class Run(msgspec.Struct, frozen=True):
    """How a function is run: for which route, where that is asked, whether it ends the request by raising alone, and
    whether nobody takes what it returns."""

    asked: Asked | None = None
    raising: bool = False
    dropped: bool = False


_ANYHOW = Run()


class _Look(msgspec.Struct, frozen=True):
    """What a function asks for: ``refuses`` by itself or by a guard of a library; else what it holds, the functions
    inside it, and those it calls, each with whether nobody takes what it returns."""

    refuses: bool = False
    held: tuple[Attachment, ...] = ()
    inside: tuple[Place, ...] = ()
    calls: tuple[tuple[Place, bool], ...] = ()


class Guarding:
    """Answers about functions, remembered."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[tuple[Place, Run], tuple[str, bool]] = {}
        self._matched = False
        self._left: dict[tuple[Place, bool, bool, tuple[bool | None, ...]], _Look] = {}
        self._telling: dict[Place, bool] = {}
        self._looking: dict[Place, bool] = {}
        self._verifying: dict[Place, bool] = {}
        self._finding: dict[Place, bool] = {}

    def attached(self, one: Attachment, *, safe: bool = False, asked: Asked | None = None) -> str:
        """What an attachment demands: ``authenticated``, ``open`` where it says that everybody may ask, ``spared``
        where it names the route among those it leaves alone, or ``""``.

        ``safe`` is true for a route that only reads; ``asked`` is the route.
        """
        last = one.dotted.removesuffix("()").rpartition(".")[2]
        if one.verified:
            return "authenticated"
        if one.place.path:
            return "open" if last in _OPEN else self._placed(one.place, Run(asked, one.raising, one.dropped))
        if one.optional or (one.dropped and one.dotted.startswith(_SCHEMES)):
            return ""
        if last in _READ_ONLY:
            return "open" if safe else "authenticated"
        if last in _OPEN:
            return "open"
        if last in LIBRARY or _PERMISSION.search(one.dotted):
            return "authenticated"
        if "." not in one.dotted:
            return "authenticated" if _PROBABLY.search(last) else ""
        return "authenticated" if _SURELY.search(last) else ""

    def any_of(self, one: Attachment, *, safe: bool = False, asked: Asked | None = None) -> str:
        """The same where one of several is enough: nobody is refused where one of them refuses nobody."""
        found = [self.attached(each, safe=safe, asked=asked) for each in (one, *one.instead)]
        found = [each for each in found if each != "authenticated"]
        return "authenticated" if not found else "open" if "open" in found else found[0]

    def never(self, one: Attachment, asked: Asked) -> bool:
        """Whether a permission says no to everybody who asks for the route: ``request.method in SAFE_METHODS``."""
        function = self._project.function(one.place) if one.place.path else None
        if function is None or function.name not in PERMISSION_METHODS:
            return False
        return always(narrowed(self._project, one.place, self._project.body(one.place), asked).body, False)

    def _placed(self, place: Place, run: Run) -> str:
        found = self.demand(place, 0, run)
        if found or run.asked is None or not self.demand(place, 0, Run(None, run.raising, run.dropped)):
            return found
        return "spared" if self._known[place, run][1] else ""

    def ends_for_strangers(self, handler: Place, asked: Asked) -> bool:
        """Whether a handler itself ends where nobody is logged in, whatever it answers then."""
        body = narrowed(self._project, handler, self._project.body(handler), asked).body
        return ends_for_strangers(list(walk(body)), answering=True)

    def believes(self, place: Place) -> bool:
        """Whether a function believes a token that nobody has verified, or gives it back as its own proof."""
        return believes(self._project, place) or (place.index >= 0 and bears_any_token(self._project, place))

    def looks(self, one: Attachment) -> bool:
        """Whether an attachment reads who is asking, whatever it makes of it."""
        return self.looks_at(one.place) if one.place.path else _CALLER.search(one.dotted) is not None

    def looks_at(self, place: Place) -> bool:
        """Whether a function reads who is asking, whatever it makes of it."""
        if place not in self._looking:
            self._looking[place] = self._reads_caller(place)
        return self._looking[place]

    def _reads_caller(self, place: Place) -> bool:
        function = self._project.function(place)
        if function is None:
            return False
        if any(
            _CALLER.search(chain(node))
            for node in walk(self._project.body(place))
            if isinstance(node, Name | Attribute)
        ):
            return True
        injected = injections(self._project, place, function)
        spelled = [one.name for one in function.parameters]
        spelled += [found.dotted for at, call in injected if (found := attachment(self._project, at, call, "handler"))]
        return any(_CALLER.search(one) for one in spelled)

    def ends(self, place: Place) -> bool:
        """Whether a function can end the request by an exception of whatever kind that it does not catch itself."""
        if place.index < 0:
            return False
        body = self._project.body(place)
        lost = swallowed(self._project, place, body)
        return any(isinstance(node, Raise) and id(node) not in lost and untold(node) for node in statements(body))

    def demand(self, place: Place, depth: int = 0, run: Run = _ANYHOW) -> str:
        """``authenticated`` when the function, or what it calls, looks at who is asking and can refuse; else ``""``."""
        key = (place, run)
        if key not in self._known:
            if depth > _DEPTH or place.index < 0:
                return ""
            self._known[key] = ("", False)
            before, self._matched = self._matched, False
            found = self._for_route(place, depth, run) if run.asked is not None else self._judge(place, depth, run)
            self._known[key] = (found, self._matched)
            self._matched = before
        found, matched = self._known[key]
        self._matched = self._matched or matched
        return found

    def _for_route(self, place: Place, depth: int, run: Run) -> str:
        """What a function demands for one route: never more than for all, and the same where it does not ask which."""
        found = self.demand(place, depth, Run(None, run.raising, run.dropped))
        return self._judge(place, depth, run) if found and self._tells_apart(place) else found

    def _tells_apart(self, place: Place, depth: int = 0) -> bool:
        """Whether a function, one it holds or one it calls reads which route is asked for."""
        if place not in self._telling:
            project, function = self._project, self._project.function(place)
            self._telling[place] = False
            inner = [
                Place(place.path, index)
                for index, one in enumerate(project.outline(place.path).functions)
                if one.parent == place.index
            ]
            for use in function.uses if function is not None and depth < _NEAR else ():
                target = project.resolve(place, use.chain, use.line) if use.kind == "call" else None
                if target is not None and target.kind == "function":
                    inner.append(Place(target.path, target.index))
            self._telling[place] = tells_routes_apart(project.body(place)) or any(
                self._tells_apart(one, depth + 1) for one in inner
            )
        return self._telling[place]

    def _judge(self, place: Place, depth: int, run: Run) -> str:
        function = self._project.function(place)
        if function is None:
            return ""
        look = self._look(place, function, run)
        if look.refuses or any(self._nested(held, depth, run) for held in look.held):
            return "authenticated"
        called = ((one, Run(run.asked, ignored, ignored)) for one, ignored in look.calls)
        inside = ((one, run) for one in look.inside)
        return "authenticated" if any(self.demand(one, depth + 1, how) for one, how in (*inside, *called)) else ""

    def _look(self, place: Place, function: Function, run: Run) -> _Look:
        """What a function asks for itself; for routes that leave the same statements of it, it is looked at once."""
        body = self._project.body(place)
        if run.asked is None:
            return self._read(place, function, body, run)
        left = narrowed(self._project, place, body, run.asked)
        self._matched = self._matched or left.matched
        key = (place, run.raising, run.dropped, left.decisions)
        if key not in self._left:
            self._left[key] = self._read(place, function, left.body, run)
        return self._left[key]

    def _read(self, place: Place, function: Function, body: list[AnyStatement], run: Run) -> _Look:
        project = self._project
        if function.name in PERMISSION_METHODS and function.owner >= 0 and not always(body, True):
            return _Look(refuses=True)
        lost = swallowed(project, place, body, answering=not run.raising) | after_success(body)
        nodes = [node for node in walk(body) if id(node) not in lost]
        if any(isinstance(node, Try) and expects_refusal(node) for node in nodes):
            return _Look(refuses=True)
        asks = presented(project, place, function, body)
        weak = asks == "sent" or (asks == "returned" and run.dropped)
        if not weak and self._refuses(place, function, body, nodes, run):
            return _Look(refuses=True)
        held = provided(project, place, function)
        if weak or wasted(project, place, function, body):
            held = (one for one in held if not self._carries(one))
        inside = [
            Place(place.path, at)
            for at, one in enumerate(project.outline(place.path).functions)
            if one.parent == place.index
        ]
        calls = self._called(place, nodes)
        return _Look(calls is None, tuple(held), tuple(inside), calls or ())

    def _carries(self, one: Attachment) -> bool:
        """Whether what is injected is only what was sent, or a scheme that demands that something is."""
        return one.dotted.startswith(_SCHEMES) or (one.place.path != "" and hands_on(self._project, one.place))

    def _refuses(
        self,
        place: Place,
        function: Function,
        body: Sequence[AnyStatement],
        nodes: Sequence[msgspec.Struct],
        run: Run,
    ) -> bool:
        """Whether a function itself refuses somebody for who is asking."""
        project = self._project
        ending = (Raise,) if run.raising else (Raise, Return)
        answering = (Return, Assign) if run.raising else ()
        if any(refuses(project, place, node) and not isinstance(node, answering) for node in nodes) and (
            self._looks(function, nodes) or self._asks(place, body) or self._tries(place, nodes)
        ):
            return True
        if signed(nodes) and any(isinstance(node, ending) for node in nodes):
            # A webhook with a wrong signature is refused with any status.
            return True
        tokens = [node for node in nodes if isinstance(node, Call) and self._verifies(place, node)]
        if any(_binds(project, place, body, node, run) for node in tokens):
            return True
        if self._acts_on(place, function, body, run):
            return True
        if proves(project, place, function, body):
            return True
        tests = [node for node in nodes if isinstance(node, If) and any(isinstance(one, ending) for one in node.then)]
        if any(asks_permission(node) or turns_away(node) for node in tests):
            return True
        if not run.raising and (answers_strangers(nodes) or answers_tokenless(nodes)):
            return True
        if ends_for_strangers([node for node in nodes if not (run.raising and _returns(node))], answering=False):
            return True
        if not run.raising and all_inside(body):
            return True
        return any(isinstance(node, Assert) and _IDENTITY.search(names(node.test)) for node in nodes)

    def _tries(self, place: Place, nodes: Sequence[msgspec.Struct]) -> bool:
        """``if not check(request):`` where that verifies a token."""
        tests = (node.test for node in nodes if isinstance(node, If))
        return any(isinstance(one, Call) and self._lenient(place, one) for test in tests for one in walk(test))

    def _verifies(self, place: Place, call: Call) -> bool:
        """Whether a call verifies a token, and so raises what nobody here catches when the token is none."""
        target = self._project.resolve_expression(place, call.func) if chain(call.func) else None
        if target is None or target.ours or lenient(call):
            return False
        decoder = known().decoder(target.dotted, chain(call.func))
        unverified = (
            isinstance(one, Constant) and one.value is False for one in walk([a.value for a in call.arguments])
        )
        return decoder is not None and decoder.kind == "verify" and not any(unverified)

    def _acts_on(self, place: Place, function: Function, body: Sequence[AnyStatement], run: Run) -> bool:
        """Whether a function ends where what looks who is asking, and lets strangers pass, has found nobody."""
        nodes = list(walk(body))
        given = [
            (chain(target), place, node.value) for node in nodes if isinstance(node, Assign) for target in node.targets
        ]
        for one in function.parameters:
            held = injected(self._project, place, function, one)
            given += [(one.name, at, Call(*_AT, call.arguments[0].value, [])) for at, call in held if call.arguments]
        named = {name for name, at, value in given if self._lenient(at, value)}
        verified = {name for name, at, value in given if name in named and self._lenient(at, value, strictly=True)}
        if verified and dereferenced(nodes, verified):
            return True
        tests = [node for node in statements(body) if isinstance(node, If) and missing(node.test)]
        return any(
            self._ends(place, one, run) and any(self._asked(place, part, named) for part in walk(node.test))
            for node in tests
            for one in node.then[-1:]
        )

    def _asked(self, place: Place, part: msgspec.Struct, named: set[str]) -> bool:
        """A name of who was found, or the call that looks: ``if not user_of(request):``."""
        if isinstance(part, Name | Attribute):
            return chain(part) in named
        return isinstance(part, Call) and bool(chain(part.func)) and self._lenient(place, part)

    def _ends(self, place: Place, statement: AnyStatement, run: Run) -> bool:
        """Whether a statement ends the request: it raises, answers, or stops the framework by a call that raises."""
        if isinstance(statement, Return):
            return not run.raising and not nobody(statement.value) and not _empty(statement.value)
        call = statement.value if isinstance(statement, Evaluate) else None
        if not isinstance(call, Call):
            return isinstance(statement, Raise)
        target = self._project.resolve_expression(place, call.func) if chain(call.func) else None
        return target is not None and target.dotted in _STOPPING

    def _lenient(self, place: Place, value: AnyExpression | None, *, strictly: bool = False) -> bool:
        """Whether a value is what a function of the project says that has looked who is asking; ``strictly``: at a
        token."""
        call = value.value if isinstance(value, Await) else value
        target = self._project.resolve_expression(place, call.func) if isinstance(call, Call) else None
        if target is None or target.kind != "function":
            return target is not None and not strictly and found_outside(target.dotted)
        called = Place(target.path, target.index)
        return self._verified(called, 0) or (not strictly and self._finds(called))

    def _finds(self, place: Place) -> bool:
        if place not in self._finding:
            self._finding[place] = finds_caller(self._project, place)
        return self._finding[place]

    def _verified(self, place: Place, depth: int) -> bool:
        """Whether a function, or one whose outcome it hands on, verifies a token."""
        if place not in self._verifying:
            self._verifying[place] = False
            nodes = list(walk(self._project.body(place)))
            self._verifying[place] = (
                any(isinstance(node, Call) and self._verifies(place, node) for node in nodes)
                or self._spends(place)
                or (depth < _HANDED and any(self._hands_on(place, node, depth) for node in nodes))
            )
        return self._verifying[place]

    def _spends(self, place: Place) -> bool:
        """Whether a dependency finds out about what was sent, and gives nothing where it is wrong."""
        function = self._project.function(place)
        return function is not None and wasted(self._project, place, function, self._project.body(place))

    def _hands_on(self, place: Place, node: msgspec.Struct, depth: int) -> bool:
        """``return verify(token)`` of a function of ours that verifies it."""
        call = node.value if isinstance(node, Return) else None
        call = call.value if isinstance(call, Await) else call
        target = self._project.resolve_expression(place, call.func) if isinstance(call, Call) else None
        ours = target is not None and target.kind == "function"
        return ours and target is not None and self._verified(Place(target.path, target.index), depth + 1)

    def _asks(self, place: Place, body: Sequence[AnyStatement]) -> bool:
        """Whether a function has another one look: ``partner = asking()``, and that reads a header or a cookie."""
        for node in walk(body):
            call = node.value if isinstance(node, Assign) else None
            call = call.value if isinstance(call, Await) else call
            target = self._project.resolve_expression(place, call.func) if isinstance(call, Call) else None
            if target is None or target.kind != "function":
                continue
            called = Place(target.path, target.index)
            function = self._project.function(called)
            inner = list(walk(self._project.body(called)))
            spelled = (chain(one) for one in inner if isinstance(one, Attribute))
            carried = any(_CARRIED.search(one) for one in spelled)
            if function is not None and carried and self._looks(function, inner):
                return True
        return False

    def _looks(self, function: Function, nodes: Sequence[msgspec.Struct]) -> bool:
        """Whether the function reads something that says who is asking."""
        spelled = [one.name for one in function.parameters]
        spelled += [chain(node) for node in nodes if isinstance(node, Name | Attribute)]
        words = [node.value for node in nodes if isinstance(node, Constant) and isinstance(node.value, str)]
        spelled += [word for word in words if _WORD.fullmatch(word)]
        forged = any(_FORGERY.search(one) for one in (function.name, *spelled))
        if not forged and any(_CARRYING.search(one) for one in spelled) and any(map(_nobody_known, nodes)):
            return True
        telling = _SOMEBODY if forged else _IDENTITY
        return any(telling.search(one) for one in spelled if not _FORGERY.search(one))

    def _called(self, place: Place, nodes: Sequence[msgspec.Struct]) -> tuple[tuple[Place, bool], ...] | None:
        """The functions that a function calls, each with whether nobody takes what it returns; ``None`` where a guard
        of a library is among the calls."""
        project = self._project
        alone = {id(_awaited(node.value)) for node in nodes if isinstance(node, Evaluate)}
        ours: list[tuple[Place, bool]] = []
        for node in nodes:
            spelled = chain(node.func) if isinstance(node, Call) else ""
            if not isinstance(node, Call) or not spelled:
                continue
            target = project.resolve_expression(place, node.func)
            if target is None or target.kind == "external":
                last = (target.dotted if target else spelled).rpartition(".")[2]
                told = target is not None or last not in {"requires", "protect", "authenticated"}
                if last in LIBRARY and told and not lenient(node):
                    return None
                continue
            callee = Place(target.path, target.index)
            if target.kind == "function" and callee != place:
                # What a function returns ends nothing where nobody takes it.
                # A method that only promises is kept by one of those below it.
                kept = project.classes.implementations(callee)
                ours += [(one, id(node) in alone) for one in (callee, *kept)]
        return tuple(dict.fromkeys(ours))

    def _nested(self, held: Attachment, depth: int, run: Run) -> bool:
        if held.place.path:
            return bool(self.demand(held.place, depth + 1, Run(run.asked, held.raising, held.dropped)))
        return self.attached(held) == "authenticated"


_AT = (0, 0, 0, 0)


def provided(project: Project, place: Place, function: Function) -> Iterator[Attachment]:
    """What is injected into a function; dropped where its body makes nothing of the parameter that could find out who
    sent a credential, if it is one."""
    given = [(one, each) for one in function.parameters for each in injected(project, place, function, one)]
    read = {node.id for node in walk(project.body(place)) if isinstance(node, Name)} if given else set()
    for parameter, (at, call) in given:
        held = attachment(project, at, call, "handler")
        if held is not None:
            used = parameter.name in read and spends(project, place, function, parameter.name)
            yield msgspec.structs.replace(held, dropped=not used)


def _empty(value: AnyExpression | None) -> bool:
    return isinstance(value, Display | Mapping) and not any(True for _ in children(value))


def _answers(node: msgspec.Struct) -> bool:
    return isinstance(node, Return | Assign)


def _returns(node: msgspec.Struct) -> bool:
    return isinstance(node, If) and bool(node.then) and isinstance(node.then[-1], Return)


def _nobody_known(node: msgspec.Struct) -> bool:
    """401 says that it is asked who is asking, whatever the header is called that is compared."""
    return isinstance(node, Constant) and type(node.value) is int and node.value == 401


def _awaited(value: AnyExpression) -> AnyExpression:
    return value.value if isinstance(value, Await) else value


def _binds(project: Project, place: Place, body: Sequence[AnyStatement], call: Call, run: Run) -> bool:
    """Whether nobody comes past a call that verifies a token: what it raises ends the request, and strangers without a
    token are not let through before it."""
    for node in statements(body):
        if isinstance(node, Try) and any(one is call for one in walk(node.body)):
            for handler in node.handlers:
                inner = list(walk(handler.body))
                ends = any(
                    isinstance(one, Raise) or (refuses(project, place, one) and not (run.raising and _answers(one)))
                    for one in inner
                )
                ends = ends or (not run.raising and answers(handler.body[-1:]))
                if not ends and handler.kind is not None and _TOKEN_ERRORS.search(names(handler.kind)):
                    return False
        if isinstance(node, If) and node.line <= call.line and _lets_strangers_pass(project, place, body, node, call):
            return False
    return True


def _lets_strangers_pass(project: Project, place: Place, body: Sequence[AnyStatement], node: If, call: Call) -> bool:
    """``if not token: return None`` before the call, or the call in ``if token:`` with nothing that refuses besides."""
    if not _IDENTITY.search(names(node.test)) or any(one is call for one in walk(node.test)):
        return False
    inside = list(walk(node.then))
    if not any(one is call for one in inside):
        return missing(node.test) and any(isinstance(one, Return) and nobody(one.value) for one in node.then[-1:])
    within = {id(one) for one in inside}
    rest = (one for one in walk(body) if id(one) not in within)
    return not node.otherwise and not any(isinstance(one, Raise) or refuses(project, place, one) for one in rest)


_TOKEN_ERRORS = re.compile(r"JWT|Jose|Token|Decode|Signature|Claims|BadData", re.IGNORECASE)
