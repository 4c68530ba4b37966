"""Whether a function guards: it looks at who is asking and can end the request when that is not enough."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Await,
    Boolean,
    Call,
    Compare,
    Constant,
    Name,
    Parameter,
    Subscript,
    Unary,
)
from analyzer.facts.outline import Function
from analyzer.facts.statements import AnyStatement, Assert, Assign, Evaluate, Handler, If, Raise, Return, Try
from analyzer.facts.visit import chain, statements, walk
from analyzer.frameworks.attachments import attachment
from analyzer.frameworks.backend import Attachment
from analyzer.frameworks.fastapi import injections
from analyzer.graph.demands import signed
from analyzer.graph.refusals import refusal_name, refuses
from analyzer.graph.succeeding import after_success
from analyzer.graph.turning import answers_strangers, answers_tokenless, turns_away
from analyzer.knowledge import known
from analyzer.project import Place, Project

_IDENTITY = re.compile(
    r"authori[sz]|bearer|cookie|session(?!maker|local)|token|api[-_]?key|credential|current_?user"
    r"|(?:^|[._])user(?:$|[._\[( ])|user_?(?:id|name)|identity|is_authenticated|jwt|principal|request\.auth|has_perm"
    r"|superuser|is_staff|is_admin|(?:^|[._])roles?\b|secret|signature|permission|scope|owner|account|login|logged"
    r"|(?:^|[._])auth(?:$|[._\[(])|actor|claims|^x-[\w-]*key$",
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
    "LoginRequiredMixin PermissionRequiredMixin UserPassesTestMixin AccessMixin IsAuthenticated IsAdminUser "
    "DjangoModelPermissions DjangoObjectPermissions TokenHasScope TokenHasReadWriteScope HTTPBearer HTTPBasic "
    "HTTPDigest OAuth2PasswordBearer OAuth2AuthorizationCodeBearer OpenIdConnect "
    "APIKeyHeader APIKeyCookie APIKeyQuery authenticated protect has_access has_access_api requires check_authorized "
    "check_permission verify_jwt_in_request requires_auth current_user_required JWTAuth JWTCookieAuth SessionAuth "
    "AuthBearer HttpBearer django_auth authentication_required require_oauth oauth_required token_auth".split()
)
"""Guards that libraries bring, by their last name: flask-login, flask-jwt-extended, flask-security, flask-httpauth,
Flask-AppBuilder, Django, REST framework, FastAPI's security classes, Starlette, Tornado, aiohttp-security, Litestar,
Django Ninja, Authlib."""
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
_PROBABLY = re.compile(r"login|auth|permission|require|protect|secur|admin|jwt|token|role|guard|scope", re.IGNORECASE)
"""A decorator that cannot be resolved and is called so is taken for a guard: silence is the safe mistake."""
_SURELY = re.compile(
    r"^(?:requires?_?|ensure_?|check_?)?(?:authenticate|authenticated|authentication|login|logged_?in|auth|jwt|permissions?"
    r"|roles?|scopes?)(?:_?(?:required|check|needed|only))?$|^(?:user|token)_?(?:required|check|needed|only)$",
    re.IGNORECASE,
)
"""Decorators of libraries that are called so and stand in no table."""
_KNOWN = re.compile(
    r"(?:^|[\s.])(?:session|current_user|g\.user|request\.user|logged_in|is_authenticated|authenticated)(?:$|[\s.\[(])",
    re.I,
)
"""Names in a test that ask whether anybody is known."""
_CARRIED = re.compile(r"\b(?:headers|cookies|session|authorization|META)\b", re.IGNORECASE)
"""Where a request carries who is asking."""
_EVERYTHING = frozenset({"Exception", "BaseException", "HTTPException", "APIException", "HTTPError"})
_DEPTH = 5
_HANDED = 3
"""Functions between one that is asked who is there and the one that verifies the token."""
_PERMISSION_METHODS = ("has_permission", "has_object_permission", "check_permission", "is_authorized", "authenticate")


class Guarding:
    """Answers about functions, remembered."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[Place, str] = {}
        self._looking: dict[Place, bool] = {}
        self._verifying: dict[Place, bool] = {}

    def attached(self, one: Attachment, *, safe: bool = False) -> str:
        """What an attachment demands: ``authenticated``, ``open`` where it says that everybody may ask, or ``""``.

        ``safe`` is true for a route that only reads.
        """
        last = one.dotted.removesuffix("()").rpartition(".")[2]
        if one.verified:
            return "authenticated"
        if one.place.path:
            return "open" if last in _OPEN else self.demand(one.place)
        if last in _READ_ONLY:
            return "open" if safe else "authenticated"
        if last in _OPEN:
            return "open"
        if last in LIBRARY:
            return "authenticated"
        if "." not in one.dotted:
            return "authenticated" if _PROBABLY.search(last) else ""
        return "authenticated" if _SURELY.search(last) else ""

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
        lost = _swallowed(self._project, place, body)
        return any(isinstance(node, Raise) and id(node) not in lost and _untold(node) for node in statements(body))

    def demand(self, place: Place, depth: int = 0) -> str:
        """``authenticated`` when the function, or what it calls, looks at who is asking and can refuse; else ``""``."""
        if place in self._known:
            return self._known[place]
        if depth > _DEPTH or place.index < 0:
            return ""
        self._known[place] = ""
        found = self._judge(place, depth)
        self._known[place] = found
        return found

    def _judge(self, place: Place, depth: int) -> str:
        project = self._project
        function = project.function(place)
        if function is None:
            return ""
        body = project.body(place)
        if function.name in _PERMISSION_METHODS and function.owner >= 0 and not _always_true(body):
            return "authenticated"
        lost = _swallowed(project, place, body) | after_success(body)
        nodes = [node for node in walk(body) if id(node) not in lost]
        if any(refuses(project, place, node) for node in nodes) and (
            self._looks(function, nodes) or self._asks(place, body)
        ):
            return "authenticated"
        if signed(nodes) and any(isinstance(node, Raise | Return) for node in nodes):
            # A webhook with a wrong signature is refused with any status.
            return "authenticated"
        if any(isinstance(node, Try) and _expects_refusal(node) for node in nodes):
            return "authenticated"
        tokens = [node for node in nodes if isinstance(node, Call) and self._verifies(place, node)]
        if any(_binds(project, place, body, node) for node in tokens) or self._acts_on(place, function, body):
            return "authenticated"
        if any(isinstance(node, If) and (_asks_permission(node) or turns_away(node)) for node in nodes):
            return "authenticated"
        if answers_strangers(nodes) or answers_tokenless(nodes):
            return "authenticated"
        if _all_inside(body):
            return "authenticated"
        if any(isinstance(node, Assert) and _IDENTITY.search(_names(node.test)) for node in nodes):
            return "authenticated"
        return self._through(place, function, nodes, depth)

    def _verifies(self, place: Place, call: Call) -> bool:
        """Whether a call verifies a token, and so raises what nobody here catches when the token is none."""
        target = self._project.resolve_expression(place, call.func) if chain(call.func) else None
        if target is None or target.ours:
            return False
        decoder = known().decoder(target.dotted, chain(call.func))
        unverified = (
            isinstance(one, Constant) and one.value is False for one in walk([a.value for a in call.arguments])
        )
        return decoder is not None and decoder.kind == "verify" and not any(unverified)

    def _acts_on(self, place: Place, function: Function, body: Sequence[AnyStatement]) -> bool:
        """Whether a function ends where what verifies a token, and lets strangers pass, has found nobody."""
        named = {
            chain(target)
            for node in walk(body)
            if isinstance(node, Assign) and self._lenient(place, node.value)
            for target in node.targets
        }
        held = injections(self._project, place, function)
        if any(self._lenient(at, Call(*_AT, call.arguments[0].value, [])) for at, call in held if call.arguments):
            named |= {one.name for one in function.parameters if _may_be_injected(self._project, place, one)}
        tests = [node for node in statements(body) if isinstance(node, If) and _missing(node.test)] if named else []
        return any(
            (isinstance(one, Raise) or (isinstance(one, Return) and not _nobody(one.value)))
            and any(isinstance(part, Name | Attribute) and chain(part) in named for part in walk(node.test))
            for node in tests
            for one in node.then[-1:]
        )

    def _lenient(self, place: Place, value: AnyExpression | None) -> bool:
        """Whether a value is what a function of the project says that has looked at a token."""
        call = value.value if isinstance(value, Await) else value
        target = self._project.resolve_expression(place, call.func) if isinstance(call, Call) else None
        if target is None or target.kind != "function":
            return False
        return self._verified(Place(target.path, target.index), 0)

    def _verified(self, place: Place, depth: int) -> bool:
        """Whether a function, or one whose outcome it hands on, verifies a token."""
        if place not in self._verifying:
            self._verifying[place] = False
            nodes = list(walk(self._project.body(place)))
            self._verifying[place] = any(isinstance(node, Call) and self._verifies(place, node) for node in nodes) or (
                depth < _HANDED and any(self._hands_on(place, node, depth) for node in nodes)
            )
        return self._verifying[place]

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
        telling = _SOMEBODY if forged else _IDENTITY
        return any(telling.search(one) for one in spelled if not _FORGERY.search(one))

    def _through(self, place: Place, function: Function, nodes: Sequence[msgspec.Struct], depth: int) -> str:
        """Guards among what the function depends on, calls, is decorated with, or holds inside."""
        project = self._project
        for at, call in injections(project, place, function):
            held = attachment(project, at, call, "handler")
            if held is not None and self._nested(held, depth):
                return "authenticated"
        for index, inner in enumerate(project.outline(place.path).functions):
            if inner.parent == place.index and self.demand(Place(place.path, index), depth + 1):
                return "authenticated"
        for node in nodes:
            if not isinstance(node, Call):
                continue
            spelled = chain(node.func)
            if not spelled:
                continue
            target = project.resolve_expression(place, node.func)
            if target is None or target.kind == "external":
                last = (target.dotted if target else spelled).rpartition(".")[2]
                if last in LIBRARY and (target is not None or last not in {"requires", "protect", "authenticated"}):
                    return "authenticated"
                continue
            if target.kind == "function":
                callee = Place(target.path, target.index)
                if callee != place and self.demand(callee, depth + 1):
                    return "authenticated"
        return ""

    def _nested(self, held: Attachment, depth: int) -> bool:
        if held.place.path:
            return bool(self.demand(held.place, depth + 1))
        return self.attached(held) == "authenticated"


_AT = (0, 0, 0, 0)


def _may_be_injected(project: Project, place: Place, parameter: Parameter) -> bool:
    annotation = parameter.annotation
    named = isinstance(annotation, Name) and project.variable(place.path, annotation.id) is not None
    return isinstance(parameter.default, Call) or isinstance(annotation, Subscript) or named


def _binds(project: Project, place: Place, body: Sequence[AnyStatement], call: Call) -> bool:
    """Whether nobody comes past a call that verifies a token: what it raises ends the request, and strangers without a
    token are not let through before it."""
    for node in statements(body):
        if isinstance(node, Try) and any(one is call for one in walk(node.body)):
            for handler in node.handlers:
                inner = list(walk(handler.body))
                ends = any(isinstance(one, Raise) or refuses(project, place, one) for one in inner)
                if not ends and handler.kind is not None and _TOKEN_ERRORS.search(_names(handler.kind)):
                    return False
        if isinstance(node, If) and node.line <= call.line and _lets_strangers_pass(project, place, body, node, call):
            return False
    return True


def _lets_strangers_pass(project: Project, place: Place, body: Sequence[AnyStatement], node: If, call: Call) -> bool:
    """``if not token: return None`` before the call, or the call in ``if token:`` with nothing that refuses besides."""
    if not _IDENTITY.search(_names(node.test)) or any(one is call for one in walk(node.test)):
        return False
    inside = list(walk(node.then))
    if not any(one is call for one in inside):
        return _missing(node.test) and any(isinstance(one, Return) and _nobody(one.value) for one in node.then[-1:])
    within = {id(one) for one in inside}
    rest = (one for one in walk(body) if id(one) not in within)
    return not node.otherwise and not any(isinstance(one, Raise) or refuses(project, place, one) for one in rest)


_TOKEN_ERRORS = re.compile(r"JWT|Jose|Token|Decode|Signature|Claims|BadData", re.IGNORECASE)


def _missing(test: AnyExpression) -> bool:
    """Whether a condition holds where something is not there: ``not user``, ``token is None``."""
    if isinstance(test, Boolean):
        return any(_missing(one) for one in test.values)
    if isinstance(test, Compare):
        return test.operators[0] in {"is", "=="} and _nobody(test.comparators[0])
    return isinstance(test, Unary) and test.op == "not"


def _nobody(value: AnyExpression | None) -> bool:
    return value is None or (isinstance(value, Constant) and value.value in (None, False))


def _untold(node: Raise) -> bool:
    """Whether neither a status nor the exception's name says for what reason the request ends."""
    named = node.exception.func if isinstance(node.exception, Call) else node.exception
    coded = any(
        isinstance(one, Constant) and type(one.value) is int for one in walk([node.exception] if node.exception else [])
    )
    return named is not None and not coded and _OTHERWISE.search(chain(named)) is None


_OTHERWISE = re.compile(
    r"rate|limit|throttl|too_?many|not_?found|validation|value_?error|bad_?request|http_?exception|40[0-9]", re.I
)
"""Exceptions that end a request for another reason than who is asking, or with a status that says so itself."""


def _all_inside(body: Sequence[AnyStatement]) -> bool:
    """Whether a function does all it does inside ``if "username" in session:``, and only answers outside of it."""
    tests = [one for one in body if isinstance(one, If) and _KNOWN.search(_names(one.test))]
    if len(tests) != 1 or not tests[0].then:
        return False
    rest = [*(one for one in body if one is not tests[0]), *tests[0].otherwise]
    return all(
        isinstance(one, Return)
        or (isinstance(one, Assign | Evaluate) and not any(isinstance(node, Attribute) for node in walk(one)))
        for one in rest
    )


def _swallowed(project: Project, place: Place, body: Sequence[msgspec.Struct]) -> set[int]:
    """What is raised in a ``try`` that catches every refusal and goes on: it attaches a user, and refuses nobody. What
    is returned there (``return jsonify(…), 401``) is an answer all the same."""
    found: set[int] = set()
    for node in statements(body):
        if not isinstance(node, Try):
            continue
        for handler in node.handlers:
            inner = list(walk(handler.body))
            ends = any(isinstance(one, Raise) or refuses(project, place, one) for one in inner)
            if _catches_all(handler) and not ends:
                found.update(id(one) for one in walk(node.body) if isinstance(one, Raise | Evaluate | Call))
    return found


def _catches_all(handler: Handler) -> bool:
    if handler.kind is None:
        return True
    return any(
        isinstance(one, Name | Attribute) and chain(one).rpartition(".")[2] in _EVERYTHING for one in walk(handler.kind)
    )


def _expects_refusal(node: Try) -> bool:
    """``except NotAuthorized``: something that is called refuses, even where the call cannot be followed."""
    kinds = [one for handler in node.handlers if handler.kind is not None for one in walk(handler.kind)]
    return any(isinstance(one, Name | Attribute) and refusal_name(chain(one).rpartition(".")[2]) for one in kinds)


def _asks_permission(node: If) -> bool:
    """``if not rule.has_permission(request): raise rule.exception``: whatever is raised, it ends the request."""
    asked = any(
        isinstance(one, Call) and chain(one.func).rpartition(".")[2] in _PERMISSION_METHODS for one in walk(node.test)
    )
    return asked and any(isinstance(one, Raise | Return) for one in node.then)


def _always_true(body: list[AnyStatement]) -> bool:
    """A permission that never says no."""
    values = [node.value for node in walk(body) if isinstance(node, Return)]
    return bool(values) and all(isinstance(one, Constant) and one.value is True for one in values)


def _names(test: AnyExpression) -> str:
    found = [chain(one) for one in walk(test) if isinstance(one, Name | Attribute | Compare)]
    return " ".join(text for text in found if text)
