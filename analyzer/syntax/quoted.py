"""Annotations written as text: ``"Order"``, ``"list[Order] | None"``."""

from __future__ import annotations

import ast
import re
import warnings

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Binary,
    Constant,
    Name,
    Sequence,
    Subscript,
)
from analyzer.facts.visit import chain
from analyzer.syntax.work import Work

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")
_LONGEST = 500
"""Code points; a longer text is no type anybody wrote."""

Place = tuple[int, int, int, int]


def annotation(work: Work, place: Place, text: str) -> AnyExpression | None:
    """The type that a text in an annotation spells, every part standing where the text does; ``None`` if it is none.

    Only names, attributes, subscripts, ``|``, lists and constants: anything else keeps its text.
    """
    stripped = text.strip()
    if len(stripped) > _LONGEST or not stripped:
        return None
    if _DOTTED.match(stripped):
        first, *rest = stripped.split(".")
        found: AnyExpression = Name(*place, first)
        for part in rest:
            found = Attribute(*place, found, part)
        work.use(stripped, "annotate", found)
        return found
    if not any(mark in stripped for mark in "[|"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(stripped, mode="eval")
        return _lower(work, place, tree.body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _lower(work: Work, place: Place, node: ast.expr) -> AnyExpression:
    """Raises ValueError for what no type is made of."""
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        found = _chain(work, place, node)
        text = chain(found)
        if text:
            work.use(text, "annotate", found)
        return found
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        left = _lower(work, place, node.left)
        return Binary(*place, "|", left, _lower(work, place, node.right))
    if isinstance(node, (ast.Tuple, ast.List)):
        kind = "tuple" if isinstance(node, ast.Tuple) else "list"
        return Sequence(*place, kind, [_lower(work, place, item) for item in node.elts])
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, (str, bool, int))):
        return Constant(*place, node.value)
    raise ValueError


def _chain(work: Work, place: Place, node: ast.expr) -> AnyExpression:
    if isinstance(node, ast.Name):
        return Name(*place, node.id)
    if isinstance(node, ast.Attribute):
        return Attribute(*place, _chain(work, place, node.value), node.attr)
    if isinstance(node, ast.Subscript):
        value = _chain(work, place, node.value)
        return Subscript(*place, value, _lower(work, place, node.slice))
    raise ValueError
