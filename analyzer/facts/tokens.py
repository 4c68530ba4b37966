"""Values that show by themselves that they are secrets: known token formats, private keys, credentials in a URL."""

from __future__ import annotations

import binascii
import json
import re
from typing import NamedTuple

_EDGE = r"(?<![A-Za-z0-9_\-])"


class _Format(NamedTuple):
    kind: str
    marks: tuple[str, ...]
    """Texts one of which every value of the format contains: a cheap test before the expression."""
    pattern: re.Pattern[str]


def _format(kind: str, marks: tuple[str, ...], pattern: str) -> _Format:
    return _Format(f"token:{kind}", marks, re.compile(pattern))


# Formats as their issuers document them for secret scanning.
_FORMATS = (
    _format("aws", ("AKIA", "ASIA"), _EDGE + r"(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])"),
    _format("github", ("gh",), _EDGE + r"(?:gh[opsur]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})"),
    _format("gitlab", ("glpat-",), _EDGE + r"glpat-[A-Za-z0-9_\-]{20,}"),
    _format("slack", ("xox",), _EDGE + r"xox[abeoprs]-[0-9A-Za-z][0-9A-Za-z\-]{9,}"),
    _format("slack", ("hooks.slack",), r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}"),
    _format("stripe", ("k_live_", "k_test_"), _EDGE + r"[rs]k_(?:live|test)_[0-9A-Za-z]{16,}"),
    _format("stripe", ("whsec_",), _EDGE + r"whsec_[0-9A-Za-z+/=]{24,}"),
    _format("google", ("AIza",), _EDGE + r"AIza[0-9A-Za-z_\-]{35}(?![0-9A-Za-z_\-])"),
    _format("google", ("GOCSPX-",), _EDGE + r"GOCSPX-[0-9A-Za-z_\-]{28}"),
    _format("anthropic", ("sk-ant-",), _EDGE + r"sk-ant-[a-z]+[0-9]{2}-[A-Za-z0-9_\-]{20,}"),
    _format("openai", ("sk-",), _EDGE + r"sk-(?!ant-)(?:proj-|svcacct-|admin-)?[A-Za-z0-9_\-]{32,}"),
    _format("sendgrid", ("SG.",), _EDGE + r"SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}"),
    _format("twilio", ("SK",), _EDGE + r"SK[0-9a-f]{32}(?![0-9A-Za-z])"),
    _format("mailgun", ("key-",), _EDGE + r"key-[0-9a-f]{32}(?![0-9A-Za-z])"),
    _format("npm", ("npm_",), _EDGE + r"npm_[A-Za-z0-9]{36}"),
    _format("pypi", ("pypi-",), _EDGE + r"pypi-[A-Za-z0-9_\-]{50,}"),
    _format("huggingface", ("hf_",), _EDGE + r"hf_[A-Za-z0-9]{34}(?![0-9A-Za-z])"),
    _format("digitalocean", ("dop_v1_",), _EDGE + r"dop_v1_[0-9a-f]{64}"),
    _format("shopify", ("shp",), _EDGE + r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _format("telegram", (":AA",), _EDGE + r"[0-9]{8,10}:AA[0-9A-Za-z_\-]{33}(?![0-9A-Za-z_\-])"),
    _format("azure", ("AccountKey=",), r"AccountKey=[A-Za-z0-9+/]{60,}={0,2}"),
    _format("jwt", ("eyJ",), _EDGE + r"eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}"),
    _format("django", ("django-insecure-",), r"django-insecure-\S{20,}"),
)  # fmt: skip

_SHORTEST = 20
"""Code points: no format of a token is shorter."""

_PUBLIC = re.compile(r"(?:AKIA|ASIA|AIza|gh[opsur]_|gith|glpa|xox[a-z]|[rs]k_[lt]|sk-|SG\.|npm_|pypi|hf_|eyJ)")
"""Beginnings of token formats that everybody's token has: they tell nothing of the secret."""

_PEM = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\s*(?:[A-Za-z0-9+/=:,\-]\s*){48}")

_URL = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*://(?P<user>[^\s:/@?#'\"<>]*):(?P<password>[^\s/@'\"<>]+)@(?P<host>[^\s/@:'\"]*)"
)


class Credentials(NamedTuple):
    """User and password written into a URL, and the host that they are for."""

    user: str
    password: str
    host: str


def token(value: str) -> tuple[str, str] | None:
    """Kind and matched text of a known token format in a value."""
    if len(value) < _SHORTEST:
        return None
    for form in _FORMATS:
        for mark in form.marks:
            if mark in value:
                found = form.pattern.search(value)
                if found:
                    return form.kind, found.group()
                break
    return None


def genuine(kind: str, text: str) -> bool:
    """Whether a token passes the check that its issuer built in; true where there is none to make.

    The last six characters of GitHub's and npm's tokens are the CRC-32 of the thirty before, in base 62 ("Behind
    GitHub's new authentication token formats", github.blog, 2021). AWS draws key ids from the letters of base 32
    (RFC 4648), and the first part of a JWT is a JSON object with an algorithm (RFC 7515, 4.1.1).
    """
    if kind == "token:github" and text.startswith("gh") and text[3] == "_":
        return len(text) != 40 or text[34:] == _checksum(text[4:34])
    if kind == "token:npm":
        return text[34:40] == _checksum(text[4:34])
    if kind == "token:aws":
        return not set(text[4:]) & set("0189")
    if kind == "token:jwt":
        return _is_header(text.partition(".")[0])
    return True


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _checksum(text: str) -> str:
    number, digits = binascii.crc32(text.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return digits.rjust(6, "0")


def _is_header(part: str) -> bool:
    try:
        header = json.loads(binascii.a2b_base64(part.replace("-", "+").replace("_", "/") + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header


def is_private_key(value: str) -> bool:
    """A private key in PEM with its body; the header alone, as code that recognises keys has it, is none."""
    return "PRIVATE KEY" in value and _PEM.search(value) is not None


def credentials(value: str) -> Credentials | None:
    """The credentials in a URL."""
    if "@" not in value or "://" not in value:
        return None
    found = _URL.search(value)
    return found and Credentials(found["user"], found["password"], found["host"])


_KEYWORDS = re.compile(
    r"(?:^|[\s;])(?:(?P<server>host|hostaddr|server|data source|driver|dsn|database|dbname)"
    r"|(?P<user>user(?:name| id)?|uid)|(?P<password>password|pwd))\s?=\s?(?P<value>\{[^}]*\}|[^\s;'\"{}()]+)",
    re.IGNORECASE,
)
"""Pairs of connection strings as libpq and ODBC read them."""
_LONGEST_CONNECTION = 400
_STATEMENT = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE|WHERE)\b", re.IGNORECASE)
"""``WHERE user = ? AND password = ?`` compares columns."""


def connection(value: str) -> Credentials | None:
    """The credentials in a connection string: ``host=db user=shop password=…``, ``Server=db;UID=sa;PWD=…``."""
    if "=" not in value or len(value) > _LONGEST_CONNECTION or "\n" in value or _STATEMENT.search(value):
        return None
    found = {_group(one): one["value"] for one in _KEYWORDS.finditer(value)}
    if "password" not in found or not {"server", "user"} & found.keys():
        return None
    return Credentials(found.get("user", ""), found["password"], found.get("server", ""))


def _group(found: re.Match[str]) -> str:
    return next(name for name in ("server", "user", "password") if found[name])


def preview(value: str) -> str:
    """What of a secret may be shown: the beginning that every token of its format has, at most four characters."""
    found = _PUBLIC.match(value)
    return f"{found.group()[:4]}…" if found else "…"
