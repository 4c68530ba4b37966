"""Functions and classes: each gets an entry of its own, the statement keeps its index."""

from __future__ import annotations

from collections.abc import Sequence as Series
from typing import Any, cast

import libcst as cst

from analyzer.facts.expressions import AnyExpression, Name, Starred
from analyzer.facts.outline import Class, Function
from analyzer.facts.statements import AnyStatement, DefineClass, DefineFunction
from analyzer.syntax import strings
from analyzer.syntax.dynamic import note_parameters
from analyzer.syntax.expressions import annotate, parameters
from analyzer.syntax.secrets import reveal
from analyzer.syntax.suites import sequence
from analyzer.syntax.work import Work


def function(work: Work, node: cst.FunctionDef) -> AnyStatement:
    """``def`` and ``async def``. Uses in its decorators, parameters and annotations are the function's own."""
    index = len(work.functions)
    work.functions.append(cast("Function", None))  # its place; nested functions come behind
    work.bodies.append([])
    owner, parent = (work.klass if work.member else -1), work.function
    start_line, start_column = work.positions.first_token(node)
    line, column, _, end_column = work.at(node.name)
    documented = has_docstring(node.body)
    with work.scope(node.name.value, function=index):
        qualname = work.prefix[:-1]
        decorators = _decorators(work, node.decorators)
        with work.inside("annotate"):
            type_parameters(work, node.type_parameters)
        params = parameters(work, node.params)
        note_parameters(work, params)
        returns = None if node.returns is None else annotate(work, node.returns)
        body, last = sequence(work, node.body.body, documented=documented)
        work.bodies[index] = body
        work.functions[index] = Function(
            node.name.value, qualname, owner, parent, node.asynchronous is not None, work.generator,
            decorators, params, returns, start_line, line, column, end_column, last,
            work.uses, work.locals, documented,
        )  # fmt: skip
    return DefineFunction(start_line, start_column, last, index)


def klass(work: Work, node: cst.ClassDef) -> AnyStatement:
    """``class``. Uses in its decorators, bases and keywords are the class's own."""
    index = len(work.classes)
    work.classes.append(cast("Class", None))
    owner, parent = (work.klass if work.member else -1), work.function
    start_line, start_column = work.positions.first_token(node)
    line, column, _, end_column = work.at(node.name)
    with work.scope(node.name.value, klass=index):
        qualname = work.prefix[:-1]
        decorators = _decorators(work, node.decorators)
        with work.inside("annotate"):
            type_parameters(work, node.type_parameters)
        with work.inside("base"):
            bases = [_base(work, base) for base in node.bases]
            keywords = [_keyword(work, keyword) for keyword in node.keywords]
        body, last = sequence(work, node.body.body, documented=has_docstring(node.body))
        work.classes[index] = Class(
            node.name.value, qualname, owner, parent, decorators, bases, keywords,
            start_line, line, column, end_column, last, body, work.uses, work.locals,
        )  # fmt: skip
    return DefineClass(start_line, start_column, last, index)


def _decorators(work: Work, nodes: Series[cst.Decorator]) -> list[AnyExpression]:
    with work.inside("decorate"):
        return [work.expression(node.decorator) for node in nodes]


def _base(work: Work, node: cst.Arg) -> AnyExpression:
    value = work.expression(node.value)
    if node.star:
        return Starred(value.line, value.column, value.end_line, value.end_column, value)
    return value


def _keyword(work: Work, node: cst.Arg) -> tuple[str, AnyExpression]:
    """``**options`` has no name and is called ``**``."""
    name = node.keyword.value if node.keyword is not None else "**"
    return name, reveal(name, work.expression(node.value))


def type_parameters(work: Work, node: cst.TypeParameters | None) -> None:
    """Record what bounds and defaults of type parameters use, and that the parameters are bound."""
    if node is None:
        return
    for item in node.params:
        param: Any = item.param
        name = param.name
        with work.inside(None):
            work.use(name.value, "write", Name(*work.at(name), name.value))
        if isinstance(param, cst.TypeVar) and param.bound is not None:
            work.expression(param.bound)
        if item.default is not None:
            work.expression(item.default)


def has_docstring(body: cst.BaseSuite | cst.Module) -> bool:
    """Whether a body begins with a plain text."""
    statements = body.body
    if not statements:
        return False
    first: Any = statements[0]
    if isinstance(first, cst.SimpleStatementLine):
        if not first.body:
            return False
        first = first.body[0]
    if not isinstance(first, cst.Expr):
        return False
    return _is_text(first.value)


def _is_text(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.ConcatenatedString):
        if not _is_text(node.left):
            return False
        node = node.right
    return isinstance(node, cst.SimpleString) and isinstance(strings.literal(node.value), str)
