"""Schemas that are written as text (ariadne): the arguments and types of the fields that clients can ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import Call, Constant
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import Given
from analyzer.project.project import Project

_ROOT = re.compile(r"\b(?:extend\s+)?type\s+(Query|Mutation|Subscription)\b[^{}]{0,200}\{")
_IGNORED = re.compile(r'"""[\s\S]*?"""|"[^"\n]*"|\#[^\n]*')
"""Descriptions and comments (GraphQL specification, sections 2.1.4 and 2.9.4)."""
_NAME = re.compile(r"\s*,*\s*(\w+)\s*")
_TYPE = re.compile(r"\s*:\s*([\[\]\w!]+)")
_LONGEST = 500_000
Fields = dict[tuple[str, str], tuple[tuple[Given, ...], str]]


def declared_fields(project: Project) -> Fields:
    """The arguments and the type of every field of the root types, by method (``QUERY`` …) and name."""
    found: Fields = {}
    for document in _documents(project):
        plain = _IGNORED.sub(" ", document)
        for root in _ROOT.finditer(plain):
            for name, given, shown in _fields(plain, root.end()):
                found[root[1].upper(), name] = given, shown
    return found


def _documents(project: Project) -> Iterator[str]:
    """Texts that declare a root type: what ``gql`` is given, or a variable of a module."""
    for path in project.paths():
        outline = project.outline(path)
        if not any(item.module.split(".")[0] == "ariadne" for item in outline.imports) and "type_defs" not in (
            project.namespace(path).variables
        ):
            continue
        for node in walk(outline.body):
            called = isinstance(node, Call) and chain_of(node.func).rpartition(".")[2] == "gql"
            given = node.arguments[0].value if isinstance(node, Call) and called and node.arguments else node
            if isinstance(given, Constant) and isinstance(given.value, str) and len(given.value) < _LONGEST:
                yield given.value


def _fields(text: str, at: int) -> Iterator[tuple[str, tuple[Given, ...], str]]:
    """The fields of a type whose body begins there: ``user(id: ID!, page: Int = 1): User!``."""
    while (name := _NAME.match(text, at)) is not None:
        at = name.end()
        given: list[Given] = []
        if text[at : at + 1] == "(":
            end = _closing(text, at)
            given, at = list(_arguments(text[at + 1 : end])), end + 1
        typed = _TYPE.match(text, at)
        if typed is None:
            return
        yield name[1], tuple(given), shown(typed[1])
        at = _past_directives(text, typed.end())


def _closing(text: str, at: int) -> int:
    depth = 0
    for index in range(at, len(text)):
        depth += (text[index] in "([{") - (text[index] in ")]}")
        if not depth:
            return index
    return len(text)


def _past_directives(text: str, at: int) -> int:
    """Behind ``@deprecated(reason: …)``."""
    while (directive := re.compile(r"\s*@\w+\s*").match(text, at)) is not None:
        at = directive.end()
        at = _closing(text, at) + 1 if text[at : at + 1] == "(" else at
    return at


def _arguments(text: str) -> Iterator[Given]:
    at = 0
    while (name := _NAME.match(text, at)) is not None:
        typed = _TYPE.match(text, name.end())
        if typed is None:
            return
        at = _past_directives(text, typed.end())
        default = re.compile(r"\s*=\s*").match(text, at)
        if default is not None:
            at = default.end()
            value = re.compile(r"[^\s,()\[\]{}]+").match(text, at)
            at = value.end() if value is not None else _closing(text, at) + 1
            at = _past_directives(text, at)
        yield Given("argument", name[1], shown(typed[1]), typed[1].endswith("!") and default is None)


def shown(written: str) -> str:
    """``[User!]!`` as ``list[User]``."""
    plain = written.replace("!", "")
    return f"list[{shown(plain[1:-1])}]" if plain.startswith("[") and plain.endswith("]") else plain
