"""What BA401 and BA113 share: values as a client sent them, and what code does to check them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._refusing import refuses, run_before
from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Mapping,
    Name,
    Sequence,
    Subscript,
)
from analyzer.facts.outline import Function, Use
from analyzer.facts.statements import Assert, If, Match, Raise, Return, While
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow, Point, scan
from analyzer.flow.environment import Environment
from analyzer.flow.own_keys import has_own_keys
from analyzer.flow.parts import Part
from analyzer.flow.questions import written
from analyzer.flow.sources import injected, spelled_as_request
from analyzer.frameworks.persistence import is_schema
from analyzer.graph.picture import Picture
from analyzer.project import Place, Project

_NO_BODY = re.compile(
    r"(?:^|\.)(?:headers?|cookies|COOKIES|META|path|url|view_args|match_info|matchdict|kwargs|method|query_string"
    r"|files?|FILES|stream|full_path|raw_url|path_params|rel_url|text|read)(?:$|[.(\[])"
)
"""Parts of a request that are no fields of a body, a form or a query."""
_WHOLE = re.compile(r"(?:^|\.)request\.(?:json|get_json)$")
"""The whole body, as it was sent."""
_LOOSE = frozenset({"dict", "Dict", "Any", "Mapping", "MutableMapping", "object"})
_ASKING = r"(?:pass|pw|hash|credential|perm|role|auth|login|token|csrf|owner|access|\w*exist|unique|account)"
"""What a function looks for that compares with what is kept, or asks who somebody is: ``check_password_hash``."""
_VALIDATING = re.compile(
    r"validat|schema|serializ|(?:^|[._])(?:\w*form|parse_args|parse_obj\w*|check_and_return|structure|convert|from_dict"
    r"|clean\w*|sanitiz\w*|is_valid|typeadapter|marshal_with|check_(?!" + _ASKING + r")\w+|\w+_check"
    r"|verify_\w*(?:data|body|input|payload))"
    r"(?:\(\)|$)",
    re.IGNORECASE,
)
"""Functions, methods and classes that look at what was sent, by what they are called."""
_READING = re.compile(r"(?:^|[._])req(?:uest)?(?:\(\))?\.form\b", re.IGNORECASE)
"""A form as it was sent, in frameworks that wait for it: ``await request.form()``."""
_LOOKING = re.compile(r"_{0,2}(?:validat|clean|sanitiz|check_(?:all|fields|valid|invariants?|data|values?))")
"""Methods by which a class looks at its own objects."""
_DOCUMENTING = re.compile(r"extend_schema|swagger|openapi|\bdocs?\b|apidoc|swag_from")
_DECORATING = re.compile(
    r"validat|schema|use_args|use_kwargs|\.arguments\b|expects?_json|\.input\b|serializ|request_body|webargs"
    r"|json_params|\.expect\b|parse_",
    re.IGNORECASE,
)
_CHECKING = re.compile(r"valid|check|is_|has_|allowed|verify|ensure|match|search|isinstance|issubclass", re.IGNORECASE)
_PROVING = re.compile(r"(?:check|verify|is|has)_?(?:\w+_)?" + _ASKING, re.IGNORECASE)
_WORDS = frozenset("startswith endswith isdigit isnumeric isdecimal isalnum isalpha isidentifier".split())


_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_TYPED = frozenset({"graphene", "strawberry", "ariadne", "GraphQL"})
"""Frameworks that check every argument against their schema before a handler runs."""


class Given(msgspec.Struct, frozen=True):
    """What is raw in a function: the parameters ``roots``, and with ``request`` what it reads of the request."""

    place: Place
    roots: frozenset[str]
    request: bool

    def raw(self, part: Part) -> bool:
        """Whether a part is a value as the client sent it."""
        root = _root(part)
        if part.kind == "request" and part.text.startswith("["):
            return self.request  # ``(data or {})["name"]``: what it is read of has no name
        if part.kind == "call" and root in self.roots and "(" not in part.text:
            return True  # what all callers of the function made of text by a decoder
        if part.kind not in {"request", "parameter"} or not root:
            return False
        if root in self.roots:
            return True
        return self.request and part.kind == "request" and not _NO_BODY.search(part.text)


def _root(part: Part) -> str:
    return re.split(r"[.\[(]", part.text, maxsplit=1)[0]


def given(project: Project, place: Place) -> Given | None:
    """What is raw in a handler; ``None`` when it reads nothing of the kind."""
    function = project.function(place)
    if function is None:
        return None
    named = [one for one in function.parameters if one.kind not in {"args", "kwargs"}]
    loose = frozenset(one.name for one in named if _loose(one.annotation) and not injected(one))
    declared = any(_declared(project, place, one.annotation) for one in named)
    # Who declares a body and reads the raw one all the same goes past what was declared.
    past = declared and any(_WHOLE.search(use.chain) for use in function.uses)
    reads = (not declared or past) and any(
        reads_body(use.chain) or (use.kind == "call" and _answers_with_body(project, place, use))
        for use in function.uses
    )
    return Given(place, loose, reads) if loose or reads else None


def _answers_with_body(project: Project, place: Place, use: Use) -> bool:
    """Whether a call is one of a helper of ours that does nothing but answer with the body."""
    target = project.resolve(place, use.chain, use.line) if "." not in use.chain else None
    if target is None or target.kind != "function" or target.index < 0:
        return False
    helper = Place(target.path, target.index)
    body = project.body(helper)
    if len(body) != 1 or not isinstance(body[0], Return):
        return False
    return any(reads_body(one.chain) for one in project.outline(helper.path).functions[helper.index].uses)


def reads_body(chain_: str) -> bool:
    """Whether a chain reads fields of a body, a form or a query from a request."""
    return spelled_as_request(chain_) and not _NO_BODY.search(chain_)


def _declared(project: Project, place: Place, annotation: AnyExpression | None) -> bool:
    target = project.annotated(place, annotation) if annotation is not None else None
    return target is not None and target.index >= 0 and is_schema(project, target.path, target.index)


def raw_parts(flow: Flow, given: Given, point: Point, whole: bool = False) -> list[Part]:
    """The parts of an expression that are raw; with ``whole`` also what a decoder made of them."""
    names = _plain_parameters(flow.project.function(given.place)) - given.roots
    found = []
    for part in flow.value(point).parts():
        if (part.type != "object" or whole) and given.raw(part) and _root(part) not in names:
            found.append(part)
    return list(dict.fromkeys(found))


def is_whole(flow: Flow, given: Given, point: Point) -> bool:
    """Whether an expression is a body as a whole, with whatever names a client chose."""
    if has_own_keys(flow, point):
        return False
    for origin in flow.origins(point):
        here = Point(origin.place, origin.expression, origin.environment)
        named = isinstance(origin.expression, Name | Attribute | Subscript | Call)
        if named and origin.place == given.place and raw_parts(flow, given, here, whole=True):
            return True
        if isinstance(origin.expression, Mapping):
            merged = [v for k, v in zip(origin.expression.keys, origin.expression.values, strict=True) if k is None]
            if any(is_whole(flow, given, Point(here.place, one, here.environment)) for one in merged):
                return True
        copied = _copied(origin.expression) if isinstance(origin.expression, Comprehension) else None
        if copied is not None and is_whole(flow, given, Point(here.place, copied, here.environment)):
            return True
    return False


def _copied(made: Comprehension) -> AnyExpression | None:
    """The mapping that ``{key: value for key, value in body.items() if value}`` copies; ``None`` where a condition asks
    what is in a list, or names are made otherwise."""
    generator = made.generators[0]
    whole, first = generator.iterable, generator.target
    if isinstance(whole, Call) and isinstance(whole.func, Attribute) and whole.func.attr in {"items", "keys"}:
        whole = whole.func.value
    if isinstance(first, Sequence) and first.items:
        first = first.items[0]
    plain = made.kind == "dict" and len(made.generators) == 1 and isinstance(first, Name)
    if not plain or chain(made.element) != chain(first):
        return None
    tests = [one for condition in generator.conditions for one in walk(condition)]
    if any(isinstance(one, Compare) and "in" in one.operators and chain(one.left) == chain(first) for one in tests):
        return None
    asked = [one for one in tests if isinstance(one, Call) and chain(one.func) not in {"hasattr", "isinstance"}]
    return None if any(chain(argument.value) == chain(first) for one in asked for argument in one.arguments) else whole


def validates(flow: Flow, given: Given) -> bool:
    """Whether a function has what it was sent looked at by a schema, form, serializer or validator."""
    project, place = flow.project, given.place
    if checked_before(flow, place):
        return True
    for point in flow.calls(place):
        call = point.expression
        if isinstance(call, Call) and chain(call.func).endswith(".validate_on_submit"):
            return True  # Flask-WTF takes the form out of the request itself
        if isinstance(call, Call) and refuses(flow, point):
            return True
        if not isinstance(call, Call) or not _looks(project, place, call):
            continue
        sides = [one.value for one in call.arguments]
        if isinstance(call.func, Attribute):
            sides.append(call.func.value)
        if any(raw_parts(flow, given, Point(place, side, point.environment), whole=True) for side in sides):
            return True
    return False


def checked_before(flow: Flow, place: Place) -> bool:
    """Whether a decorator has what was sent looked at by a schema: ``@validate_schema(UserSchema)``, or one of the
    project's by any name whose schema refuses what it does not declare."""
    function = flow.project.function(place)
    if function is None:
        return False
    decorators, module = _decorators(flow.project, place, function), Place(place.path, -1)
    return any(_checks_before(one) for one in decorators) or any(
        refuses(flow, Point(module, one, {})) for one in run_before(function, decorators)
    )


def checked(flow: Flow, given: Given) -> set[str]:
    """How the code spells the raw values that some condition looks at, beyond whether they are there."""
    found: set[str] = set()
    for node in walk(flow.project.body(given.place)):
        test = _test(node)
        state = flow.state_at(given.place, test) if test is not None else None
        if test is None or state is None:
            continue
        for subject, inner in _looked_at(test, state):
            for part in raw_parts(flow, given, Point(given.place, subject, inner)):
                found.add(part.text)
    return found


def checks_itself(project: Project, path: str, index: int) -> bool:
    """Whether a class looks at what its objects are made of: it is a schema, or a method of its making raises."""
    if is_schema(project, path, index):
        return True
    item = project.outline(path).classes[index]
    if any(
        "pydantic" in _dotted(project, path, one) or chain(one).split(".")[0] in {"attr", "attrs", "define"}
        for one in item.decorators
    ):
        return True
    for at, function in enumerate(project.outline(path).functions):
        if function.owner != index:
            continue
        decorators = [chain(one) for one in function.decorators]
        setter = any(one.endswith(".setter") or _VALIDATING.search(one.replace("()", "")) for one in decorators)
        if _LOOKING.match(function.name):
            return True
        making = function.name in {"__init__", "__post_init__", "__attrs_post_init__", "clean", "save"}
        if (setter or making) and any(isinstance(one, Raise | Assert) for one in walk(project.body(Place(path, at)))):
            return True
    return False


def _dotted(project: Project, path: str, decorator: AnyExpression) -> str:
    inner = decorator.func if isinstance(decorator, Call) else decorator
    target = project.resolve_expression(Place(path, -1), inner)
    return target.dotted if target is not None else ""


def _loose(annotation: AnyExpression | None) -> bool:
    """``dict``, ``dict[str, Any]``, ``Any``, ``list[dict]``."""
    if isinstance(annotation, Subscript):
        head = chain(annotation.value).rpartition(".")[2]
        inner = annotation.index.items[0] if isinstance(annotation.index, Sequence) and annotation.index.items else None
        if head in {"list", "List", "Annotated", "Optional"}:
            return _loose(inner if inner is not None else annotation.index)
        return head in _LOOSE
    return annotation is not None and chain(annotation).rpartition(".")[2] in _LOOSE


def _plain_parameters(function: Function | None) -> frozenset[str]:
    if function is None:
        return frozenset()
    return frozenset(one.name for one in function.parameters) - {"request", "req", "self", "cls", "info"}


def _decorators(project: Project, place: Place, function: Function) -> list[AnyExpression]:
    owner = project.owner(place)
    return [*function.decorators, *(owner.decorators if owner is not None else [])]


def _checks_before(decorator: AnyExpression) -> bool:
    name = chain(decorator)
    if not _DECORATING.search(name) or _DOCUMENTING.search(name):
        return False
    if ".expect" in name and isinstance(decorator, Call):
        return any(one.keyword == "validate" for one in decorator.arguments)
    return True


def _looks(project: Project, place: Place, call: Call) -> bool:
    name = written(call)
    if name.endswith("Serializer") and not any(one.keyword == "data" or one.star for one in call.arguments):
        return False  # it shows a record
    target = project.resolve_expression(place, call.func) if chain(call.func) else None
    if _READING.search(name) or (target is not None and _READING.search(target.dotted)):
        return False
    if _VALIDATING.search(name):
        return True
    if target is None:
        return False
    if target.kind == "class" and checks_itself(project, target.path, target.index):
        return True
    last = target.dotted.rpartition(".")[2]
    loads = last in {"load", "loads", "decode", "deserialize", "validate_json", "model_validate", "parse"}
    return _VALIDATING.search(target.dotted) is not None or (
        loads and target.dotted.split(".")[0] in {"marshmallow", "msgspec", "pydantic", "colander", "webargs"}
    )


def _test(node: object) -> AnyExpression | None:
    if isinstance(node, If | While | Assert):
        return node.test
    if isinstance(node, Match):
        return node.subject
    return node.test if isinstance(node, Conditional) else None


def _looked_at(test: AnyExpression, state: Environment) -> Iterator[tuple[AnyExpression, Environment]]:
    """The expressions that a condition compares, measures or matches."""
    for node, inner in scan(test, state):
        if isinstance(node, Compare):
            yield from ((one, inner) for one in _compared(node))
        elif isinstance(node, Call):
            last = written(node).rpartition(".")[2]
            if last in _WORDS and isinstance(node.func, Attribute):
                yield node.func.value, inner
            elif _CHECKING.search(last) and not _PROVING.search(last):
                yield from ((one.value, inner) for one in node.arguments)


def _compared(node: Compare) -> Iterator[AnyExpression]:
    """Sides of a comparison that says more than that something is there, or is the one that was stored."""
    sides = [node.left, *node.comparators]
    for operator in node.operators:
        if operator in {"<", ">", "<=", ">="}:
            yield from (_measured(side) for side in sides)
        elif operator in {"in", "not in"} and not isinstance(node.left, Constant):
            yield node.left
        elif operator in {"in", "not in"} and isinstance(node.left, Constant) and len(str(node.left.value)) == 1:
            yield node.comparators[0]
        elif operator in {"==", "!="} and any(isinstance(side, Constant) and side.value for side in sides):
            yield from (_measured(side) for side in sides)


def _measured(side: AnyExpression) -> AnyExpression:
    """``value`` of ``len(value)``."""
    if isinstance(side, Call) and chain(side.func) in {"len", "type", "int", "float", "str"} and side.arguments:
        return side.arguments[0].value
    return side


def state_changing(picture: Picture, flow: Flow) -> Iterator[Place]:
    """Functions that answer requests which change something, and those that read a body although no route is known."""
    for place, routes in picture.handlers().items():
        if not picture.is_main(place.path):
            continue
        if any(one.method not in _SAFE and one.framework not in _TYPED for one in routes):
            yield place
    for place in flow.project.places():
        function = flow.project.function(place)
        if function is None or place in picture.handlers() or function.owner >= 0:
            continue
        if any(use.chain.startswith("request.") and reads_body(use.chain) for use in function.uses):
            target = flow.project.resolve(place, "request")
            routed = picture.is_main(place.path) and function.parent < 0
            if target is not None and target.dotted == "flask.request" and routed and not flow.callers.of(place)[0]:
                yield place
