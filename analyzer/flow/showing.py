"""Which calls, types and pieces of text show what they were given, as :mod:`~analyzer.flow.disclosed` asks."""

from __future__ import annotations

import re

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Boolean,
    Call,
    Conditional,
    Constant,
    Sequence,
    Slice,
    Subscript,
    Unary,
)
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow
from analyzer.flow.passwords import name_of
from analyzer.flow.questions import chain_end
from analyzer.flow.sensitive import sensitive
from analyzer.flow.values import spelled
from analyzer.knowledge import known
from analyzer.project.target import Place, Target

HARMLESS = re.compile(
    r"^(?:len|bool|type|isinstance|issubclass|hash|id|int|float|any|all|sum|count|callable|hasattr|index|find|range|zip)$"
    r"|mask|redact|obfus|sanit|scrub|censor|hide|hidden|anonym|trunc|shorten|abbrev|fingerprint|preview|digest|sha\d|md5"
    r"|blake|hash|encrypt|crypt|(?:^|_)(?:is|has|check|verify|validate|compare|count|exists|filter|safe|clean)"
    r"(?:_|$)"
)
"""Calls whose result does not give what they were asked about."""
FUNCTIONS = frozenset(
    "str repr format ascii bytes bytearray dict dumps pformat jsonable_encoder escape quote "
    "quote_plus urlencode vars asdict model_to_dict b64encode dedent loads force_str smart_str unicode print astuple "
    "cast to_jsonable_python to_dict".split()
)
"""Functions whose result holds what they were given."""
ADDRESSES = frozenset("url_for url_path_for reverse build_absolute_uri urljoin urlunparse urlunsplit".split())
"""Functions that make an address of the parts they are given."""
KEYS_ONLY = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "next"})
"""Functions that give the keys of a mapping, the items of anything else."""
METHODS = frozenset(
    "encode decode strip lstrip rstrip lower upper title replace copy dict json model_dump model_dump_json to_dict "
    "as_dict _asdict getvalue items values hex get_secret_value rjust ljust removeprefix removesuffix to_json "
    "serialize split rsplit to_string tobytes".split()
)
"""Methods whose result holds the object's content."""
DUMPS = frozenset(
    "__dict__ dict json model_dump model_dump_json to_dict as_dict _asdict vars asdict astuple to_json".split()
)
GETTERS = frozenset(
    "get pop getlist getenv config env getattr get_argument get_header get_cookie getfirst setdefault "
    "get_body_argument header get_env".split()
)
ENGINE = re.compile(r"(?:^|[._])(?:get_)?(?:engine|bind)(?:\(\))?$")
ASKING = frozenset({"input", "getpass", "prompt"})
MAKING = re.compile(
    r"^(?:create|make|generate|gen|issue|encode|build|mint|obtain|retrieve|acquire|fetch|get|new|random)_(?P<what>\w+)$"
)
SIGNED = re.compile(r"^(?:jwt|jose|authlib|joserfc|flask_jwt_extended|rest_framework_simplejwt|itsdangerous)\b")
REQUEST = re.compile(
    r"(?:^|\.)(?:request|req)\.(?:(?P<head>headers|cookies|COOKIES|META|environ|scope|__dict__)"
    r"|(?P<body>form|json|data|POST|body|values|media|text|body_arguments|raw_body|get_json\(\)|json\(\)|body\(\)"
    r"|form\(\)|post\(\)|get_data\(\)|text\(\)|read\(\)))$"
)
SETTINGS = re.compile(r"^(?:os\.environ|(?:\w+\.)?(?:current_app|app)\.config)$")
CARRYING = frozenset({" ", "", "Bearer ", "Bearer", "bearer ", "Basic ", "Token ", "token "})
"""Separators behind which the credentials stand in a header."""


OF_TEXT = frozenset((*dir(str), *dir(bytes), *dir(dict), "data", "value", "get_secret_value"))
"""Attributes of text and of dictionaries, and those that hold the text in a form's field or a secret type."""


def of_bytes(call: Call) -> bool:
    """``raw.decode("utf-8")`` makes text of bytes; ``jwt.decode(token, key)`` makes something else."""
    first = argument(call, 0, "encoding")
    return first is None or isinstance(first, Constant)


def picked(call: Call, name: str) -> str:
    """``form['password']`` for ``form.get("password")``."""
    held = call.func.value if isinstance(call.func, Attribute) else None
    return f"{called_so(held)}[{name!r}]" if held is not None else name


def shows_stars(call: Call) -> bool:
    """The text of SQLAlchemy's URL has stars for the password unless told otherwise."""
    hidden = argument(call, 0, "hide_password")
    return chain_end(call) == "render_as_string" and not (isinstance(hidden, Constant) and hidden.value is False)


def called_so(expression: AnyExpression) -> str:
    return spelled(expression) or name_of(expression) or "…"


def cut(one: Subscript) -> bool:
    """A piece of a secret that does not give it: ``token[:6]``, ``token[-4:]``, ``token[0]``."""
    index = one.index
    if isinstance(index, Slice):
        return index.upper is not None or isinstance(index.lower, Unary)
    whole = not isinstance(one.value, Call)
    return whole and isinstance(index, Constant) and type(index.value) is int and sensitive(name_of(one.value)) != ""


def sides(one: Conditional | Boolean) -> list[AnyExpression]:
    if isinstance(one, Conditional):
        return [one.then, one.otherwise]
    return one.values if one.op == "or" else one.values[-1:]


def issued(target: Target | None) -> str:
    """The kind of secret that the answer of a library's call holds among other things, ``""`` for none."""
    issuer = known().issuer(target.dotted) if target is not None and not target.ours else None
    return issuer.kind if issuer is not None else ""


TEXT = frozenset(
    "str StrictStr bytes bytearray Any object dict Dict Mapping MutableMapping AnyStr Text list List tuple".split()
)


def textual(flow: Flow, place: Place, annotation: AnyExpression | None) -> bool:
    """Whether a declared type may be plain text: not for numbers, ``SecretStr``, and objects of classes."""
    if annotation is None:
        return True
    if isinstance(annotation, Binary):
        return textual(flow, place, annotation.left) or textual(flow, place, annotation.right)
    if isinstance(annotation, Subscript):
        head, inner = chain(annotation.value).rpartition(".")[2], annotation.index
        if head in {"Optional", "Annotated", "Mapped", "Union", "NotRequired", "Required", "ClassVar", "Final"}:
            items = inner.items if isinstance(inner, Sequence) else [inner]
            return any(textual(flow, place, item) for item in (items[:1] if head == "Annotated" else items))
        return head in TEXT
    if isinstance(annotation, Call):
        return chain(annotation.func).rpartition(".")[2] == "constr"
    if isinstance(annotation, Constant):
        return isinstance(annotation.value, str) and annotation.value.split("|")[0].strip().rpartition(".")[2] in TEXT
    return chain(annotation).rpartition(".")[2] in TEXT
