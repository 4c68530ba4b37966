"""What is a password: the names they go by, and whether a value still holds one in the clear."""

from __future__ import annotations

import re

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name, Subscript
from analyzer.flow.engine import Flow, Point
from analyzer.flow.hashed_above import hashed_above
from analyzer.flow.parts import Part, Value
from analyzer.flow.recoverable import RECOVERABLE, undone

_PASSWORD = re.compile(
    r"(?:^|_)(?:password|passwd|passwort|passw|pwd|pword|passphrase|pass_word|passcode|pw|psw|(?<![a-z]_)pass"
    r"|senha|contrasena|contraseña|mot_de_passe|kennwort)_?\d?"
    r"(?:_(?:text|raw|plain|input|value|str|string|bytes|cleartext|plaintext|confirm\w*|repeat\w*|again|new|old))?$",
    re.IGNORECASE,
)
_PROTECTED = re.compile(
    r"hash|digest|encrypt|crypt|encoded|enc_|_enc$|token|salt|verif|reset|check|policy|file|path|url|field|min_|max_|require"
    r"|has_|is_|use_|no_|random|default|generate|key_?ring|manager|context|input_type|set_|validate|strength|ldap|smtp|dummy"
    r"|forgot|change_|mail_|email_|db_|database_|redis_|mysql_|postgres|proxy|ssh_|sudo|host_|server_|broker|keystore|cert"
    r"|vault|service_|basic_|azure_|aws_|registry_|remote_",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_HOLDERS = frozenset({"data", "value", "get_secret_value", "encode", "strip", "raw"})
"""Attributes that hold the value of a form field or a secret type: ``form.password.data``."""

CLEAR = frozenset({"request", "parameter", "supplied"})
"""Kinds of parts a password in the clear comes in by."""

_FORM = re.compile(r"(?:cleaned_data|validated_data|form|\bdata\b|payload|json|body|input|fields|values|credentials)")


def is_password_name(name: str) -> bool:
    """Whether something of that name is a password in the clear (``new_password``, not ``password_hash``)."""
    name = _CAMEL.sub("_", name)
    return _PASSWORD.search(name) is not None and _PROTECTED.search(name) is None


def is_password_column(name: str) -> bool:
    """Whether a column, field or key of that name keeps a password, hashed or not."""
    return re.search(r"passw|passwd|pwd|passphrase", name, re.IGNORECASE) is not None and not re.search(
        r"reset|expir|changed|date|_at$|token|count|attempt|policy|must|require|is_|has_|hint|length|valid",
        name,
        re.IGNORECASE,
    )


def last_name(spelled: str) -> str:
    """The name a spelling ends with: ``password`` for ``request.form['password']`` and ``form.password.data``."""
    found = [name for name in _IDENTIFIER.findall(spelled) if name not in _HOLDERS]
    return found[-1] if found else ""


def name_of(expression: AnyExpression) -> str:
    """The name an expression goes by: ``x``, ``y.x``, ``y["x"]``, ``y.get("x")``; ``""`` for anything else."""
    if isinstance(expression, Name):
        return expression.id
    if isinstance(expression, Attribute):
        return name_of(expression.value) if expression.attr in _HOLDERS else expression.attr
    if isinstance(expression, Subscript):
        index = expression.index
        return index.value if isinstance(index, Constant) and isinstance(index.value, str) else ""
    if isinstance(expression, Call) and isinstance(expression.func, Attribute):
        first = expression.arguments[0].value if expression.arguments else None
        if isinstance(first, Constant) and isinstance(first.value, str) and expression.func.attr in {"get", "pop"}:
            return first.value
        if expression.func.attr in _HOLDERS:
            return name_of(expression.func.value)
    return ""


def clear_parts(value: Value) -> list[Part]:
    """The parts of a value that are passwords in the clear."""
    return [
        part
        for part in dict.fromkeys(value.parts())
        if part.type != "object"
        and is_password_name(last_name(part.text))
        and (
            part.kind in CLEAR or (part.kind == "attribute" and _FORM.search(part.text.rpartition("[")[0] or part.text))
        )
    ]


def clear_password(flow: Flow, point: Point) -> Part | None:
    """The password in the clear that an expression holds, or one in a form that can be read again, if any."""
    found = [part for part in clear_parts(flow.value(point)) if not hashed_above(flow, point.place, part.text)]
    return found[0] if found else undone(flow, point, clear_parts)


def as_it_is(secret: Part) -> str:
    """How a message says in which form a password is kept or compared."""
    if secret.type == RECOVERABLE:
        return f"`{secret.text}` can be read again, and is no hash:"
    return f"`{secret.text}` is stored as it is:"
