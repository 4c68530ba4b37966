"""Runs bandit in a process of its own, started by file name; imports nothing of ours.

Standard input: ``{"tests": {id: {"near": regex, "place": "literal" | "call"}}, "files": [name, ...]}``; the names lie
in the working folder. Standard output: one JSON line a file, as soon as it is done: ``[name, [[id, confidence, line,
column, end_line, end_column], ...], [reason, ...]]``. Columns count code points from 1. No source text is written.
"""

from __future__ import annotations

import ast
import gc
import io
import json
import logging
import re
import sys
import tokenize
import warnings
from pathlib import Path
from typing import Any

from bandit.core.config import BanditConfig
from bandit.core.manager import BanditManager
from bandit.core.node_visitor import BanditNodeVisitor

SYNTAX = f"Python {sys.version_info.major}.{sys.version_info.minor}, which runs bandit, cannot parse it"
CRASHED = "a test of bandit failed on it"
_REASONS = {"syntax error while parsing AST from file": SYNTAX, "exception while scanning file": CRASHED}
_COLLECT_EVERY = 50
"""Files; bandit links nodes to their parents, so each tree is a cycle that only the collector frees."""


class _Complaints(logging.Handler):
    """Counts what bandit only logs: tests that failed inside."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0

    def emit(self, _: logging.LogRecord) -> None:
        self.count += 1


def main() -> None:
    """Read the order, look at each file, write each answer."""
    order = json.load(sys.stdin)
    tests: dict[str, dict[str, str]] = order["tests"]
    near = {test: re.compile(entry["near"].encode(), re.DOTALL) for test, entry in tests.items()}
    complaints = _Complaints()
    logger = logging.getLogger("bandit")
    logger.handlers, logger.propagate = [complaints], False
    for name in logging.root.manager.loggerDict:
        if name.startswith("bandit."):
            logging.getLogger(name).handlers, logging.getLogger(name).propagate = [], True
    warnings.simplefilter("ignore")
    config = BanditConfig()
    _hasten()
    gc.collect()
    gc.freeze()
    gc.disable()
    for number, file in enumerate(order["files"], 1):
        complaints.count = 0
        manager: Any = BanditManager(config, "file", profile={"include": sorted(tests)}, ignore_nosec=True)
        manager.files_list = [file]
        manager.run_tests()
        reasons = [_REASONS.get(reason, CRASHED) for _, reason in manager.skipped]
        if complaints.count and not reasons:
            reasons = [CRASHED]
        matches = _matches(file, manager.results, tests, near) if manager.results else []
        print(json.dumps([file, matches, reasons]), flush=True)
        if number % _COLLECT_EVERY == 0:
            gc.collect()


def _hasten() -> None:
    """Let bandit pass over nodes that none of its tests looks at.

    For each name, operator and statement it gathers what a test would have to know, then finds that there is no test:
    two thirds of its time. What it does for all other nodes, and in which order, stays as it is. A bandit that is built
    in another way is left alone.
    """
    own = BanditNodeVisitor.generic_visit
    if not all(hasattr(BanditNodeVisitor, name) for name in ("pre_visit", "visit", "post_visit", "visit_Constant")):
        return

    def generic_visit(visitor: Any, node: ast.AST) -> None:
        kinds = visitor.__dict__.get("_backend_audit_kinds")
        if kinds is None:
            if not hasattr(getattr(visitor, "testset", None), "get_tests") or getattr(visitor, "debug", True):
                own(visitor, node)
                return
            kinds = visitor._backend_audit_kinds = {}
        for field in node._fields:
            value = getattr(node, field, None)
            items = value if isinstance(value, list) else (value,)
            for at, item in enumerate(items, 1):
                if not isinstance(item, ast.AST):
                    continue
                item._bandit_sibling = items[at] if at < len(items) else None  # type: ignore[attr-defined]
                item._bandit_parent = node  # type: ignore[attr-defined]
                kind = type(item)
                tested = kinds.get(kind)
                if tested is None:
                    name = kind.__name__
                    tested = hasattr(visitor, f"visit_{name}") or bool(visitor.testset.get_tests(name))
                    kinds[kind] = tested
                if not tested or (isinstance(item, ast.Constant) and not isinstance(item.value, str | bytes)):
                    if item._fields:
                        visitor.generic_visit(item)
                elif visitor.pre_visit(item):
                    visitor.visit(item)
                    visitor.generic_visit(item)
                    visitor.post_visit(item)

    BanditNodeVisitor.generic_visit = generic_visit


def _matches(
    file: str, issues: list[Any], tests: dict[str, dict[str, str]], near: dict[str, re.Pattern[bytes]]
) -> list[list[Any]]:
    data = Path(file).read_bytes()
    tree = ast.parse(data)
    lines = re.split(rb"\r\n|\r|\n", data.lower())
    text = _Lines(data)
    found = set()
    for issue in issues:
        last = max([issue.lineno, *issue.linerange])
        window = b"\n".join(lines[max(issue.lineno - 3, 0) : last + 2])
        if issue.test_id not in tests or not near[issue.test_id].search(window):
            continue
        node = _node(tree, issue, tests[issue.test_id]["place"])
        found.add((issue.test_id, issue.confidence.lower(), *text.span(node, issue.lineno)))
    return [list(match) for match in sorted(found)]


def _node(tree: ast.AST, issue: Any, place: str) -> ast.expr | None:
    """What the report points at: the literal that bandit quotes, or the innermost call around the reported text."""
    best = None
    for node in ast.walk(tree):
        if place == "literal":
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.lineno == issue.lineno
                and issue.text == f"Possible hardcoded password: '{node.value}'"
            ):
                return node
        elif isinstance(node, ast.Call) and _holds(node, issue.lineno, issue.col_offset):
            method = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if method not in ("format", "join", "replace", "strip", "dedent", "cleandoc"):
                best = node if best is None or _holds(best, node.lineno, node.col_offset) else best
    return best


def _holds(call: ast.Call, line: int, column: int) -> bool:
    return (call.lineno, call.col_offset) <= (line, column) <= (call.end_lineno or 0, call.end_col_offset or 0)


def _decoded(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    try:
        return data.decode(encoding, "replace")
    except ValueError:  # a codec that knows only strict decoding, like idna
        return data.decode(encoding)


class _Lines:
    """The file's lines as the parser counts them, to turn its UTF-8 offsets into code points."""

    def __init__(self, data: bytes) -> None:
        self._lines = [line.encode() for line in re.split(r"\r\n|\r|\n", _decoded(data))]

    def span(self, node: ast.expr | None, line: int) -> tuple[int, int, int, int]:
        """The node's span; the whole line when there is no node."""
        if node is None:
            return line, 1, line, 1 + len(self._line(line).decode())
        end_line, end_offset = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset + 1
        return node.lineno, self._column(node.lineno, node.col_offset), end_line, self._column(end_line, end_offset)

    def _column(self, line: int, offset: int) -> int:
        return 1 + len(self._line(line)[:offset].decode("utf-8", "replace"))

    def _line(self, line: int) -> bytes:
        return self._lines[line - 1] if line <= len(self._lines) else b""


if __name__ == "__main__":
    main()
