"""What a name says of the value it holds, for whoever would show that value: passwords, tokens, keys, cards."""

from __future__ import annotations

import re
from functools import lru_cache

from analyzer.facts.secretnames import split

WEAK = "?"
"""Behind a kind: the word alone is as often something else (a lexer's ``token``, a cluster's ``secret``)."""

_TRAILING = frozenset(
    "raw plain plaintext clear cleartext text value val str string bytes input confirm confirmation confirmed again "
    "repeat repeated default encoded decoded new old current".split()
)
"""Words behind a secret's name that leave it one: ``password_confirm``, ``token_str``."""

_OTHERS = frozenset(
    "invalid missing bad wrong weak incorrect expired unknown no is has have need needs use uses require requires "
    "required show hide forgot forgotten must should can force max min num number count total last next prev "
    "previous page continuation cursor start end stop begin bos eos pad unk sep mask cls special cancel "
    "cancellation sync resume delta skip design syntax lexer parser string type field label title help message msg "
    "error err path file dir allow allowed disable enable enabled without with set delete remove revoke send "
    "support supports grant filter public publishable partition sort primary foreign cache dict obfuscated masked "
    "redacted hidden dummy fake mock truncated prompt completion reasoning csrf xsrf push device fcm apns image "
    "update create rotate audio text word vocab "
    "from by via per spent used remaining idempotency short bitcoin erc contract pool swap nft".split()
)
"""Words before a secret's name that make it the name of something else: ``max_tokens``, ``next_page_token``."""

_PASSWORDS = frozenset("password passwd pwd passphrase passcode pword passwort senha contrasena".split())
_HASHED = frozenset("hash hashed digest encrypted crypted bcrypt".split())
_KEYS = frozenset("secret api private signing signature encryption fernet jwt master auth hmac aes".split())
_CODES = frozenset("verification reset mfa otp totp login sms confirmation activation recovery backup onetime".split())
_DATABASES = frozenset("database db postgres postgresql mysql mongo mongodb sqlalchemy".split())
_CARD = re.compile(
    r"(?:^|_)(?:(?:card|cc|creditcard)_(?:number|num|no|nr)|cardnumber|cvv_?\d?|cvc_?\d?|card_(?:cvv|cvc)|ssn"
    r"|social_security_number)$"
)
_LONGEST = 60
"""Code points; a longer name is a sentence."""


@lru_cache(maxsize=65_536)
def sensitive(name: str) -> str:
    """The kind of secret that a name holds, ``""`` for none; with :data:`WEAK` at its end where context must tell.

    Names of what only speaks of a secret (``token_count``, ``password_field``, ``secret_name``) hold none.
    """
    if not name or len(name) > _LONGEST or " " in name:
        return ""
    words = split(name)
    if _CARD.search("_".join(words)):
        return "card number"
    while len(words) > 1 and (words[-1] in _TRAILING or words[-1].isdigit()):
        words.pop()
    if not words or any(word in _OTHERS for word in words[:-1]) or (name.isupper() and "header" in words):
        return ""
    return _ending(words[:-1], words[-1])


def _ending(before: list[str], last: str) -> str:
    owner = before[-1] if before else ""
    if last in _PASSWORDS or (last == "pass" and owner in {"user", "smtp", "db", "mail", "email", "my", "admin"}):
        return "password hash" if _HASHED & set(before) else "password"
    if last in _HASHED and _PASSWORDS & set(before):
        return "password hash"
    if last in {"token", "jwt"}:
        return _token(before)
    if last == "secret":
        return "secret" if before else "secret" + WEAK
    if last in {"apikey", "secretkey"} or (last == "key" and owner in _KEYS):
        return "key"
    if last == "authorization" or (last == "header" and owner in {"auth", "authorization"}):
        return "authorization header"
    if last == "otp" or (last in {"code", "pin"} and not _CODES.isdisjoint(before[-2:])):
        return "one-time code"
    if last == "dsn" and (
        not before or before[-1] in {"replica", "async", "sync", "read", "write"} or owner in _DATABASES
    ):
        return "connection string" + WEAK  # as often a host and a name without a password
    if (last in {"url", "uri"} and owner in _DATABASES) or (last == "string" and owner == "connection"):
        return "connection string"
    return ""


def _token(before: list[str]) -> str:
    if _HASHED & set(before):
        return ""
    speaking = {"decoded", "parsed", "payload", "count", "current"} & set(before)
    return "token" + WEAK if not before or speaking else "token"


def settled(kind: str) -> str:
    """A kind without its mark of doubt."""
    return kind.removesuffix(WEAK)
