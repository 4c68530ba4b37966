"""What is written to or deleted."""

from __future__ import annotations

import libcst as cst

from analyzer.facts.expressions import AnyExpression, Sequence, Starred
from analyzer.facts.outline import UseKind
from analyzer.syntax.chains import chained
from analyzer.syntax.work import Work


def target(work: Work, node: cst.CSTNode, kind: UseKind = "write") -> AnyExpression:
    """Lower what is written to (or deleted): every chain in it is recorded as such."""
    if isinstance(node, (cst.Tuple, cst.List)):
        items = [
            Starred(*work.positions.between(work.positions.start(item), work.positions.end(item.value)),
                    target(work, item.value, kind))
            if isinstance(item, cst.StarredElement)
            else target(work, item.value, kind)
            for item in node.elements
        ]  # fmt: skip
        if isinstance(node, cst.List):
            return Sequence(*work.at(node), "list", items)
        return Sequence(*work.positions.display(node), "tuple", items)
    if isinstance(node, cst.StarredElement):
        value = target(work, node.value, kind)
        place = work.positions.between(work.positions.start(node), work.positions.end(node.value))
        return Starred(*place, value)
    result, chain = chained(work, node)
    if chain:
        work.use(chain, kind, result)
    return result
