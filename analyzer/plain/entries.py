"""The names of a settings file and the values given to them, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

LONGEST_LINE = 4_000
"""Code points; a longer line is data that no person wrote."""
_LINE_BREAK = re.compile(r"\r\n|\r|\n")

_JSON = re.compile(r'"(?P<name>[^"\\\n]{1,80})"\s*:\s*"(?P<value>(?:[^"\\\n]|\\.){0,3000})"')
_QUOTED = re.compile(
    r"""(?P<name>[\w.\-]{1,80})["']?\s*[:=!]?[:=]\s*(?P<quote>["'])(?P<value>(?:(?!(?P=quote))[^\n]){0,3000})(?P=quote)"""
)
_ASSIGNED = re.compile(
    r"^\s*(?:export\s+|set\s+)?[\"']?(?P<name>[A-Za-z_][\w.\-]{0,79})[\"']?\s*(?:=|:(?!/))\s*(?P<value>\S.*)$"
)
_LISTED = re.compile(r"""^\s*-\s+["']?(?P<name>[A-Za-z_]\w{0,79})=(?P<value>[^"'\s]\S*?)["']?\s*$""")
_YAML = re.compile(r"""^\s*(?:-\s+)?["']?(?P<name>[\w.$\-]{1,80})["']?\s*:\s+(?P<value>\S.*)$""")
_DOCKER = re.compile(r"""(?:^|\s)(?P<name>[A-Za-z_]\w{0,79})=(?P<value>"[^"\n]*"|'[^'\n]*'|[^\s"'\\]\S*)""")
_DOCKER_OLD = re.compile(r"^\s*ENV\s+(?P<name>[A-Za-z_]\w*)\s+(?P<value>[^=\s].*)$", re.IGNORECASE)
_COMMENT = re.compile(r"\s+#.*$")


class Entry(msgspec.Struct, frozen=True):
    """A value given to a name: where it stands (line from 1, columns from 1 in code points, end exclusive)."""

    name: str
    value: str
    line: int
    column: int
    end_column: int


def lines_of(text: str) -> list[str]:
    """The lines as every report counts them."""
    return _LINE_BREAK.split(text)


def kind_of(path: str) -> str:
    """``json``, ``yaml``, ``docker`` or ``lines`` (``.env``, INI, TOML, properties)."""
    name = path.rpartition("/")[2].lower()
    if name.endswith(".json"):
        return "json"
    if name.endswith((".yml", ".yaml")):
        return "yaml"
    return "docker" if "dockerfile" in name or "containerfile" in name else "lines"


def entries(path: str, lines: list[str]) -> Iterator[Entry]:
    """Every name with a value on the lines of a file, in order; comments and empty values left out."""
    kind = kind_of(path)
    named: Entry | None = None
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE or is_comment(line):
            continue
        for entry in _on_line(kind, number, line):
            # ``- name: DB_PASSWORD`` and ``value: …`` below it, as orchestrators have it.
            if named is not None and entry.name.lower() == "value" and entry.line - named.line <= 1:
                entry = msgspec.structs.replace(entry, name=named.value)
            named = entry if entry.name.lower() in {"name", "key"} else None
            yield entry


def anywhere(number: int, line: str) -> Iterator[Entry]:
    """What looks like a value given to a name on a line of any language, also where a quote is missing."""
    whole = _ASSIGNED.match(line)
    if whole is not None:
        yield _entry(whole, number)
    for found in _QUOTED.finditer(line):
        yield _entry(found, number)


def is_comment(line: str) -> bool:
    """Whether nothing but a comment stands on a line."""
    return line.lstrip().startswith(("#", ";", "//"))


def _on_line(kind: str, number: int, line: str) -> Iterator[Entry]:
    if kind == "json":
        for found in _JSON.finditer(line):
            yield _entry(found, number)
    elif kind == "docker":
        old = _DOCKER_OLD.match(line)
        for found in [old] if old else _DOCKER.finditer(line):
            yield _entry(found, number)
    else:
        whole = (_LISTED.match(line) or _YAML.match(line)) if kind == "yaml" else _ASSIGNED.match(line)
        if whole is not None and not whole["value"].startswith(("{", "[")):
            yield _entry(whole, number)
        elif whole is not None:
            for found in _QUOTED.finditer(line):
                yield _entry(found, number)


def _entry(found: re.Match[str], number: int) -> Entry:
    """The value without quotes and without the comment behind it."""
    begin, value = found.start("value"), found["value"]
    if value[:1] in {'"', "'"}:
        quote, end = value[0], value.find(value[0], 1)
        inner = value[1:end] if end > 0 else value[1:].rstrip(quote)
        begin, value = begin + 1, inner
    else:
        value = _COMMENT.sub("", value).rstrip().rstrip(",")
    return Entry(found["name"], value, number, begin + 1, begin + 1 + len(value))
