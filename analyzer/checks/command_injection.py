"""BA102: request data in a command that a shell reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._reaching import reaching, request_part
from analyzer.facts.expressions import AnyExpression, Call, Constant, Name, Sequence
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument, constants, entries
from analyzer.flow.arrivals import Arrival, arrivals
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import Pictured, chain_end, flow_of, place_at
from analyzer.model import Finding, Rule

_WITH_SHELL = frozenset({"run", "call", "check_call", "check_output", "Popen"})
"""Functions of subprocess that ask a shell only when told to."""


def check(picture: Pictured, rule: Rule) -> Iterator[Finding]:
    """Findings of BA102, in order of places."""
    says = "{data} comes from the client and becomes part of a command that {sink} hands to a shell"
    found = list(reaching(picture, rule, "command", request_part, says, counts=_shell))
    yield from found
    told = {finding.location for finding in found}
    for switch, counts in ((True, _on_unless_told), (False, _off_unless_told)):
        for finding in reaching(picture, rule, "command", request_part, says, counts=counts):
            if finding.location not in told and _switched_on(flow_of(picture), finding, switch):
                yield finding
    named = "{data} comes from the client and names the program that {sink} runs"
    yield from reaching(picture, rule, "command", _program, named, counts=_plain)


def _program(row: Row) -> Part | None:
    """What a command begins with, when a client sends it."""
    first = next((part for part in row if part.kind != "text" or part.text.strip()), None)
    return first if first is not None and request_part((first,)) is not None else None


def _plain(flow: Flow, point: Point, call: Call) -> bool:
    """Whether no shell reads the command, and its first word is the program."""
    if chain_end(call) == "create_subprocess_exec":
        return False
    return not _shell(flow, point, call) and argument(call, -1, "executable") is None


def _shell(flow: Flow, point: Point, call: Call) -> bool:
    """Whether a shell reads the command: always, but for subprocess, which needs ``shell=True`` or is given one."""
    if chain_end(call) == "create_subprocess_exec":
        return _named_shell(flow, point, [one.value for one in call.arguments if one.keyword is None and not one.star])
    if chain_end(call) not in _WITH_SHELL:
        return True
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    if target is None or not target.dotted.startswith("subprocess."):
        return True
    given = argument(call, -1, "shell")
    if given is not None:
        return True in constants(flow, Point(point.place, given, point.environment))
    spread = (Point(point.place, one.value, point.environment) for one in call.arguments if one.star == 2)
    if any(True in constants(flow, kept) for one in spread for kept in entries(flow, one, "shell")):
        return True
    command = argument(call, 0, "args")
    listed = flow.origins(Point(point.place, command, point.environment)) if command is not None else []
    return any(
        isinstance(one.expression, Sequence)
        and _named_shell(flow, Point(one.place, one.expression, one.environment), one.expression.items)
        for one in listed
    )


def _on_unless_told(flow: Flow, point: Point, call: Call) -> bool:
    """Whether a helper asks a shell unless its caller says no: ``def run(command, shell=True)``."""
    return any(one.default and _yes(one.point.expression) for one in _switches(flow, point, call))


def _off_unless_told(flow: Flow, point: Point, call: Call) -> bool:
    """Whether a helper asks a shell where its caller says so."""
    switches = _switches(flow, point, call)
    return any(_yes(one.point.expression) for one in switches if not one.default) and not any(
        _yes(one.point.expression) for one in switches if one.default
    )


def _switches(flow: Flow, point: Point, call: Call) -> list[Arrival]:
    """What the parameter is given that a helper hands to subprocess as ``shell``; empty where it decides itself."""
    given = argument(call, -1, "shell") if chain_end(call) in _WITH_SHELL else None
    if not isinstance(given, Name) or _shell(flow, point, call):
        return []
    return list(arrivals(flow, Point(point.place, given, point.environment)))


def _switched_on(flow: Flow, finding: Finding, unless_told: bool) -> bool:
    """Whether the call that a finding tells of has the shell: it says so, or says nothing where that is enough."""
    where = finding.location
    place = place_at(flow.project, where.path, where.span.line)
    calls = walk(flow.project.body(place)) if place is not None else ()
    for node in calls:
        if isinstance(node, Call) and (node.line, node.column) == (where.span.line, where.span.column):
            given = argument(node, -1, "shell")
            return unless_told if given is None else _yes(given) or isinstance(given, Name)
    return False


def _yes(expression: AnyExpression) -> bool:
    return isinstance(expression, Constant) and expression.value is True


def _named_shell(flow: Flow, point: Point, words: list[AnyExpression]) -> bool:
    """Whether a program is a shell that is handed a command, ``["sh", "-c", command]``, and a client has a say in it:
    what stands behind the command are arguments, and no shell reads those."""
    if len(words) < 3 or not all(isinstance(one, Constant) and isinstance(one.value, str) for one in words[:2]):
        return False
    program, flag = (str(one.value) for one in words[:2] if isinstance(one, Constant))
    if _SHELLS.search(program) is None or _COMMAND.fullmatch(flag) is None:
        return False
    command = flow.value(Point(point.place, words[2], point.environment))
    return any(request_part(row) is not None for row in command.rows)


_SHELLS = re.compile(
    r"(?:^|[/\\])(?:ba|z|da|k|c|tc|a|fi)?sh$|(?:^|[/\\])(?:cmd|powershell|pwsh)(?:\.exe)?$", re.IGNORECASE
)
_COMMAND = re.compile(r"-[a-z]*c|/c|-command", re.IGNORECASE)
"""The option behind which a shell takes a command."""
