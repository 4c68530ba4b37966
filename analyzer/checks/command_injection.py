"""BA102: request data in a command that a shell reads."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks._reaching import reaching, request_part
from analyzer.facts.expressions import Call
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument, constants
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import Pictured, chain_end
from analyzer.model import Finding, Rule

_WITH_SHELL = frozenset({"run", "call", "check_call", "check_output", "Popen"})
"""Functions of subprocess that ask a shell only when told to."""


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA102, in order of places."""
    says = "{data} comes from the client and becomes part of a command that {sink} hands to a shell"
    yield from reaching(picture, rule, "command", request_part, says, counts=_shell)
    named = "{data} comes from the client and names the program that {sink} runs"
    yield from reaching(picture, rule, "command", _program, named, counts=_plain)


def _program(row: Row) -> Part | None:
    """What a command begins with, when a client sends it."""
    first = next((part for part in row if part.kind != "text" or part.text.strip()), None)
    return first if first is not None and request_part((first,)) is not None else None


def _plain(flow: Flow, point: Point, call: Call) -> bool:
    """Whether no shell reads the command, and its first word is the program."""
    return not _shell(flow, point, call) and argument(call, -1, "executable") is None


def _shell(flow: Flow, point: Point, call: Call) -> bool:
    """Whether a shell reads the command: always, but for subprocess, which needs ``shell=True``."""
    if chain_end(call) not in _WITH_SHELL:
        return True
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    if target is None or not target.dotted.startswith("subprocess."):
        return True
    given = argument(call, -1, "shell")
    return given is not None and True in constants(flow, Point(point.place, given, point.environment))
