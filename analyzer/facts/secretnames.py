"""Names of things that hold secrets, told from names of things that only speak of them."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


class Holder(IntEnum):
    """What a name says about the value it is given to, from nothing to everything."""

    NOTHING = 0
    KEY = 1
    """May hold a key (``key``, ``salt``, ``hashed_password``): only a random-looking value is a secret."""
    TOKEN = 2
    """Holds a token or an API key, or the name of one."""
    PASSWORD = 3
    """Holds a password, or a word about passwords."""
    SIGNING = 4
    """Holds the secret that signs or encrypts (``SECRET_KEY``, ``jwt_secret``): any value given to it is one."""


_PASSWORDS = frozenset({"password", "passwd", "pwd", "passphrase", "passcode", "pass", "pw"})
_TOKENS = frozenset({"token", "apikey", "credential", "credentials", "bearer", "jwt", "pat"})
_KEY_OWNERS = frozenset({"api", "access", "auth", "private", "account", "service", "license", "subscription", "app"})
_SIGNERS = frozenset(
    "secret signing sign signature encryption encrypt crypto cipher fernet aes hmac jwt session cookie master".split()
)
_SIGNED = frozenset("jwt session app flask django signing csrf wtf hmac cookie token auth django security".split())
_TRAILING = frozenset(
    "default defaults value val string str raw plain plaintext dev prod production development local staging base "
    "test testing main old new current primary secondary previous fallback text env root admin user db "
    "hmac hs256".split()
)
"""Words behind a secret's name that leave it one: ``SECRET_KEY_DEFAULT``, ``password1``, ``API_KEY_PROD``."""

_WEAK = frozenset(
    {
        "key",
        "salt",
        "pepper",
        "keys",
        "auth",
        "authorization",
        "hash",
        "seed",
        "iv",
        "nonce",
        "secrets",
        "tokens",
        "passwords",
    }
)
_BEFORE = frozenset(
    "invalid missing bad wrong weak incorrect expired unknown no is has have need needs use uses require requires "
    "required show hide reset forgot forgotten change changed update verify validate check confirm confirmation "
    "repeat min max num count last next prev page continuation cursor start end stop begin bos eos pad unk "
    "sep mask cls special cancel cancellation sync resume delta skip design syntax lexer parser string type field "
    "label name title help message msg error err url uri path file dir allow allowed disable enable enabled "
    "without with set get delete remove revoke create generate send request supports support grant filter "
    "public publishable partition sort primary foreign cache dict obfuscated masked redacted hidden dummy fake".split()
)
"""Words before a secret's name that make it the name of something else: ``INVALID_TOKEN``, ``next_page_token``."""


@lru_cache(maxsize=65_536)
def holder(name: str) -> Holder:
    """What a name, in snake, camel or upper case, with or without dashes and dots, says of its value."""
    if len(name) > 80 or " " in name:
        return Holder.NOTHING
    words = split(name)
    while len(words) > 1 and (words[-1] in _TRAILING or words[-1].isdigit()):
        words.pop()
    if not words:
        return Holder.NOTHING
    before, last = words[:-1], words[-1]
    if any(word in _BEFORE for word in before):
        return Holder.NOTHING
    return _ending(before, last)


def _ending(before: list[str], last: str) -> Holder:
    owner = before[-1] if before else ""
    if last == "secret":
        return Holder.SIGNING if any(word in _SIGNED for word in before) else Holder.PASSWORD
    if last == "secretkey" or last == "jwtsecret":
        return Holder.SIGNING
    if last in _PASSWORDS:
        return Holder.NOTHING if last in ("pass", "pw") and len(before) > 3 else Holder.PASSWORD
    if last in _TOKENS:
        return Holder.KEY if last in ("jwt", "bearer", "pat") and not before else Holder.TOKEN
    if last == "key":
        if owner == "secret" or (owner in _SIGNERS and "secret" in before):
            return Holder.SIGNING
        if owner in _SIGNERS:
            return Holder.SIGNING if owner not in ("session", "cookie", "master", "sign") else Holder.TOKEN
        if owner in _KEY_OWNERS or "secret" in before:
            return Holder.TOKEN
    return Holder.KEY if last in _WEAK else Holder.NOTHING


def split(name: str) -> list[str]:
    """The lower-case words of an identifier: ``dbPassword`` → db, password."""
    return [word.lower() for word in _WORD.findall(name)]
