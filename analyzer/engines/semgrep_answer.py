"""Read semgrep's JSON: the same results from the binary and from the command line, errors spelt differently."""

from __future__ import annotations

from typing import Any

import msgspec


class Answer(msgspec.Struct):
    """What one run said, by the names of the copies."""

    matches: dict[str, list[tuple[str, int, int]]]
    """(pattern id, start, end) in bytes."""
    gaps: dict[str, set[str]]
    transient: set[str]
    """Copies whose gaps may be gone next time."""
    scanned: set[str]


class NoAnswer(Exception):
    """What semgrep wrote is no result."""


_REASONS = {
    "PartialParsing": "parsed only in part",
    "LexicalError": "could not be parsed",
    "ParseError": "could not be parsed",
    "SyntaxError": "could not be parsed",
    "Syntax error": "could not be parsed",
    "Lexical error": "could not be parsed",
    "OtherParseError": "could not be parsed",
    "AstBuilderError": "could not be parsed",
    "Timeout": "a rule took too long",
    "FixpointTimeout": "a rule took too long",
    "TimeoutDuringInterfile": "a rule took too long",
    "TooManyMatches": "too many matches",
    "OutOfMemory": "needs too much memory",
    "StackOverflow": "nested too deeply",
}
"""Our words for semgrep's kinds of error; its own messages quote the source, which must not be kept."""

_TRANSIENT = {"Timeout", "FixpointTimeout", "OutOfMemory", "StackOverflow"}


def read_answer(output: bytes) -> Answer:
    """The answer in what semgrep wrote. Raises ``NoAnswer`` when it is not one, or one about the rules being wrong."""
    try:
        document = msgspec.json.decode(output)
        answer = Answer({}, {}, set(), {str(path) for path in document["paths"]["scanned"]})
        for result in document["results"]:
            place = (result["check_id"], result["start"]["offset"], result["end"]["offset"])
            answer.matches.setdefault(result["path"], []).append(place)
        for error in document["errors"]:
            _note(answer, error)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
        raise NoAnswer from error
    return answer


def _note(answer: Answer, error: dict[str, Any]) -> None:
    kind = error.get("error_type") or error.get("type")
    name = kind[0] if isinstance(kind, list) else kind
    path = (error.get("location") or {}).get("path") or error.get("path")
    if not path:
        raise NoAnswer(str(name))
    answer.gaps.setdefault(path, set()).add(_REASONS.get(str(name), "an error of semgrep's own"))
    if name in _TRANSIENT or name not in _REASONS:
        answer.transient.add(path)
