"""The part of BA401 about prices, quantities and the like that a schema or a handler declares as any number, and that
are kept as they came: a price of -5 is a price, until somebody reckons with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from analyzer.checks._amounts import LOWER
from analyzer.checks._numbers import DEPTH, Declared, Search, Used, declared, path_of
from analyzer.checks._raw import state_changing
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Name
from analyzer.facts.statements import Assign, For
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow
from analyzer.flow.questions import location, written
from analyzer.frameworks.persistence import is_model
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Severity, Step
from analyzer.project import Place, Project

_COUNTED = frozenset(
    "price cost fee amount quantity qty stock inventory rating stars discount age capacity seats guests tickets".split()
)
"""The last words of names of numbers that are never below zero."""
_UNITS = frozenset("cents usd eur gbp inr percent percentage pct in level left".split())
"""Words behind them that say what is counted."""
SIGNED = re.compile(
    r"transaction|entry|ledger|journal|adjust|movement|budget|delta|change|filter|search", re.IGNORECASE
)
"""Names of schemas whose numbers may go either way, or that nothing keeps."""
_KEEPING = frozenset({"create", "values", "insert", "update", "acreate", "insert_one", "update_or_create"})


def counted(name: str) -> bool:
    """Whether a name is that of a number that is never below zero: ``unit_price``, ``stockLevel``, ``price_cents``."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name.rpartition(".")[2])
    said = [one.lower() for one in words]
    while len(said) > 1 and said[-1] in _UNITS:
        said.pop()
    return bool(said) and said[-1] in _COUNTED


def stored(picture: Picture, flow: Flow, rule: Rule, told: Set[Place], bounded: Set[str]) -> Iterator[Finding]:
    """One finding a schema, at its first such field that a handler keeps, in order of handlers; ``told``: handlers that
    were told of, ``bounded``: columns that the tables look at."""
    seen: set[tuple[str, int]] = set()
    for place in state_changing(picture, flow):
        if place in told:
            continue
        numbers = {
            name: where
            for name, where in declared(flow.project, place, LOWER).items()
            if counted(name) and name.rpartition(".")[2] not in bounded
            and not SIGNED.search(_of(flow, place, where))
        }  # fmt: skip
        search = Search(flow, LOWER, _keeping)
        for name, where in numbers.items():
            if (where.place.path, where.node.line) in seen:
                continue
            found = search.within(place, frozenset({name}), DEPTH)
            if found is not None:
                mates = {(one.place.path, one.node.line) for one in numbers.values() if one.schema == where.schema}
                if not mates & seen:
                    yield _finding(rule, place, name, where, found, _of(flow, place, where))
                seen |= mates


def _of(flow: Flow, place: Place, where: Declared) -> str:
    """What declares a number: a schema, or the handler itself (``fee: float = Form(0)``)."""
    function = flow.project.function(place)
    if where.schema is not None:
        return where.schema.dotted.rpartition(".")[2]
    return function.name if function is not None else ""


def bounded_by_models(project: Project) -> frozenset[str]:
    """The names of columns that a constraint of a table or a validator of a record looks at."""
    found: set[str] = set()
    for path in project.paths():
        outline = project.outline(path)
        for item in outline.classes:
            for node in walk(list(item.body)):
                if isinstance(node, Call) and chain(node.func).endswith("CheckConstraint"):
                    texts = (str(one.value) for one in walk(node) if isinstance(one, Constant))
                    keys = (one.keyword for call in walk(node) if isinstance(call, Call) for one in call.arguments)
                    found.update(word for text in texts for word in re.findall(r"[A-Za-z_]+", text))
                    found.update(one.partition("__")[0] for one in keys if one)
        for function in outline.functions:
            for made in function.decorators:
                if function.owner >= 0 and isinstance(made, Call) and chain(made.func).endswith("validates"):
                    found.update(str(one.value.value) for one in made.arguments if isinstance(one.value, Constant))
    return frozenset(found)


def _keeping(flow: Flow, place: Place, nodes: Sequence[object], held: set[str]) -> Iterator[Used]:
    """``Item(price=item.price)``, ``Item(**item.model_dump())``, ``row.price = item.price``, ``setattr`` for all."""
    for node in nodes:
        if isinstance(node, Assign) and node.value is not None and path_of(node.value) in held:
            kept = [one for one in node.targets if isinstance(one, Attribute) and isinstance(one.value, Name)]
            if kept and chain(kept[0].value) not in {"self", "cls"}:
                yield Used(node.value, path_of(node.value), f"is kept as `{chain(kept[0])}`")
        elif isinstance(node, Call):
            given = next((name for name in (_given(one.value, one.star, held) for one in node.arguments) if name), "")
            if given and _keeps(flow, place, node):
                yield Used(node, given, f"is kept by `{written(node)}`")
        elif isinstance(node, For):
            whole = _run_over(node)
            name = next((one for one in sorted(held) if whole and one.startswith(f"{whole}.")), "")
            inner = (one for one in walk(node.body) if isinstance(one, Call))
            setting = next((one for one in inner if chain(one.func) == "setattr"), None)
            if name and setting is not None:
                yield Used(setting, name, "is set")


def _run_over(loop: For) -> str:
    """``data`` of ``for name, value in data.items()``; ``""`` for other loops."""
    pairs = loop.iterable
    if isinstance(pairs, Call) and isinstance(pairs.func, Attribute) and pairs.func.attr == "items":
        return path_of(pairs.func.value)
    return ""


def _given(value: AnyExpression, star: int, held: set[str]) -> str:
    """The number that an argument is, or that is in the mapping or object that it spreads or hands over whole."""
    spelled = path_of(value)
    if not spelled:
        return ""
    if spelled in held:
        return spelled
    whole = star == 2 or isinstance(value, Name | Call)
    return next((one for one in sorted(held) if whole and one.startswith(f"{spelled}.")), "")


def _keeps(flow: Flow, place: Place, call: Call) -> bool:
    project = flow.project
    target = project.resolve_expression(place, call.func) if chain(call.func) else None
    if target is not None and target.kind == "class":
        return target.index >= 0 and is_model(project, target.path, target.index)
    if target is not None and target.ours:
        return False
    return isinstance(call.func, Attribute) and call.func.attr in _KEEPING


def _finding(rule: Rule, place: Place, name: str, where: Declared, found: Used, of: str) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(where.place, where.node),
        message=f"`{name.rpartition('.')[2]}` of `{of}` may be below zero: nothing bounds it, and it is kept as "
        "the client sent it",
        fix="Declare the lowest value: `Field(ge=0)`, `Form(gt=0)`",
        severity=Severity.NOTE,
        confidence=Confidence.MEDIUM,
        steps=(Step(location(place, found.node), f"`{found.number}` {found.does}"), *found.steps),
    )
