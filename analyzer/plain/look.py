"""BA201 in settings files: which values are secrets, and how sure that is for this kind of file."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

import msgspec

from analyzer.facts import literals
from analyzer.facts.secretnames import Holder, holder, split
from analyzer.model import Confidence, Finding, Location, Rule, SourceTree, Span
from analyzer.plain.entries import LONGEST_LINE, Entry, anywhere, entries, is_comment, kind_of, lines_of

FIX = (
    "Keep the value out of the repository: let the environment or a secret manager give it when the program starts, "
    "and change the secret at its issuer"
)
MOST_FINDINGS = 50
"""Of one file: a file with more is data, and the first ones tell what it is."""

_TEMPLATE = re.compile(
    r"example|exemplo|sample|template|tmpl|tpl|skel|default|(?:^|[._-])dist(?:$|[._-])", re.IGNORECASE
)
_SHOWN = frozenset(
    "tests test testing fixtures fixture examples example samples sample demo demos docs doc e2e mocks mock testdata "
    "ci github gitlab circleci dev devel development local override override devcontainer locale locales i18n "
    "lang translations benchmarks".split()
)
"""Words of a path: its values are for trying out, or only words."""
_TOOLS = frozenset({"pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", ".pre-commit-config.yaml", ".travis.yml"})
"""Settings of tools, whose secrets are those of their test runs."""
_ELSEWHERE = re.compile(
    r"^(?:\$|\{\{|<|!|&|\*|%|ENC[\[(]|env[.:(]|vault[:(]|secret[.:/]|secretref:|ref\+|arn:|op://|file:|ssm:|/run/|/etc/|awssm)"
    r"|\$\{|\$\(|\{\{|^(?:true|false|yes|no|none|null|on|off|nil|~|required|optional|inherit)$",
    re.IGNORECASE,
)
"""Values that say where the secret is, and switches."""
_SEALED = re.compile(r"^\s*kind:\s*SealedSecret|^sops:|\"sops\":|^\$ANSIBLE_VAULT", re.MULTILINE)
_WORD = re.compile(r"[^\s\"'`,<>]{12,}")
_PEM = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY")
_AFTER_QUOTE = re.compile(r"""(["'])([^\s"']*)""")
_LEAST_WORD = 4
_CODE = frozenset(".,:;()[]{}+-*/%=!<>&|")
_TITLE = re.compile(r"^[^\W\d_]+$")
_OURS = re.compile(r"#[ \t]*backend-audit:.*$")
_DIRECT = re.compile(r"[A-Z][A-Z0-9_]*$")
_CONFIDENCE = {literals.LIVE: Confidence.HIGH, literals.PLAIN: Confidence.MEDIUM, literals.PLACEHOLDER: Confidence.LOW}


class Seen(msgspec.Struct, frozen=True):
    """What the settings files of a tree come to: findings, spans to mask and our comments, both by path."""

    findings: tuple[Finding, ...]
    secrets: dict[str, tuple[Span, ...]]
    comments: dict[str, list[tuple[int, int, str, bool]]]


def look(tree: SourceTree, rule: Rule | None) -> Seen:
    """Read every settings file of a tree; nothing is found without the rule."""
    findings: list[Finding] = []
    secrets: dict[str, tuple[Span, ...]] = {}
    comments: dict[str, list[tuple[int, int, str, bool]]] = {}
    for file in tree.settings if rule is not None else ():
        lines = _lines(tree, file.path)
        if lines is None or rule is None:
            continue
        found = list(_found(file.path, lines))[:MOST_FINDINGS]
        findings.extend(_finding(rule, file.path, one) for one in found)
        spans = {one.span for one in found} | set(_held(file.path, lines))
        if spans:
            secrets[file.path] = tuple(sorted(spans))
        ours = [
            (number, match.start() + 1, match.group(), not line[: match.start()].strip())
            for number, line in enumerate(lines, 1)
            if "backend-audit:" in line and (match := _OURS.search(line[:LONGEST_LINE]))
        ]
        if ours:
            comments[file.path] = ours
    return Seen(tuple(findings), secrets, comments)


def hidden(data: bytes) -> tuple[Span, ...]:
    """What to mask in a file that no parser could read: values given to names of secrets, tokens, and every quoted
    word, for nobody can say what it is there. Sorted."""
    spans: set[Span] = set()
    for number, line in enumerate(lines_of(data.decode("utf-8", "replace").removeprefix("\ufeff")), 1):
        given = holder_entries(number, line[:LONGEST_LINE])
        spans.update(Span(one.line, one.column, one.line, one.end_column) for one in given)
        spans.update(Span(number, begin + 1, number, end + 1) for begin, end in _quoted_words(line))
        found = _by_value(number, line, False, False)
        if found is not None:
            spans.add(found.span)
    return tuple(sorted(spans))


def _quoted_words(line: str) -> Iterator[tuple[int, int]]:
    """Where the words that follow a quote stand: whole literals without a blank, and what a literal that is not closed
    begins with, unless that is an ordinary word. What calls a literal's method or adds to it is code."""
    opened = ""
    for found in _AFTER_QUOTE.finditer(line):
        quote, word = found.groups()
        closes = quote == opened
        opened = "" if closes else opened or quote
        if len(word) < _LEAST_WORD or (closes and word[0] in _CODE):
            continue
        if line[found.end() : found.end() + 1] in ("", '"', "'") or not word.isalpha():
            yield found.start(2), found.end(2)


def holder_entries(number: int, line: str) -> Iterator[Entry]:
    """The values on a line that are given to names of secrets, in any syntax."""
    return (entry for entry in anywhere(number, line) if entry.value and holder(entry.name) is not Holder.NOTHING)


class _Found(msgspec.Struct, frozen=True):
    span: Span
    message: str
    confidence: Confidence


def _lines(tree: SourceTree, path: str) -> list[str] | None:
    """The lines of a file as a report shows them; ``None`` for what is no UTF-8 text or holds ciphers on purpose."""
    try:
        data = tree.read(path)
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode("utf-8").removeprefix("\ufeff") if encoding.startswith("utf-8") else ""
    except (OSError, SyntaxError, ValueError):
        return None
    return None if not text or _SEALED.search(text) else lines_of(text)


def _found(path: str, lines: list[str]) -> Iterator[_Found]:
    """The secrets of a file, one a line, in order."""
    named: dict[int, list[Entry]] = {}
    for entry in entries(path, lines):
        named.setdefault(entry.line, []).append(entry)
    name = path.rpartition("/")[2]
    template = _TEMPLATE.search(name) is not None
    shown = name in _TOOLS or not _SHOWN.isdisjoint(split(path))
    last = 0
    for number, line in enumerate(lines, 1):
        if number <= last:
            continue
        key = _private_key(lines, number)
        if key is not None:
            last = key.end_line
            yield _Found(key, "a private key stands in the file", Confidence.HIGH)
            continue
        one = _by_value(number, line, template or is_comment(line), shown or _is_container(path))
        for entry in named.get(number, ()) if not template else ():
            one = one or _by_name(path, entry, shown)
        if one is not None:
            yield one


def _by_value(number: int, line: str, live_only: bool, shown: bool) -> _Found | None:
    """A token or an address with credentials, wherever it stands."""
    if len(line) > LONGEST_LINE:
        return None
    for word in _WORD.finditer(line):
        value = word.group()
        sighting = literals.by_value(value) if "$" not in value and "{" not in value else None
        if sighting is None or (live_only and sighting.strength != literals.LIVE):
            continue
        kind, _, detail = sighting.kind.partition(":")
        confidence = _CONFIDENCE[sighting.strength]
        if shown and sighting.strength != literals.LIVE:
            confidence = Confidence.LOW
        told = f"a {detail} token stands in the file (`{sighting.preview}`, {len(value)} characters)"
        if kind != "token":
            told = "an address in the file carries a password"
        return _Found(Span(number, word.start() + 1, number, word.end() + 1), told, confidence)
    return None


def _by_name(path: str, entry: Entry, shown: bool) -> _Found | None:
    """A value given to the name of a secret."""
    value = entry.value.strip()
    held = holder(entry.name)
    if held < Holder.TOKEN or not value or _ELSEWHERE.search(value):
        return None
    direct = _DIRECT.match(entry.name) is not None
    if not direct and _TITLE.match(value) and not value.islower():
        return None
    sighting = literals.by_name(entry.name, value, used=direct)
    if sighting is None:
        return None
    confidence = _CONFIDENCE[sighting.strength]
    if shown or (sighting.strength != literals.LIVE and _of_a_container(path, entry, held)):
        confidence = Confidence.LOW
    span = Span(entry.line, entry.column, entry.line, entry.end_column)
    where = (
        "has a placeholder as its value" if sighting.strength == literals.PLACEHOLDER else "has its value in the file"
    )
    return _Found(span, f"`{entry.name}` {where} ({len(value)} characters)", confidence)


def _is_container(path: str) -> bool:
    return kind_of(path) == "docker" or "compose" in path.rpartition("/")[2].lower()


def _of_a_container(path: str, entry: Entry, held: Holder) -> bool:
    """``POSTGRES_PASSWORD: postgres`` of a database that a developer starts on his own machine."""
    return _is_container(path) and held is Holder.PASSWORD and not any(character.isdigit() for character in entry.value)


def _private_key(lines: list[str], number: int) -> Span | None:
    line = lines[number - 1]
    begins = _PEM.search(line[:LONGEST_LINE])
    if begins is None:
        return None
    # In JSON and quoted YAML the line ends of a key are written out.
    if literals.by_value(line[begins.start() :].replace("\\n", "\n")):
        return Span(number, begins.start() + 1, number, len(line) + 1)
    block = lines[number - 1 : number + 80]
    end = next((at for at, one in enumerate(block) if "-----END" in one), 0)
    body = "\n".join(one.strip() for one in block[: end + 1])
    if not end or literals.by_value(body[body.index("-----BEGIN") :]) is None:
        return None
    return Span(number, begins.start() + 1, number + end, len(block[end]) + 1)


def _held(path: str, lines: list[str]) -> Iterator[Span]:
    """Every value of a name that holds secrets, found to be one or not: an excerpt of the next line would show it."""
    for entry in entries(path, lines):
        if entry.value and holder(entry.name) >= Holder.TOKEN:
            yield Span(entry.line, entry.column, entry.line, entry.end_column)


def _finding(rule: Rule, path: str, one: _Found) -> Finding:
    return Finding(
        rule=rule.code,
        location=Location(path, one.span),
        message=one.message,
        fix=FIX,
        severity=rule.severity,
        confidence=one.confidence,
        secrets=(one.span,),
    )
