"""Bytes of one file to its facts."""

from __future__ import annotations

import ast
import re
import warnings

import libcst as cst
import msgspec

from analyzer.facts import literals
from analyzer.facts.codec import encode
from analyzer.facts.expressions import Constant, Secret
from analyzer.facts.outline import Bodies, Comment, ModuleFacts, Outline, Problem
from analyzer.facts.recursion import roomy
from analyzer.facts.visit import walk
from analyzer.syntax import expressions, limits, statements
from analyzer.syntax.continuations import Joined, dedent_end, join
from analyzer.syntax.decoding import Undecodable, decode
from analyzer.syntax.definitions import has_docstring
from analyzer.syntax.exports import exports
from analyzer.syntax.lean import lean
from analyzer.syntax.positions import UNMARKED, Positions
from analyzer.syntax.suites import sequence
from analyzer.syntax.work import Work

_SPEAKS = re.compile(r"backend-audit\s*:|\bnosec\b|\bnoqa\b|\bnosemgrep\b|\bnosem\b", re.IGNORECASE)
_SECRET = encode("z")
"""How a :class:`Secret` begins in encoded facts, behind its array's length."""


def lower(data: bytes) -> ModuleFacts:
    """The facts of a file. Never raises: what cannot be read is an outline with a ``problem`` and nothing else."""
    try:
        text = decode(data)
    except Undecodable as error:
        return refused(error.line, 1, error.message)
    joined = join(text)
    try:
        with roomy():
            return _lower(text, joined)
    except cst.ParserSyntaxError as error:
        return refused(*_place(error, text, joined), "invalid syntax")
    except (RecursionError, MemoryError):
        return refused(1, 1, "nested too deeply to be analysed")
    except Exception as error:  # the parser's validation fails in several ways of its own
        return refused(1, 1, f"cannot be analysed ({type(error).__name__})")


def _place(error: cst.ParserSyntaxError, text: str, joined: Joined) -> tuple[int, int]:
    """Line and column of a syntax error.

    libcst tells where the token *behind* the wrong one begins, in its message, and less in its fields. Python's own
    parser tells the right place, but takes newer syntax than its own for wrong and may see nothing wrong at all.
    """
    told = re.search(r"\berror at (\d+):(\d+)", error.message)
    behind = (joined.line(int(told[1])), int(told[2])) if told else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as own:
        place = (own.lineno or 1, own.offset or 1)
        if behind is None or place <= behind:
            return place
    except (ValueError, RecursionError, MemoryError):
        pass
    return behind or (joined.line(error.raw_line), error.raw_column + 1)


def refused(line: int, column: int, message: str) -> ModuleFacts:
    """Facts of a file that could not be analysed."""
    problem = Problem(max(line, 1), max(column, 1), message)
    outline = Outline(0, problem, [], [], [], [], [], [], None, [], False)
    return ModuleFacts(outline, Bodies([]))


def _lower(text: str, joined: Joined) -> ModuleFacts:
    refusal = limits.too_deep(text)
    if refusal:
        offset, message = refusal
        return refused(text.count("\n", 0, offset) + 1, 1, message)
    module, positions = _parsed(text, joined)
    if not positions.agrees(joined.joints):
        module, positions = _parsed(text, dedent_end(joined))
    if not positions.agrees(joined.joints):
        # libcst passes over a continued line that we did not see either, and a block's end depends on it.
        return refused(1, 1, "continued in a way that cannot be analysed")
    if positions.depth > limits.MAX_TREE:
        return refused(1, 1, "nested too deeply to be analysed")
    work = Work(positions, expressions.HANDLERS, statements.HANDLERS)
    documented = has_docstring(module)
    body, _ = sequence(work, module.body, documented=documented)
    outline = Outline(
        positions.line_count, None, work.imports, work.functions, work.classes, body, work.uses, work.locals,
        exports(body), _comments(positions), documented, flags=sorted(work.flags - {"TYPE_CHECKING"}),
    )  # fmt: skip
    facts = ModuleFacts(outline, Bodies(work.bodies))
    # The tag of a secret in the encoded facts is a thousand times cheaper to look for than the node in the tree.
    kept = encode(facts)
    if _SECRET in kept or b"INSERT" in kept or b"insert" in kept:
        outline = msgspec.structs.replace(outline, secrets=_secrets(facts))
    return ModuleFacts(outline, facts.bodies)


def _parsed(text: str, joined: Joined) -> tuple[cst.Module, Positions]:
    with lean(UNMARKED):
        module = cst.parse_module(joined.text)
        return module, Positions(module, text)


def _secrets(facts: ModuleFacts) -> list[Secret]:
    outline = facts.outline
    roots: list[msgspec.Struct] = [*outline.body, *outline.functions, *outline.classes]
    for body in facts.bodies.functions:
        roots.extend(body)
    found: dict[tuple[int, int], Secret] = {}
    for node in walk(roots):
        secret = node if isinstance(node, Secret) else _inserted(node) if isinstance(node, Constant) else None
        if secret is not None:
            found[secret.line, secret.column] = secret
    return [found[place] for place in sorted(found)]


def _inserted(node: Constant) -> Secret | None:
    """A statement that inserts a password; the text stays what it is, for rules about statements."""
    for value in literals.inserted(node.value) if isinstance(node.value, str) else ():
        sighting = literals.by_name("password", value)
        if sighting is not None and sighting.strength != literals.PLACEHOLDER:
            place = (node.line, node.column, node.end_line, node.end_column)
            return Secret(*place, sighting.kind, sighting.preview, len(value), sighting.strength)
    return None


def _comments(positions: Positions) -> list[Comment]:
    found: list[Comment] = []
    for node in positions.comments:
        if _SPEAKS.search(node.value):
            start = positions.start(node)
            line, column = positions.place(start)
            found.append(Comment(line, column, node.value, positions.alone(start)))
    return found
