"""Is a literal a secret? By its value alone, or together with the name it is given to.

Strengths: ``live`` (a known token format, or random-looking), ``plain`` (somebody's weak but real value),
``placeholder`` (meant to be replaced, or to be recognised as an example).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from analyzer.facts.randomness import looks_random
from analyzer.facts.secretnames import Holder, holder, split
from analyzer.facts.tokens import connection, credentials, genuine, is_private_key, preview, token

LIVE, PLAIN, PLACEHOLDER = "live", "plain", "placeholder"

_BOUND = re.compile(
    r"\s*INSERT\s+(?:OR\s+\w+\s+)?INTO\s+\S+\s*\((?P<columns>[^()]*)\)\s*VALUES\s*\((?P<values>[\s%?:,$\w()]*)\)\s*;?\s*\Z",
    re.IGNORECASE,
)
_INSERT = re.compile(
    r"INSERT\s+INTO\s+\S{1,80}\s*\((?P<columns>[^()]{1,500})\)\s*VALUES\s*\((?P<values>[^()]{1,2000})\)", re.IGNORECASE
)

_SHORTEST = 3
"""Code points of a secret given to a name; ``"x"`` and ``"no"`` are flags."""

_PLACEHOLDER_WORDS = frozenset(
    "changeme change changethis replace replaceme example examples sample dummy fake mock placeholder insert your "
    "todo fixme test testing tests foo bar baz foobar none null undefined unused notused notneeded unset empty "
    "redacted hidden masked guest xxx xxxx xxxxx any anything whatever na tbd here enter put my some".split()
)
_REPLACED = frozenset("changeme change changethis replace replaceme placeholder".split())
_NOTHING_MEANT = frozenset({"foo", "bar", "baz", "foobar"})
"""Words that stand for anything: as a password they are an example, but a signature made with them is real."""
_PLACEHOLDER = re.compile(
    r"(?i)\A<.*>\Z|\A\[.*\]\Z|x{4,}|\*{3,}|\.{3}|…|your[-_ ]|change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this|with)"
    r"|insert[-_ ]|put[-_ ]your|example|placeholder|dummy|redacted|fake|goes[-_ ]here|[-_ ]here\Z"
    r"|not[-_ ]?(?:a[-_ ])?(?:real|needed|used|required|set)|\Ano[-_](?:key|token|password|auth)"
    r"|\bbuild[-_ ]?(?:time|only)\b"
)
_TEMPLATE = re.compile(r"\{[\w.\[\]'\"!:]*\}|%\(\w+\)|%[srd](?![\w])|\$\{|\{%|\A\$\w+\Z|\A:\w+\Z|\A@\w+\Z")
_PATH = re.compile(r"\A(?:\.{0,2}/|~/|[A-Za-z]:\\)|\A[a-z][a-z0-9+.\-]*://|\A[\w.\-]+/[\w./\-]+\Z")
_DOTTED = re.compile(r"\A[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
_CONSTANT = re.compile(r"\A[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z")
_IDENTIFIER = re.compile(r"\A[A-Za-z][A-Za-z]*(?:[_\-][A-Za-z]+)*\Z")
_HEADER = re.compile(r"\A[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)+\Z|\A[xX](?:-[A-Za-z]+)+\Z")
_NAMED = re.compile(r"\A[a-z]{2,12}(?:[-_.:/](?:[a-z]{2,12}|v?\d{1,4}))+\Z")
"""``reports-signing-v1-2025``: words and a version. Drawn letters have capitals or digits among them."""
_PUBLIC_KEY = re.compile(
    r"\A(?:ssh-(?:rsa|ed25519|dss) |ecdsa-sha2-\S+ )?AAAA(?:B3NzaC1|C3NzaC1|E2VjZHNh)"
    r"|\A(?:MII[BC][Io]jANBgkqhkiG9w0BAQ|MIGfMA0GCSqGSIb3DQEBAQ|MFkwEwYHKoZIzj0|MCowBQYDK2Vw)"
)
"""How public keys begin, as OpenSSH (RFC 4253, 6.6) and X.509 (SubjectPublicKeyInfo) write them in base64."""
_CRYPT = re.compile(
    r"\A(?:\$(?:2[aby]|argon2(?:id|i|d)|5|6|y|scrypt|pbkdf2[\w\-]*)\$|(?:pbkdf2[_:]sha\d+|scrypt|bcrypt|argon2)[:$])\S{20,}"
)
_ALGORITHM = re.compile(
    r"(?i)\A(?:(?:hs|rs|es|ps)(?:256|384|512)|sha-?\d{1,3}|md5|aes(?:-\w+)*|bcrypt|argon2\w*|scrypt|plain(?:text)?|base64)\Z"
)

_WEAK_PASSWORDS = frozenset(
    "admin administrator root toor postgres postgresql mysql mariadb mongo rabbitmq redis letmein qwerty welcome "
    "secret pass pass1 superuser supersecret topsecret mysecret mypassword demo master minio minioadmin dragon monkey "
    "passw0rd hunter sa abc123".split()
)
"""Words that are given as passwords for real, by the lists of the most used ones and of products' defaults."""

_SPEAKING = frozenset(
    "access refresh token tokens csrf xsrf session sessions id cookie cookies auth authorization authentication bearer "
    "jwt key keys api secret secrets password passwords passwd pwd hash hashed user username client server header "
    "basic oauth oauth2 openid oidc login logout reset forgot forgotten change current new old confirm confirmation "
    "verify verification invite email sms otp totp mfa device app application service account x value field name type "
    "required optional string str text hidden input write only read public private encrypted plain raw default "
    "credential credentials code grant state nonce signature sign signed db database aws azure google github gitlab "
    "s3 url uri invalid missing expired enabled disabled true false yes no on off bot webhook personal web".split()
)
"""Words of which names of things are made: a value of nothing else names a thing instead of being one."""


_SCHEMES = frozenset({"bearer", "basic", "token", "apikey"})
"""Authentication schemes in front of the credentials of an ``Authorization`` header (RFC 9110, 11.4)."""
_SHORTEST_CREDENTIALS = 16
_SHORTEST_KEY = 32
_SEASONING = frozenset({"salt", "pepper"})
_SHORTEST_SALT = 16
"""Code points of what only looks like a secret by its randomness: names of keys and salts are given to much else."""

_SHOWN = frozenset("placeholder example examples sample samples help description doc docs dummy mock fake hint".split())


_SPELLED = frozenset({"password", "passwd"})
_OWNERS = frozenset({"postgres", "root", "admin", "sa", "mysql", "mongo"})
"""Accounts that servers are set up with: beside them even that word opens one, beside ``user`` it is an example."""
_SHOWN_HOSTS = frozenset({"example", "demo", "trial", "sample"})
"""Labels of host names that are there for everybody to try, with their password; the top-level domain says nothing."""


class Sighting(NamedTuple):
    """What a literal looks like: ``kind`` and ``strength`` of :class:`Secret`, and what may be shown of it."""

    kind: str
    preview: str
    strength: str


def by_value(value: str) -> Sighting | None:
    """The secret that a value shows by itself, wherever it stands; ``None`` for any other value."""
    if len(value) < 12:
        return None
    if is_private_key(value):
        return Sighting("pem", "…", LIVE)
    found = token(value)
    if found:
        kind, text = found
        return Sighting(kind, preview(text), _token_strength(kind, text))
    written = credentials(value)
    if written is None:
        return _in_connection(value)
    strength = _credentials_strength(*written)
    if strength is None or (strength != LIVE and any(character.isspace() for character in value.strip())):
        return None
    return Sighting("url", "…", strength)


def _in_connection(value: str) -> Sighting | None:
    """A password in a connection string."""
    written = connection(value)
    strength = _credentials_strength(*written) if written is not None else None
    return Sighting("named", "…", strength) if strength is not None else None


def _token_strength(kind: str, text: str) -> str:
    tail = text[4:]
    if _PLACEHOLDER.search(text) or "EXAMPLE" in text or len(set(tail)) < 6 or "123456789" in tail:
        return PLACEHOLDER
    return PLAIN if "_test_" in text[:8] or not genuine(kind, text) else LIVE


def _credentials_strength(user: str, password: str, host: str) -> str | None:
    if _TEMPLATE.search(password) or _CONSTANT.match(password) or password.startswith("$"):
        return None
    if looks_random(password):
        return LIVE
    words = set(split(password))
    if password.lower() in _SPELLED and user.lower() in _OWNERS and "." not in host:
        return PLAIN
    if _PLACEHOLDER.search(password) or not words - _PLACEHOLDER_WORDS - _SPEAKING - {"pass", "pw", "pword"}:
        return PLACEHOLDER
    if not _SHOWN_HOSTS.isdisjoint(host.lower().split(".")[:-1]):
        return PLACEHOLDER
    return PLAIN if len(password) >= _SHORTEST or password == user else None


def inserted(text: str) -> list[str]:
    """The passwords written into a statement: ``INSERT INTO users (name, password) VALUES ('admin', '…')``."""
    found: list[str] = []
    if "insert" not in text.casefold():  # an expression that ignores case tries every place of a text
        return found
    for statement in _INSERT.finditer(text):
        columns = [one.strip().strip("`\"'[]") for one in statement["columns"].split(",")]
        values = [one.strip() for one in statement["values"].split(",")]
        found.extend(
            value.strip("'")
            for column, value in zip(columns, values, strict=False)
            if holder(column) is Holder.PASSWORD and value.startswith("'") and len(value) > 5
        )
    return found


def columns(statement: str) -> list[str]:
    """The columns that an ``INSERT`` gives a placeholder each; none for anything else."""
    found = _BOUND.match(statement)
    if found is None:
        return []
    named = [one.strip().strip("`\"'[]") for one in found["columns"].split(",")]
    return named if len(named) == found["values"].count(",") + 1 else []


def is_secret_name(name: str) -> bool:
    """Whether a literal given to this name has to be looked at."""
    return holder(name) is not Holder.NOTHING


def is_password_table(name: str) -> bool:
    """Whether a name says that passwords are kept by the names of those they belong to: ``PASSWORDS``."""
    words = split(name)
    kept = bool(words) and words[-1] in {"passwords", "passwds", "pwds"} and holder(name) is not Holder.NOTHING
    return kept and not is_refused_table(name)


def is_refused_table(name: str) -> bool:
    """Whether a name says that what a table holds lets nobody in: passwords that everybody has, revoked keys."""
    return not _REFUSED.isdisjoint(split(name))


_REFUSED = frozenset(
    "common weak leaked breached forbidden banned blocked default defaults known revoked denied expired bad".split()
)


def is_made_up(value: str) -> bool:
    """Whether a word given as a password beside a user is one, and not what a field is called."""
    words = set(split(value))
    return (
        len(value) >= _SHORTEST_WORD
        and value.isalnum()
        and value.islower()
        and not words & _PLACEHOLDER_WORDS
        and not words <= _SPEAKING
        and not value.startswith(("password", "username"))
    )


_SHORTEST_WORD = 6


def is_example_name(name: str) -> bool:
    """Whether what is given to this name is shown, not used: a placeholder, a help text, a sample."""
    return len(name) < 80 and not _SHOWN.isdisjoint(split(name))


def is_placeholder(value: str) -> bool:
    """Whether a text is meant to be replaced: ``change-me``, ``replace-with-your-key``, ``replace``."""
    words = set(split(value))
    return _PLACEHOLDER.search(value) is not None or (bool(words) and words <= _REPLACED)


def by_name(name: str, value: str, *, used: bool = False) -> Sighting | None:
    """The secret that a value is when it is given to something of this name.

    ``used``: it is certainly used as that (the default of a setting), not the name of a field or of a kind of thing.
    """
    alone = by_value(value)
    if alone is not None:
        return alone
    holding = holder(name)
    if holding is Holder.NOTHING:
        return None
    strength = _strength(holding, name, value.strip(), used=used)
    return None if strength is None else Sighting("named", "…", strength)


_MAKING_ACCOUNTS = re.compile(
    r"^(?:create|add|register|make|seed|insert|new)_?(?:\w+_)?(?:user|superuser|account|admin)$"
)


def makes_account(function: str) -> bool:
    """Whether a function of this name makes somebody who may log in: ``create_user``, ``add_admin``."""
    return _MAKING_ACCOUNTS.match(function) is not None


def of_account(value: str) -> Sighting | None:
    """The password that a literal is where an account is made with it: even the word ``password`` lets in."""
    found = by_name("password", value, used=True)
    if found is None and value.lower() in _SPELLED | {"secret"}:
        return Sighting("named", "…", PLAIN)
    return found


def _strength(holding: Holder, name: str, value: str, *, used: bool) -> str | None:
    if holding is Holder.SIGNING and _is_bytes(value):
        return LIVE
    if len(value) < _SHORTEST or "\n" in value or _PUBLIC_KEY.match(value):
        return None
    if holding is Holder.KEY:
        scheme, _, credentials = value.partition(" ")
        if scheme.lower() in _SCHEMES and len(credentials) >= _SHORTEST_CREDENTIALS:
            return LIVE if _is_generated(credentials) else None
        shortest = _SHORTEST_SALT if split(name)[-1] in _SEASONING else _SHORTEST_KEY
        return LIVE if _CRYPT.match(value) or (len(value) >= shortest and _is_generated(value)) else None
    if _CRYPT.match(value) or _is_generated(value):
        return LIVE
    if _names_something_else(value):
        return None
    own, words = set(split(name)), set(split(value))
    if holding is Holder.SIGNING:
        return _signing_strength(value, words, named_alike=own <= words and not words - own - _SPEAKING, used=used)
    if any(character.isspace() for character in value):
        return None
    weak = _PLACEHOLDER.search(value) or words & _PLACEHOLDER_WORDS or value.lower() == name.lower()
    if used and holding is Holder.PASSWORD and not weak:
        return PLAIN
    if _PLACEHOLDER.search(value) or words & _PLACEHOLDER_WORDS:
        return PLACEHOLDER
    if words and (words <= own or not words - _SPEAKING):
        return None
    return _token_like(value) if holding is Holder.TOKEN else _password_like(value)


def _is_bytes(value: str) -> bool:
    """Drawn bytes written as a literal, as ``os.urandom(16)`` prints them: control characters among others."""
    controls = sum(character < " " or "\x7f" <= character < "\xa0" for character in value)
    return 8 <= len(value) <= 64 and controls > 0 and any(character > "~" for character in value)


def _is_generated(value: str) -> bool:
    return looks_random(value) and not any(
        pattern.search(value) for pattern in (_PATH, _TEMPLATE, _DOTTED, _HEADER, _CONSTANT, _NAMED)
    )


def _names_something_else(value: str) -> bool:
    """Paths, URLs, templates, dotted names, environment variables, headers, algorithms."""
    return bool(
        _TEMPLATE.search(value)
        or _PATH.match(value)
        or _DOTTED.match(value)
        or _CONSTANT.match(value)
        or _HEADER.match(value)
        or _ALGORITHM.match(value)
    )


def _signing_strength(value: str, words: set[str], *, named_alike: bool, used: bool) -> str | None:
    """Any word given to a signing key signs; only its own name and what is meant to be replaced are doubtful, and the
    name no more where the value certainly signs when nobody sets another."""
    if _PLACEHOLDER.search(value):
        return PLACEHOLDER
    doubtful = words & _PLACEHOLDER_WORDS - _NOTHING_MEANT and words <= _PLACEHOLDER_WORDS | {"secret", "key"}
    if (doubtful or named_alike) and not (used and words & {"secret", "key"}):
        return PLACEHOLDER
    if any(character.isspace() for character in value):
        return PLAIN if len(value.split()) <= _SPOKEN and value[-1] not in ".:?" else None
    return PLAIN


_SPOKEN = 6
"""Words of a key that is a phrase (``please do not tell anybody``); a text about a key has more."""


def _token_like(value: str) -> str | None:
    """A token somebody made up: it mixes letters and digits. Words alone name a token."""
    mixed = any(character.isdigit() for character in value) and any(character.isalpha() for character in value)
    return PLAIN if mixed and len(value) >= 8 else None


def _password_like(value: str) -> str | None:
    lowered = value.lower()
    if lowered in _WEAK_PASSWORDS:
        return PLAIN
    if "secret" in lowered and len(value) > len("mysecret") and "_" not in value:
        return PLAIN
    if _IDENTIFIER.match(value) and (value.islower() or "_" in value or "-" in value) and len(value) < 24:
        return None
    if value[-1] in ".:!?…" and value[:-1].isalpha():
        return None
    classes = (
        any(character.islower() for character in value)
        + any(character.isupper() for character in value)
        + any(character.isdigit() for character in value)
        + any(not character.isalnum() for character in value)
    )
    return PLAIN if classes >= 2 or (value.isdigit() and len(value) >= 4) else None
