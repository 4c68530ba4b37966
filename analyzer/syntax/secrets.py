"""Literals that look like secrets are replaced while a module is lowered, so that facts hold none."""

from __future__ import annotations

import re

import msgspec

from analyzer.facts import literals
from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Boolean,
    Bytes,
    Call,
    Compare,
    Conditional,
    Constant,
    Mapping,
    Name,
    Secret,
    Sequence,
    Subscript,
)

_DEFAULTS = frozenset({"default", "default_value", "fallback", "failobj"})
"""Keywords that hold the value of a setting nobody set."""

_LOOKUPS = frozenset({"get", "getenv", "setdefault", "config", "env", "str", "pop", "get_env", "getattr", "get_secret"})
"""Last names of functions called with a setting's name and then, maybe, its default."""

_HOLDERS = frozenset({"Field", "SecretStr", "SecretBytes", "Secret", "str", "bytes", "field", "default", "Optional"})
"""Last names of functions whose first argument is the value they stand for."""

_HASHERS = re.compile(
    r"(?:^|\.)(?:set_password|make_password|hash_password|get_password_hash|generate_password_hash|create_password_hash"
    r"|hashpw)$|(?:^|[._])(?:pwd|passw|crypt|hasher|argon2|bcrypt)\w*\.(?:hash|encrypt)$"
)
"""Functions whose first argument is a password in use, as they are called."""

_LOGGING_IN = frozenset({"user", "username"})
_REACHED = frozenset({"host", "hostname", "server", "engine"})
"""Keys beside a password that make a dictionary the way to reach a server."""

_USERS = frozenset({"user", "username", "user_name", "login", "uid", "bind_dn", "binddn"})
_OPENING = frozenset({"password", "passwd", "pwd"})
"""Keywords beside one another of a call that logs in."""

_SIGNERS = {
    "jwt.encode": 1,
    "jwt.decode": 1,
    "hmac.new": 0,
    "Fernet": 0,
    "fernet.Fernet": 0,
    "URLSafeSerializer": 0,
    "URLSafeTimedSerializer": 0,
    "TimedSerializer": 0,
    "TimestampSigner": 0,
}
"""Functions of PyJWT, python-jose, hmac, cryptography and itsdangerous, and where among their arguments the key is."""

_ACCOUNTS = frozenset({"test", "demo", "guest"})
"""Words that stand for nothing elsewhere; as what a login compares with they are passwords."""

_CHANGES = frozenset({"encode", "strip", "lower"})
"""Methods of text whose result is the text for our purposes."""


def hide(place: tuple[int, int, int, int], value: str) -> Secret | None:
    """A :class:`Secret` for a value that shows by itself what it is."""
    found = literals.by_value(value)
    return found and Secret(*place, found.kind, found.preview, len(value), found.strength)


def reveal(name: str, value: AnyExpression) -> AnyExpression:
    """``value`` given to something called ``name``: its literals become :class:`Secret` where the name is one's."""
    if literals.is_example_name(name) and isinstance(value, Secret | Sequence | Mapping):
        return _shown(value)
    if isinstance(value, Secret):
        return value
    return _replaced(name, value) if literals.is_secret_name(name) else value


def _shown(value: AnyExpression) -> AnyExpression:
    """What is given to something called an example: secrets in it, also in its lists and dictionaries, are demoted."""
    if isinstance(value, Secret):
        return _demoted(value)
    if isinstance(value, Sequence):
        return msgspec.structs.replace(value, items=[_shown(one) for one in value.items])
    if isinstance(value, Mapping):
        return msgspec.structs.replace(value, values=[_shown(one) for one in value.values])
    return value


def _demoted(value: Secret) -> Secret:
    return Secret(
        value.line, value.column, value.end_line, value.end_column,
        value.kind, value.preview, value.length, literals.PLACEHOLDER,
    )  # fmt: skip


def _replaced(name: str, value: AnyExpression, *, used: bool = False) -> AnyExpression:
    if isinstance(value, Constant):
        if type(value.value) is not str:
            return value
        return _named(name, value, value.value, used=used)
    if isinstance(value, Bytes):
        return _named(name, value, value.value.decode("latin-1"), used=used)
    if isinstance(value, Boolean) and value.op == "or":
        head = (value.line, value.column, value.end_line, value.end_column)
        return Boolean(*head, value.op, [_replaced(name, part) for part in value.values])
    if isinstance(value, Conditional):
        head = (value.line, value.column, value.end_line, value.end_column)
        then, otherwise = _replaced(name, value.then), _replaced(name, value.otherwise)
        return Conditional(*head, value.test, then, otherwise)
    if isinstance(value, Sequence):
        head = (value.line, value.column, value.end_line, value.end_column)
        if name == "auth" and value.kind == "tuple" and len(value.items) == 2:
            # ``auth=("user", "password")``, as HTTP clients take it.
            return Sequence(*head, value.kind, [value.items[0], _replaced("password", value.items[1])])
        return Sequence(*head, value.kind, [_listed(name, item) for item in value.items])
    if isinstance(value, Mapping):
        return _table(name, value)
    if isinstance(value, Call):
        return _carried(name, value)
    return value


def _named(name: str, node: Constant | Bytes, value: str, *, used: bool) -> AnyExpression:
    found = literals.by_name(name, value, used=used)
    if found is None:
        return node
    return Secret(
        node.line, node.column, node.end_line, node.end_column,
        found.kind, found.preview, len(value), found.strength,
    )  # fmt: skip


def _listed(name: str, item: AnyExpression) -> AnyExpression:
    """An item of a list with a secret's name counts only when it looks like one by itself."""
    replaced = _replaced(name, item) if isinstance(item, (Constant, Bytes)) else item
    return replaced if isinstance(replaced, Secret) and replaced.strength == "live" else item


def _names_it(key: AnyExpression | None) -> bool:
    """Whether a key says that its value only names what the table is about: ``token={"uuid": …}``."""
    return isinstance(key, Constant) and re.search(r"(?:^|_)(?:uu|gu)?id$", str(key.value), re.IGNORECASE) is not None


def _table(name: str, table: Mapping) -> Mapping:
    """``PASSWORDS = {"ada": "…"}``, ``API_KEYS = {"…": "partner"}``: a key or a value that is one by itself, or what
    somebody thought up as the password of a name."""
    kept = literals.is_password_table(name)
    keys = [_listed(name, key) if isinstance(key, Constant | Bytes) else key for key in table.keys]
    values = [_held(name, key, value, kept=kept) for key, value in zip(table.keys, table.values, strict=True)]
    return Mapping(table.line, table.column, table.end_line, table.end_column, keys, values)


def _held(name: str, key: AnyExpression | None, value: AnyExpression, *, kept: bool) -> AnyExpression:
    if kept and isinstance(value, Constant | Bytes):
        return _replaced("password", value)
    return value if _names_it(key) else _listed(name, value)


def _carried(name: str, call: Call) -> Call:
    """A call that gives back one of its arguments, or something made of it."""
    func, last = call.func, _last(call.func)
    if isinstance(func, Attribute) and last in _CHANGES and isinstance(func.value, Constant):
        held = _replaced(name, func.value)
        func = Attribute(func.line, func.column, func.end_line, func.end_column, held, func.attr)
    # The name of an environment variable or a setting is always that of a value.
    used = last in _LOOKUPS and name.isupper()
    arguments = list(call.arguments)
    for position, argument in enumerate(arguments):
        plain = argument.keyword is None and not argument.star
        holds = plain and ((position == 0 and last in _HOLDERS) or (position == 1 and _looks_up(call, last)))
        if holds or argument.keyword in _DEFAULTS:
            held = _replaced(name, argument.value, used=used)
            arguments[position] = Argument(held, argument.keyword, argument.star)
    return Call(call.line, call.column, call.end_line, call.end_column, func, arguments)


def _looks_up(call: Call, last: str) -> bool:
    """Whether the second argument is a default: not so in ``config.get("database", "password")``."""
    first = call.arguments[0].value
    key = first.value if isinstance(first, Constant) else None
    return last in _LOOKUPS and isinstance(key, str) and (key.isupper() or literals.is_secret_name(key))


def reveal_call(call: Call, chain: str) -> Call:
    """A look-up with a literal default (``os.getenv("SECRET_KEY", "literal")``); a function that takes a secret."""
    if not call.arguments:
        return call
    call = _beside_a_user(call)
    last = chain.rpartition(".")[2]
    if literals.makes_account(last):
        call = _of_account(call)
    if _HASHERS.search(chain):
        return _taken(call, 0, "password")
    if chain in _SIGNERS:
        return _taken(call, _SIGNERS[chain], "signing_key")
    if chain == "getattr" and len(call.arguments) == 3:
        return _attribute_or(call)
    first = call.arguments[0]
    if len(call.arguments) < 2 or first.keyword is not None or not isinstance(first.value, Constant):
        return call
    name = first.value.value
    if type(name) is str and isinstance(call.arguments[1].value, Sequence) and "insert" in name[:40].lower():
        return _bound(call, name, call.arguments[1].value, several=last == "executemany")
    if type(name) is not str or not (
        last in _LOOKUPS or any(argument.keyword in _DEFAULTS for argument in call.arguments)
    ):
        return call
    return _carried(name, call) if literals.is_secret_name(name) else call


def _beside_a_user(call: Call) -> Call:
    """``Connection(server, user="cn=admin", password="word")``: beside a user even a word opens something."""
    named = [one.keyword for one in call.arguments]
    if _USERS.isdisjoint(named) or _OPENING.isdisjoint(named):
        return call
    arguments = [
        msgspec.structs.replace(one, value=_word(one.value)) if one.keyword in _OPENING else one
        for one in call.arguments
    ]
    return msgspec.structs.replace(call, arguments=arguments)


def _of_account(call: Call) -> Call:
    """``service.create_user(email="ada@clinic.internal", password="password")``."""
    arguments = [
        msgspec.structs.replace(one, value=_password(one.value)) if one.keyword in _OPENING else one
        for one in call.arguments
    ]
    return msgspec.structs.replace(call, arguments=arguments)


def _password(value: AnyExpression) -> AnyExpression:
    text = value.value if isinstance(value, Constant) else None
    found = literals.of_account(text) if isinstance(text, str) else None
    if found is None or not isinstance(text, str):
        return value
    return Secret(*_head(value), found.kind, found.preview, len(text), found.strength)


def _word(value: AnyExpression) -> AnyExpression:
    if not isinstance(value, Constant) or type(value.value) is not str or not literals.is_made_up(value.value):
        return value
    return Secret(*_head(value), "named", "…", len(value.value), literals.PLAIN)


def _head(value: AnyExpression) -> tuple[int, int, int, int]:
    return value.line, value.column, value.end_line, value.end_column


def _attribute_or(call: Call) -> Call:
    """``getattr(settings, "STORE_PASSWORD", "literal")``."""
    named = call.arguments[1].value
    name = named.value if isinstance(named, Constant) and isinstance(named.value, str) else ""
    if not literals.is_secret_name(name):
        return call
    held = _replaced(name, call.arguments[2].value, used=name.isupper())
    arguments = [*call.arguments[:2], Argument(held)]
    return Call(call.line, call.column, call.end_line, call.end_column, call.func, arguments)


def _bound(call: Call, statement: str, values: Sequence, *, several: bool) -> Call:
    """``execute("INSERT INTO users (name, password) VALUES (%s, %s)", ("admin", "literal"))``."""
    columns = literals.columns(statement)
    if several:
        rows = [_row(columns, one) if isinstance(one, Sequence) else one for one in values.items]
        held = Sequence(values.line, values.column, values.end_line, values.end_column, values.kind, rows)
    else:
        held = _row(columns, values)
    arguments = [call.arguments[0], Argument(held), *call.arguments[2:]]
    return Call(call.line, call.column, call.end_line, call.end_column, call.func, arguments)


def _row(columns: list[str], values: Sequence) -> Sequence:
    """The values of one row, those for columns that hold secrets replaced."""
    if len(columns) != len(values.items):
        return values
    items = [
        _replaced(column, item, used=True)
        if isinstance(item, (Constant, Bytes)) and literals.is_secret_name(column)
        else item
        for column, item in zip(columns, values.items, strict=True)
    ]
    return Sequence(values.line, values.column, values.end_line, values.end_column, values.kind, items)


def reveal_connection(keys: list[AnyExpression | None], values: list[AnyExpression]) -> list[AnyExpression]:
    """``{"HOST": …, "USER": …, "PASSWORD": "password"}``: beside a host and a user even that word opens a server."""
    named = [key.value if isinstance(key, Constant) and isinstance(key.value, str) else "" for key in keys]
    lowered = {name.lower() for name in named}
    if _LOGGING_IN.isdisjoint(lowered) or _REACHED.isdisjoint(lowered):
        return values
    return [_opening(name, value) for name, value in zip(named, values, strict=True)]


def _opening(name: str, value: AnyExpression) -> AnyExpression:
    if not isinstance(value, Constant) or value.value != "password" or name.lower() != "password":
        return value
    head = (value.line, value.column, value.end_line, value.end_column)
    return Secret(*head, "named", "…", len(value.value), literals.PLAIN)


def _taken(call: Call, position: int, name: str) -> Call:
    if len(call.arguments) <= position:
        return call
    argument = call.arguments[position]
    if argument.keyword is not None or argument.star or not isinstance(_written(argument.value), (Constant, Bytes)):
        return call
    arguments = list(call.arguments)
    arguments[position] = Argument(_replaced(name, argument.value, used=True))
    return Call(call.line, call.column, call.end_line, call.end_column, call.func, arguments)


def _written(value: AnyExpression) -> AnyExpression:
    """A literal below ``.encode()`` and its like."""
    changed = isinstance(value, Call) and isinstance(value.func, Attribute) and value.func.attr in _CHANGES
    return value.func.value if changed and isinstance(value, Call) and isinstance(value.func, Attribute) else value


def reveal_compare(compare: Compare) -> Compare:
    """``api_key == "literal"``, either way round."""
    if len(compare.operators) != 1 or compare.operators[0] not in ("==", "!=", "in", "not in"):
        return compare
    left, right = compare.left, compare.comparators[0]
    head = (compare.line, compare.column, compare.end_line, compare.end_column)
    name = name_of(left)
    if name and isinstance(right, (Constant, Bytes, Sequence)):
        if isinstance(right, (Constant, Bytes)) and compare.operators[0] in ("==", "!="):
            # What is compared with a password is one, whatever it looks like.
            found = _replaced(name, right, used=True) if literals.is_secret_name(name) else right
            if isinstance(found, Secret) and isinstance(right, Constant) and right.value in _ACCOUNTS:
                found = msgspec.structs.replace(found, strength=literals.PLAIN)  # whoever types it is let in
            return Compare(*head, left, compare.operators, [found])
        return Compare(*head, left, compare.operators, [reveal(name, right)])
    name = name_of(right)
    if name and isinstance(left, (Constant, Bytes)) and compare.operators[0] in ("==", "!="):
        return Compare(*head, reveal(name, left), compare.operators, [right])
    return compare


def name_of(target: AnyExpression) -> str:
    """What a target is called: ``x``, ``y.x``, ``y["x"]``, ``y.get("x")``; ``""`` for anything else."""
    if isinstance(target, Name):
        return target.id
    if isinstance(target, Attribute):
        return target.attr
    if isinstance(target, Subscript):
        index = target.index
        return index.value if isinstance(index, Constant) and isinstance(index.value, str) else ""
    if isinstance(target, Call) and target.arguments and _last(target.func) == "get":
        first = target.arguments[0].value
        return first.value if isinstance(first, Constant) and isinstance(first.value, str) else ""
    return ""


def _last(func: AnyExpression) -> str:
    if isinstance(func, Name):
        return func.id
    return func.attr if isinstance(func, Attribute) else ""
