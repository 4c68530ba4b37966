"""Literals that are secrets, literals that only look like them, and what is kept of either."""

from __future__ import annotations

import base64
import binascii
import random
import string

import pytest

from analyzer.facts import literals
from analyzer.facts.codec import encode
from analyzer.facts.expressions import Constant, Secret
from analyzer.facts.visit import walk
from analyzer.syntax import lower

_CHANCE = random.Random(11)
_ALPHABET = string.ascii_letters + string.digits


def drawn(length: int, alphabet: str = _ALPHABET) -> str:
    return "".join(_CHANCE.choice(alphabet) for _ in range(length))


def checked(length: int = 30) -> str:
    """What was drawn with its CRC-32 in base 62 behind it, as GitHub and npm do."""
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    body = drawn(length)
    number, tail = binascii.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        tail = digits[digit] + tail
    return body + tail.rjust(6, "0")


HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")

# Put together here, so that no scanner takes this file for a leak.
TOKENS = {
    "token:aws": "AK" + "IA" + drawn(16, string.ascii_uppercase + "234567"),
    "token:github": "gh" + "p_" + checked(),
    "token:gitlab": "gl" + "pat-" + drawn(20),
    "token:slack": "xo" + "xb-" + drawn(12, string.digits) + "-" + drawn(24),
    "token:stripe": "sk" + "_live_" + drawn(24),
    "token:google": "AI" + "za" + drawn(35),
    "token:openai": "s" + "k-" + drawn(48),
    "token:anthropic": "s" + "k-ant-api03-" + drawn(60),
    "token:sendgrid": "S" + "G." + drawn(22) + "." + drawn(43),
    "token:twilio": "S" + "K" + drawn(32, "0123456789abcdef"),
    "token:npm": "np" + "m_" + checked(),
    "token:pypi": "py" + "pi-AgEIcHlwaS5vcmc" + drawn(60),
    "token:jwt": HEADER + ".ey" + "J" + drawn(60) + "." + drawn(43),
    "token:django": "django-" + "insecure-" + drawn(50),
    "pem": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + drawn(64) + "\n" + drawn(64) + "\n-----END RSA PRIVATE KEY-----",
}


INVENTED = {
    "token:aws": "AK" + "IA" + "Q8ZP2VXK9SLD4MR0",
    "token:github": "gh" + "p_" + drawn(30) + "000000",
    "token:npm": "np" + "m_" + drawn(30) + "000000",
    "token:jwt": "ey" + "J" + drawn(30) + ".ey" + "J" + drawn(60) + "." + drawn(43),
}
"""Tokens of a known form that fail the check of their issuer: somebody made them up."""


@pytest.mark.parametrize("kind", INVENTED)
def test_a_token_that_fails_its_own_check_is_less_sure(kind: str) -> None:
    assert secrets(f"x = {INVENTED[kind]!r}") == [(kind, "plain")]


def secrets(text: str) -> list[tuple[str, str]]:
    facts = lower(text.encode())
    assert facts.outline.problem is None
    return [(secret.kind, secret.strength) for secret in facts.outline.secrets]


@pytest.mark.parametrize("kind", TOKENS)
def test_known_formats_are_live_wherever_they_stand(kind: str) -> None:
    value = TOKENS[kind]
    formatted = "x = f'{y} " + value.replace("\n", "\\n") + " {z}'"
    for text in (f"x = {value!r}", f"f(a, [{value!r}])", f"x = 'Bearer ' {value!r}", formatted):
        facts = lower(text.encode())
        assert [(secret.kind, secret.strength) for secret in facts.outline.secrets] == [(kind, "live")]
        assert value[8:].encode() not in encode(facts.outline) + encode(facts.bodies)
        assert len(facts.outline.secrets[0].preview) <= 5


def test_bodies_and_defaults_keep_no_secret() -> None:
    value = drawn(40)
    text = (
        f"def f(token={value!r}):\n    password = {value!r}\n"
        f"    return g(api_key={value!r}, d={{'secret_key': {value!r}}})\n"
    )
    facts = lower(text.encode())
    assert len(facts.outline.secrets) == 4
    assert value.encode() not in encode(facts.outline) + encode(facts.bodies)
    assert {secret.preview for secret in facts.outline.secrets} == {"…"}
    assert {secret.length for secret in facts.outline.secrets} == {40}


@pytest.mark.parametrize("value", ["a" * 36, "x" * 40, "0" * 40, "EXAMPLE" + "EXAMPLE" * 5, "your-token-here-" * 3])
def test_examples_of_formats_are_placeholders(value: str) -> None:
    assert {strength for _, strength in secrets(f"x = {'gh' + 'p_' + value!r}")} <= {"placeholder"}


NAMED = [
    ("SECRET_KEY = {!r}", "random", "plain"),
    ("SECRET_KEY = {!r}", "aaaaaaa", "plain"),
    ("SECRET_KEY = {!r}", "change-me-in-production", "placeholder"),
    ("SECRET_KEY = {!r}", "2^f+3@v7$v1f8yt0!s)3-1t$)tlp+xm17=*g))_xoi&&9m#2a&", "live"),
    ("app.secret_key = {!r}", "fastapi", "plain"),
    ("app.config['JWT_SECRET_KEY'] = {!r}", "abcd", "plain"),
    ("app.config.update(SECRET_KEY={!r})", "dev", "plain"),
    ("jwtSecret: str = {!r}", "SuperSecretKey!", "plain"),
    ("secret_key: SecretStr = SecretStr({!r})", "s3cr3t", "plain"),
    ("secret_key: str = Field(default={!r})", "s3cr3t", "plain"),
    ("SECRET_KEY = os.getenv('SECRET_KEY', {!r})", "letmein", "plain"),
    ("KEY = os.environ.get('API_KEY', {!r})", "abcdef123456", "plain"),
    ("DB = config('DB_PASSWORD', default={!r})", "postgres", "plain"),
    ("os.environ.setdefault('SECRET_KEY', {!r})", "insecure1", "plain"),
    ("SECRET_KEY = os.environ.get('X') or {!r}", "fallback1", "plain"),
    ("SECRET_KEY = x if y else {!r}", "fallback1", "plain"),
    ("if api_key == {!r}: pass", "k3y-of-the-house", "plain"),
    ("if {!r} != request.headers.get('X-Api-Key'): pass", "k3y0fth3h0us3", "plain"),
    ("connect(password={!r})", "hunter2", "plain"),
    ("connect(password={!r})", "admin123", "plain"),
    ("connect(passwd={!r})", "admin", "plain"),
    ("connect(password={!r})", "changeme", "placeholder"),
    ("connect(password={!r})", "<password>", "placeholder"),
    ("connect(password={!r})", "xxxxxx", "placeholder"),
    ("def login(password={!r}): pass", "Pa$$4Vendor_1", "plain"),
    ("user.set_password({!r})", "hunter2", "plain"),
    ("jwt.encode(claims, {!r})", "hunter2", "plain"),
    ("hashed_password = {!r}", "$2b$12$" + "BEVPIjnVmniBJn28JYsEB.shiVlSppkTgsr9RaXajE6c9Ln48gj/q", "live"),
    ("key = {!r}", "JHtM1wEt1I1J9N_Evjwqr3yYauXIqSxYzFnRhcf0ZG0=", "live"),
    ("SECRET = {!r}.encode()", "hunter2!", "plain"),
    ("API_TOKENS = [{!r}]", "4fK9sQ2mZx81LpWv0RtY7uHcB3nD6gJ5", "live"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "strength"), NAMED)
def test_values_given_to_the_names_of_secrets(text: str, value: str, strength: str) -> None:
    assert [found for _, found in secrets(text.format(value))] == [strength]


def test_bytes_are_secrets_too() -> None:
    assert [strength for _, strength in secrets("SECRET_KEY = b'hunter2!'")] == ["plain"]


SILENT = [
    "password = ''",
    "password = 'password'",
    "PASSWORD = 'password'",
    "ACCESS_TOKEN = 'access_token'",
    "password_field = 'hunter2'",
    "token_url = 'https://example.com/oauth/token'",
    "TOKEN = '/api/access/login'",
    "secret_name = 'prod/db-01'",
    "token_type = 'bearer1'",
    "password_label = 'Your password 2'",
    "PASSWORD_MIN_LENGTH = 'abc123'",
    "token_id = 'abc123def456'",
    "max_tokens = 'abc123def456'",
    "tokenizer = 'gpt2-tokenizer-v3'",
    "next_page_token = 'abc123def456'",
    "INVALID_PASSWORD = 'E1001'",
    "API_KEY_HEADER = 'X-Api-Key'",
    "api_key = 'X-Api-Key'",
    "api_key = 'OPENAI_API_KEY'",
    "password = 'The password must have 8 characters.'",
    "password = '{password}'",
    "password = '%(password)s'",
    "password = '${DB_PASSWORD}'",
    "secret_key = 'settings.secret_key.value'",
    "token_algorithm = 'HS256'",
    "SECRET_KEY = os.environ['SECRET_KEY']",
    "SECRET_KEY = os.environ.get('SECRET_KEY', '')",
    "SECRET_KEY = secrets.token_hex(32)",
    "errors = {'password': 'required', 'token': 'invalid'}",
    "widgets = {'password': 'PasswordInput'}",
    "config.get('database', 'password')",
    "sort_key = 'created_at'",
    "key = 'audit_service'",
    "primary_key = 'id123'",
    "x = 'postgresql://{user}:{password}@host/db'",
    "x = 'postgresql://user:%s@host/db'",
    "x = 'https://example.com/a:b@c'",
    "if 'PRIVATE KEY-----' in text and '-----BEGIN PRIVATE KEY-----' in text: pass",
    "x = 'sk-learn-is-a-library-for-machine'",
    "x = 'a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6'",
]  # fmt: skip


@pytest.mark.parametrize("text", SILENT)
def test_names_of_things_are_no_secrets(text: str) -> None:
    assert secrets(text) == []


@pytest.mark.parametrize(
    ("url", "strength"),
    [
        ("postgresql://app:s3cr3tpw@db/app", "plain"),
        ("redis://:password123@localhost:6379/0", "plain"),
        ("amqp://svc:" + "k9Jx2mQv7Lp4Zt8WcR1b" + "@mq/", "live"),
        ("postgresql://user:password@host/db", "placeholder"),
        ("mysql://user:<password>@host/db", None),
    ],
)
def test_credentials_in_urls(url: str, strength: str | None) -> None:
    assert secrets(f"x = {url!r}") == ([("url", strength)] if strength else [])


def test_a_secret_keeps_its_place() -> None:
    facts = lower(b"def f():\n    x = connect(password='hunter2', user='me')\n")
    (secret,) = facts.outline.secrets
    assert (secret.line, secret.column, secret.end_line, secret.end_column) == (2, 26, 2, 35)
    nodes = list(walk(facts.bodies.functions[0]))
    assert sum(isinstance(node, Secret) for node in nodes) == 1
    assert "me" in [node.value for node in nodes if isinstance(node, Constant)]


def test_random_values_are_told_from_names() -> None:
    from analyzer.facts.randomness import looks_random

    generated = [drawn(length) for length in (20, 24, 32, 64) for _ in range(100)]
    assert sum(map(looks_random, generated)) > 0.9 * len(generated)
    words = [
        "get_user_by_email_address",
        "CustomerOrderRepository",
        "application/x-www-form-urlencoded",
        "HTTP_BAD_REQUEST",
    ]
    assert not any(map(looks_random, words))


def test_previews_show_public_beginnings_only() -> None:
    for value in TOKENS.values():
        found = literals.by_value(value)
        assert found is not None
        assert found.preview == "…" or value.startswith(found.preview[:-1])
        assert len(found.preview) <= 5
