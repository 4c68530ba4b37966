"""Guards that only look whether something was sent: a header that is compared with nothing, a token whose signature
nobody verifies. Whoever sends anything at all comes past them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Await,
    Binary,
    Bytes,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Mapping,
    Name,
    Parameter,
    Slice,
    Subscript,
    Unary,
    Walrus,
)
from analyzer.facts.expressions import Boolean as Junction
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.outline import Function
from analyzer.facts.statements import AnyStatement, Assert, Assign, If, Match, Raise, Return, Try, While
from analyzer.facts.visit import chain, children, walk
from analyzer.frameworks.attachments import run_by
from analyzer.frameworks.fastapi import injections
from analyzer.knowledge import known
from analyzer.project import Place, Project, Target

_CARRIERS = re.compile(r"(?:^|\.)(?:headers|cookies|META)$")
"""Where a request carries what the client writes about itself."""
_ASKED = re.compile(r"(?:^|\.)(?:query_params|args|GET)$")
_CREDENTIAL = re.compile(r"token|key|auth|secret|jwt|credential|session|password", re.IGNORECASE)
"""What is a credential among the parameters of a query."""
_PARAMETERS = frozenset({"Header", "Cookie"})
_SCHEMES = "fastapi.security."
_SHAPES = frozenset(
    "split rsplit partition rpartition strip rstrip lstrip lower upper casefold startswith endswith removeprefix "
    "removesuffix replace encode decode get isdigit count".split()
)
"""Methods of texts that say nothing of whether a credential is right."""
_SHAPING = frozenset({"len", "str", "bool", "isinstance", "b64decode", "urlsafe_b64decode", "standard_b64decode"})
_KINDS = frozenset({"", "bearer", "basic", "token", "jwt", "apikey", "api-key", "null", "none", "undefined"})
"""What the word before a credential is compared with, and what stands for none."""
_LISTING = frozenset({"any", "all", "set", "frozenset", "tuple", "list", "match", "fullmatch"})
_TELLING = frozenset({"print", "debug", "info", "warning", "warn", "error", "exception", "log", "critical"})
_PROVING = re.compile(r"verif|introspect|compare_digest|validat|authenticat|check", re.IGNORECASE)
_WHO = re.compile(
    r"user|session|identity|principal|permission|role|admin|staff|owner|secret|signature|account|member|valid|allow|auth",
    re.IGNORECASE,
)
"""Names in a test on nothing that was sent, which may know more of who is asking."""
_TOKEN_LIBRARIES = frozenset({"jwt", "jose", "authlib", "joserfc", "jwcrypto", "python_jwt"})
_OF_TOKEN = re.compile(r"token|jwt|auth|bearer|cookie|header|claims|payload|body$|part|segment", re.IGNORECASE)
"""What the middle of a token is called where code takes it apart by hand."""
_DEPTH = 2


def presented(project: Project, place: Place, function: Function, body: Sequence[AnyStatement], depth: int = 0) -> str:
    """``sent`` where all that a function asks for is that something was sent, of whatever content; ``returned`` where
    it gives that back besides, to whom it may say more; else ``""``.

    What is handed to anything that could find out more, compared or kept, is asked for more than that.
    """
    sent = Sent(project, place, function, _parameters(project, place, function, depth))
    return "" if not sent.alone(body) else "returned" if sent.returned else "sent"


def hands_on(project: Project, place: Place, depth: int = 0) -> bool:
    """Whether a dependency gives what was sent to whoever asks it, and has asked for nothing but that it was sent."""
    function = project.function(place)
    if function is None or depth > _DEPTH:
        return False
    return presented(project, place, function, project.body(place), depth + 1) == "returned"


def bears_any_token(project: Project, place: Place) -> bool:
    """Whether a scheme of the project's own, in code about JSON web tokens, gives back whatever token was sent."""
    owner = project.owner_index(place)
    bases = project.classes.externals(place.path, owner) if owner >= 0 else ()
    if not any(one.startswith(_SCHEMES) and one.endswith("Bearer") for one in bases):
        return False
    outline = project.outline(place.path)
    about = any(one.module.partition(".")[0] in _TOKEN_LIBRARIES for one in outline.imports if not one.level)
    return (about or "jwt" in outline.classes[owner].name.lower()) and hands_on(project, place)


def believes(project: Project, place: Place, depth: int = 0) -> bool:
    """Whether a function, or one it calls, reads the claims of a token that neither has verified."""
    if place.index < 0 or depth > _DEPTH:
        return False
    known: dict[tuple[Place, int], bool] = vars(project).setdefault("_believed_tokens", {})
    if (place, depth) not in known:
        known[place, depth] = _believes(project, place, depth)
    return known[place, depth]


def _believes(project: Project, place: Place, depth: int) -> bool:
    made = [node for node in walk(project.body(place)) if isinstance(node, Call)]
    if any(_PROVING.search(chain(node.func).rpartition(".")[2]) for node in made):
        return False
    if any(_by_hand(node) for node in made):
        return True
    kinds = {_decoding(project, place, node) for node in made}
    if "unverified" in kinds or "verify" in kinds:
        return "verify" not in kinds
    targets = (project.resolve_expression(place, node.func) for node in made if chain(node.func))
    ours = (one for one in targets if one is not None and one.kind == "function")
    return any(believes(project, Place(one.path, one.index), depth + 1) for one in ours)


def _by_hand(call: Call) -> bool:
    """``json.loads(base64.urlsafe_b64decode(part))``"""
    if chain(call.func).rpartition(".")[2] != "loads":
        return False
    inner = list(walk([one.value for one in call.arguments]))
    decoded = any(isinstance(one, Call) and chain(one.func).endswith("b64decode") for one in inner)
    return decoded and any(_OF_TOKEN.search(chain(one)) for one in inner if isinstance(one, Name | Attribute))


def _decoding(project: Project, place: Place, call: Call) -> str:
    """What a call does with a token: ``verify``, ``unverified``, or ``""`` where it is none that we know."""
    if not chain(call.func):
        return ""
    target = project.resolve_expression(place, call.func)
    decoder = known().decoder(target.dotted, chain(call.func)) if target is not None and not target.ours else None
    if decoder is None or decoder.kind == "header":
        return ""
    return "unverified" if decoder.kind == "unverified" or _unverifying(project, place, call) else "verify"


def _unverifying(project: Project, place: Place, call: Call) -> bool:
    """Whether a call tells a decoder to leave the signature alone."""
    for one in call.arguments:
        value = _followed(project, place, one.value)
        if one.keyword == "verify" and isinstance(value, Constant) and value.value is False:
            return True
        if one.keyword is None and isinstance(value, Constant) and value.value is False:
            return True
        for key, inner in zip(getattr(value, "keys", ()), getattr(value, "values", ()), strict=False):
            named = isinstance(key, Constant) and key.value == "verify_signature"
            if named and isinstance(inner, Constant) and inner.value is False:
                return True
    return False


def _followed(project: Project, place: Place, value: AnyExpression) -> AnyExpression:
    found = project.variable(place.path, value.id) if isinstance(value, Name) else None
    return found[1] if found is not None else value


class Sent:
    """What the client wrote, as it goes through one function. ``raw`` are names of what was sent, ``claimed`` names of
    what an unverified token says, and of all that comes of it."""

    def __init__(self, project: Project, place: Place, function: Function, raw: Iterable[str]) -> None:
        self._project = project
        self._place = place
        self._function = function
        self.raw: set[str] = set(raw)
        self.claimed: set[str] = set()
        self.found: set[str] = set()
        """Names of what calls give that are handed nothing of it, and may know more all the same."""
        self._seen = bool(self.raw)
        self.returned = False

    def alone(self, body: Sequence[AnyStatement]) -> bool:
        """Whether nothing else is asked for in a body, and something is."""
        given, nodes = bool(self.raw), list(walk(body))
        self.follow(nodes)
        if not self._seen and not any(self.is_sent(node) for node in nodes if isinstance(node, _EXPRESSIONS)):
            return False
        tests = list(_tests(nodes))
        asking = [one for one in tests if self._mentions(one) or self._claims(one)]
        asked = bool(asking) or given or any(isinstance(node, Try) for node in nodes)
        answers = any(isinstance(node, Return) for node in nodes)
        if not asked or (not answers and any(isinstance(node, Raise) for node in body)):
            return False  # it refuses everybody
        return all(self._weak(test) for test in tests) and not any(self._uses(one) for one in body)

    def follow(self, nodes: Iterable[msgspec.Struct]) -> None:
        """Learn the names that what was sent goes by."""
        for node in nodes:
            if isinstance(node, Assign | Walrus) and node.value is not None:
                self._assigned(node)

    def spent(self, body: Sequence[AnyStatement]) -> bool:
        """Whether a body makes more of it than to look at it, to show it or to give it back."""
        nodes = list(walk(body))
        self.follow(nodes)
        asking = (one for one in _tests(nodes) if self._mentions(one) or self._claims(one))
        return any(not self._weak(test) for test in asking) or any(self._uses(one) for one in body)

    def spending(self, nodes: Iterable[msgspec.Struct]) -> list[Call]:
        """The calls that are handed what was sent, and could find out more about it."""
        made = (node for node in nodes if isinstance(node, Call) and self._gets_raw(node))
        telling = (node for node in made if not self._shaped(node) and not self.decodes(node))
        return [
            one
            for one in telling
            if not _refusing(one) and not self._goes_on(one) and chain(one.func).rpartition(".")[2] not in _TELLING
        ]

    def _assigned(self, node: Assign | Walrus) -> None:
        targets = node.targets if isinstance(node, Assign) else [node.target]
        value = node.value
        if value is None:
            return
        names = {one.id for target in targets for one in walk(target) if isinstance(one, Name)}
        if self._claims(value):
            self.claimed |= names
            self._seen = True
        elif self._shaped(value) and self._mentions(value):
            self.raw |= names
            self._seen = True
        elif any(isinstance(one, Call) for one in walk(value)) and not self._shaped(value):
            self.found |= names

    # What an expression is

    def is_sent(self, node: msgspec.Struct) -> bool:
        """``request.headers["X-Key"]``, ``request.cookies.get("token")``, a name of one."""
        if isinstance(node, Name):
            return node.id in self.raw
        if isinstance(node, Subscript):
            return _carries(node.value, node.index)
        if isinstance(node, Call) and isinstance(node.func, Attribute) and node.func.attr in {"get", "getlist"}:
            return _carries(node.func.value, node.arguments[0].value if node.arguments else None)
        if isinstance(node, Call) and isinstance(node.func, Attribute) and node.func.attr == "__call__":
            return self._of_scheme(node)
        return isinstance(node, Attribute) and chain(node) in {"request.authorization", "request.token"}

    def _of_scheme(self, call: Call) -> bool:
        """``super().__call__(request)`` of a class that extends a scheme of FastAPI."""
        owner = self._project.owner_index(self._place)
        if owner < 0 or not chain(call.func).startswith("super"):
            return False
        bases = self._project.classes.externals(self._place.path, owner)
        return any(one.startswith(_SCHEMES) for one in bases)

    def _mentions(self, node: msgspec.Struct) -> bool:
        return any(self.is_sent(one) or _carrier(one) for one in walk(node))

    def _claims(self, value: AnyExpression) -> bool:
        """Whether a value is made of what an unverified token says."""
        for node in walk(value):
            if isinstance(node, Name) and node.id in self.claimed:
                return True
            if isinstance(node, Call) and self.decodes(node):
                return True
        return False

    def decodes(self, call: Call) -> bool:
        """Whether a call reads a token that was sent and verifies nothing."""
        if _decoding(self._project, self._place, call) == "unverified":
            return True
        last = chain(call.func).rpartition(".")[2]
        if last == "loads" and call.arguments:
            return self._mentions(call.arguments[0].value) and self._shaped(call.arguments[0].value)
        target = self._project.resolve_expression(self._place, call.func)
        if target is None or target.kind != "function":
            return False
        return believes(self._project, Place(target.path, target.index), 1)

    def _shaped(self, node: AnyExpression | None) -> bool:
        """Whether an expression is what was sent, or its form, and says nothing of whether it is right."""
        if node is None or isinstance(node, Constant | Bytes | Slice) or self.is_sent(node) or _carrier(node):
            return True
        if isinstance(node, Name):
            return node.id in self.claimed
        if isinstance(node, Attribute):
            return self._shaped(node.value)
        if isinstance(node, Subscript):
            return self._shaped(node.value) and self._shaped(node.index)
        if isinstance(node, Unary):
            return self._shaped(node.operand)
        if isinstance(node, Junction):
            return all(self._shaped(one) for one in node.values)
        if isinstance(node, Conditional):
            return self._shaped(node.then) and self._shaped(node.otherwise) and self._weak(node.test)
        if isinstance(node, Display):
            return all(self._shaped(one) for one in node.items)
        if isinstance(node, Mapping):
            return all(self._shaped(one) for one in node.values)
        if isinstance(node, Binary):
            return self._shaped(node.left) and self._shaped(node.right)
        if isinstance(node, Await):
            return self._shaped(node.value)
        if isinstance(node, Call):
            last = chain(node.func).rpartition(".")[2]
            inner = isinstance(node.func, Attribute) and last in _SHAPES and self._shaped(node.func.value)
            given = all(self._shaped(one.value) for one in node.arguments if last != "isinstance")
            return (inner or last in _SHAPING) and given
        return isinstance(node, Compare) and self._compared(node)

    def _compared(self, node: Compare) -> bool:
        sides = [node.left, *node.comparators]
        if not all(self._shaped(one) or self._claims(one) for one in sides):
            return False
        if any(self._claims(one) for one in sides) or node.operators[0] in {"is", "is not"}:
            return True
        if node.operators[0] in {"in", "not in"} and _carrier(node.comparators[0]):
            return True
        words = [one.value for side in sides for one in walk(side) if isinstance(one, Constant)]
        texts = [one for one in words if isinstance(one, str)]
        measured = any(isinstance(one, Call) and chain(one.func) == "len" for side in sides for one in walk(side))
        # ``"bearer" == parts[0].lower()``: texts inside of a side are keys of headers.
        fixed = [one.value for one in _fixed(sides) if isinstance(one.value, str)]
        return measured or (bool(texts) and all(one.strip().lower() in _KINDS for one in fixed))

    def _weak(self, test: AnyExpression) -> bool:
        """Whether a test asks for nothing but the form of what was sent, or is about something else."""
        if isinstance(test, Junction):
            return all(self._weak(one) for one in test.values)
        if isinstance(test, Unary) and test.op == "not":
            return self._weak(test.operand)
        if self._claims(test):
            return not any(isinstance(one, Call) and self._proves(one) for one in walk(test))
        if self._mentions(test):
            return self._shaped(test)
        for node in walk(test):
            if isinstance(node, Name) and node.id in self.found:
                return False
            if isinstance(node, Call) and chain(node.func).rpartition(".")[2] not in _SHAPES | _SHAPING | _LISTING:
                return False
        return not any(_WHO.search(one) for one in _spelled(test))

    def _proves(self, call: Call) -> bool:
        return named_proof(call) and not self.decodes(call)

    # What is done with it

    def _uses(self, node: msgspec.Struct) -> bool:
        """Whether what was sent, or the whole request, goes to where more can be found out about it."""
        if isinstance(node, Raise):
            return False
        given = node.value if isinstance(node, Return) else None
        if given is not None and self._mentions(given) and self._shaped(given):
            self.returned = True
            return False
        if isinstance(node, Assign | Walrus) and node.value is not None:
            targets = node.targets if isinstance(node, Assign) else [node.target]
            kept = all(isinstance(one, Name | Display) for one in targets)
            if self._claims(node.value):
                return self._hands_on(node.value)
            return (not kept or not self._shaped(node.value)) and self._below(node.value)
        if isinstance(node, If | While | Assert):
            inner = [one for one in children(node) if one is not node.test]
            return any(self._uses(one) for one in inner)
        return self._below(node, node)

    def _below(self, node: msgspec.Struct, above: msgspec.Struct | None = None) -> bool:
        if isinstance(node, Assign | Walrus | Raise | Return | If | While | Assert) and node is not above:
            return self._uses(node)
        if isinstance(node, Name):
            return node.id in self.raw or node.id in {"request", "req"}
        if isinstance(node, Conditional):
            return self._below(node.then) or self._below(node.otherwise)
        if isinstance(node, Compare | Unary) or self.is_sent(node) or _carrier(node):
            return self.is_sent(node) and not isinstance(node, Compare | Unary)
        if isinstance(node, Call):
            if self._goes_on(node) or chain(node.func).rpartition(".")[2] in _TELLING:
                return False
            if self.decodes(node) or _refusing(node):
                return False
            held = node.func.value if isinstance(node.func, Attribute) else None
            return (held is not None and not chain(held) and self._below(held)) or any(
                self._below(one) for one in node.arguments
            )
        if isinstance(node, Attribute):
            return chain(node).partition(".")[0] in self.raw
        return any(self._below(one) for one in children(node))

    def _hands_on(self, value: AnyExpression) -> bool:
        """Whether a call beside the one that decodes gets the token itself: ``verify(token)``."""
        return any(
            isinstance(node, Call) and not self.decodes(node) and not self._shaped(node) and self._gets_raw(node)
            for node in walk(value)
        )

    def _gets_raw(self, call: Call) -> bool:
        return any(self.is_sent(node) for one in call.arguments for node in walk(_undecoded(self, one)))

    def _goes_on(self, call: Call) -> bool:
        """``call_next(request)``, ``self.get_response(request)``, ``view(*args)``: what would have run anyway."""
        spelled = chain(call.func)
        if spelled in {"self.app", "self.get_response", "self._app", "self.application"} or "super()." in spelled:
            return True
        function: Function | None = self._function
        while function is not None:
            if any(one.name == spelled for one in function.parameters):
                return True
            outside = Place(self._place.path, function.parent)
            function = self._project.function(outside) if function.parent >= 0 else None
        return False


_EXPRESSIONS = (Name, Subscript, Call, Attribute)


def named_proof(call: Call) -> bool:
    """Whether a call is named after finding out whether something is right: ``verify(token)``."""
    return _PROVING.search(chain(call.func).rpartition(".")[2]) is not None


def _undecoded(sent: Sent, given: Argument) -> list[msgspec.Struct]:
    """An argument, unless it is what decodes."""
    return [] if isinstance(given.value, Call) and sent.decodes(given.value) else [given.value]


def _carries(holder: AnyExpression, key: AnyExpression | None) -> bool:
    """Whether a part of a request is what the client writes about itself."""
    if _CARRIERS.search(chain(holder)):
        return True
    named = isinstance(key, Constant) and isinstance(key.value, str) and _CREDENTIAL.search(key.value)
    return bool(named) and _ASKED.search(chain(holder)) is not None


def _carrier(node: msgspec.Struct) -> bool:
    """``request.headers``."""
    return isinstance(node, Attribute) and _CARRIERS.search(chain(node)) is not None


def _fixed(sides: Sequence[AnyExpression]) -> Iterator[Constant]:
    """The constants that a comparison is with, alone or in a list."""
    for side in sides:
        items = side.items if isinstance(side, Display) else [side]
        yield from (one for one in items if isinstance(one, Constant))


def _refusing(call: Call) -> bool:
    """Whether a call makes an answer or an exception: what it is given is told, and not asked."""
    last = chain(call.func).rpartition(".")[2]
    return last[:1].isupper() or last in {"jsonify", "abort", "make_response", "redirect", "json", "text", "html"}


def _spelled(test: AnyExpression) -> Iterator[str]:
    for node in walk(test):
        if isinstance(node, Name | Attribute):
            yield chain(node)
        elif isinstance(node, Constant) and isinstance(node.value, str):
            yield node.value


def _tests(nodes: Sequence[msgspec.Struct]) -> Iterator[AnyExpression]:
    for node in nodes:
        if isinstance(node, If | While | Assert | Conditional):
            yield node.test
        elif isinstance(node, Comprehension):
            yield from (one for made in node.generators for one in made.conditions)
        elif isinstance(node, Match):
            yield node.subject


def parameters(project: Project, place: Place, function: Function) -> Iterator[str]:
    """Parameters that FastAPI fills with what the client wrote: headers, cookies, the token of a scheme, and what a
    dependency hands on of them."""
    return _parameters(project, place, function, 0)


def _parameters(project: Project, place: Place, function: Function, depth: int) -> Iterator[str]:
    for one in function.parameters:
        kinds = {chain(call.func).rpartition(".")[2] for call in _made(one)}
        if kinds & _PARAMETERS or ("Query" in kinds and _CREDENTIAL.search(one.name)):
            yield one.name
            continue
        alone = msgspec.structs.replace(function, parameters=[one])
        for at, call in injections(project, place, alone):
            given = call.arguments[0].value if call.arguments else None
            target = project.resolve_expression(at, given.func if isinstance(given, Call) else given)
            if target is not None and (target.dotted.startswith(_SCHEMES) or _carried(project, target, depth)):
                yield one.name


def _carried(project: Project, target: Target, depth: int) -> bool:
    place = run_by(project, target)
    return place is not None and hands_on(project, place, depth)


def _made(parameter: Parameter) -> Iterator[Call]:
    if isinstance(parameter.default, Call):
        yield parameter.default
    annotation = parameter.annotation
    if isinstance(annotation, Subscript) and isinstance(annotation.index, Display):
        yield from (one for one in annotation.index.items if isinstance(one, Call))
