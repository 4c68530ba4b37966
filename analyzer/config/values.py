"""What each kind of setting accepts. A parser takes a raw value and says every mistake in it, each at its place."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from analyzer.config.patterns import BadPattern, parse_pattern, rebase
from analyzer.config.positions import KeyPath
from analyzer.config.text import nearest, shown
from analyzer.model.scale import Confidence, Severity

ROLES = (
    "client",
    "command",
    "controller",
    "entrypoint",
    "guard",
    "middleware",
    "migration",
    "model",
    "repository",
    "schema",
    "service",
    "session",
    "settings",
    "task",
    "test",
    "utility",
)
"""The roles a symbol can have."""


class Reading(Protocol):
    """Where mistakes go, and what a value is judged by."""

    known: Collection[str]
    """Every code, slug, tag and family of the rulebook; empty when selectors are not to be checked."""
    base: str
    """The folder patterns are relative to, itself relative to the root; empty for the root."""

    def where(self, at: KeyPath) -> str:
        """``file:line`` of a path of keys, or the option's name."""

    def complain(self, at: KeyPath, message: str) -> None:
        """Report a mistake; ``at`` begins with the setting's key."""


Parser = Callable[[object, KeyPath, Reading], object]


def kind_of(value: object) -> str:
    """A value in the user's words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {shown(str(value))}"
    if isinstance(value, str):
        return f'the text "{shown(value)}"'
    if isinstance(value, list | tuple):
        return "a list"
    return "a table" if isinstance(value, dict) else "a date or time"


def flag(value: object, at: KeyPath, reading: Reading) -> object:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        reading.complain(at, f"expected true or false, got {kind_of(value)}")
    return value


def number(low: int, high: int) -> Parser:
    """A whole number from ``low`` to ``high``."""

    def parse(value: object, at: KeyPath, reading: Reading) -> object:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            reading.complain(at, f"expected a whole number from {low} to {high}, got {kind_of(value)}")
        return value

    return parse


def word(meanings: dict[str, object]) -> Parser:
    """One of a few words, in any case, and what it stands for."""

    def parse(value: object, at: KeyPath, reading: Reading) -> object:
        if isinstance(value, str) and value.casefold() in meanings:
            return meanings[value.casefold()]
        hint = nearest(value, meanings) if isinstance(value, str) else ""
        choices = ", ".join(f'"{choice}"' for choice in meanings)
        reading.complain(at, f"expected one of {choices}, got {kind_of(value)}{hint}")
        return None

    return parse


severity = word({level.label: level for level in Severity})
confidence = word({level.label: level for level in Confidence})
fail_on = word({**{level.label: level for level in Severity}, "never": None})
foreign_comment = word({name: name for name in ("nosec", "noqa", "nosemgrep")})
role = word({name: name for name in ROLES})


def text(value: object, at: KeyPath, reading: Reading) -> object:
    """A text that is not empty and holds no NUL."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        reading.complain(at, f"expected a text, got {kind_of(value) if value != '' else 'an empty one'}")
    return value


def selector(value: object, at: KeyPath, reading: Reading) -> object:
    """A code, code prefix, slug, tag or family; codes may be written in any case."""
    if not isinstance(value, str) or not value.strip():
        reading.complain(at, f"expected a rule's code, prefix, slug, tag or family, got {kind_of(value)}")
        return ""
    spelt = value.strip()
    folded = {known.casefold(): known for known in reading.known}
    if spelt.casefold() in folded:
        return folded[spelt.casefold()]
    prefix = spelt.upper()
    if not reading.known or any(is_prefix(prefix, known) for known in reading.known):
        return prefix if is_prefix(prefix, prefix + "0") else spelt
    reading.complain(at, f'no rule, prefix, tag or family is called "{shown(spelt)}"{nearest(spelt, reading.known)}')
    return ""


def is_prefix(prefix: str, code: str) -> bool:
    """Whether ``code`` is a rule's code (``BA101``) and ``prefix`` the ``BA`` with some of its digits."""
    return code[:2] == prefix[:2] == "BA" and code[2:].isdecimal() and code.startswith(prefix)


def pattern(value: object, at: KeyPath, reading: Reading) -> object:
    """A gitignore pattern that can match something, rewritten for the root."""
    if not isinstance(value, str):
        reading.complain(at, f"expected a gitignore pattern, got {kind_of(value)}")
        return ""
    try:
        compiled = parse_pattern(value)
    except BadPattern as error:
        reading.complain(at, f'the pattern "{shown(value)}" can match nothing: {error}')
        return ""
    if compiled is None:
        reading.complain(at, f'the pattern "{shown(value)}" can match nothing: it is blank or a comment')
        return ""
    if ".." in value.split("/"):
        reading.complain(at, f'the pattern "{shown(value)}" can match nothing: ".." never leaves the audited tree')
        return ""
    return rebase(value, reading.base)


def listed(one: Parser) -> Parser:
    """A list of values; every wrong element is reported."""

    def parse(value: object, at: KeyPath, reading: Reading) -> object:
        if not isinstance(value, list | tuple):
            reading.complain(at, f"expected a list, got {kind_of(value)}")
            return ()
        return tuple(one(item, (*at, index), reading) for index, item in enumerate(value))

    return parse


def tabled(meaning: Parser, key: Parser = pattern) -> Parser:
    """A table from patterns to something; becomes pairs in the order written."""

    def parse(value: object, at: KeyPath, reading: Reading) -> object:
        if not isinstance(value, dict):
            reading.complain(at, f"expected a table from pattern to value, got {kind_of(value)}")
            return ()
        return tuple(
            (key(name, (*at, name), reading), meaning(item, (*at, name), reading)) for name, item in value.items()
        )

    return parse


def place(value: object, at: KeyPath, reading: Reading) -> object:
    """A glob over paths, or over dotted names when it holds no slash and does not end in ``.py``."""
    if isinstance(value, str) and ("/" in value or value.endswith(".py")):
        return pattern(value, at, reading)
    if not isinstance(value, str) or not value.replace("*", "x").replace("?", "x").replace(".", "").isidentifier():
        reading.complain(at, f"expected a glob over paths or dotted names, got {kind_of(value)}")
    return value
