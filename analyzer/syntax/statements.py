"""Statements: a function a node type, found by type. Each returns what it lowers to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from analyzer.facts.expressions import Name
from analyzer.facts.statements import (
    AnyStatement,
    Assert,
    Assign,
    Augment,
    Delete,
    Evaluate,
    Jump,
    Raise,
    Return,
    Scope,
    TypeAlias,
)
from analyzer.syntax import blocks, definitions, guards, importing, matching
from analyzer.syntax.definitions import type_parameters
from analyzer.syntax.dynamic import bind_import, note_value
from analyzer.syntax.expressions import annotate
from analyzer.syntax.operators import AUGMENTED
from analyzer.syntax.secrets import name_of, reveal
from analyzer.syntax.sources import local_name, note_given_back, note_local
from analyzer.syntax.suites import head
from analyzer.syntax.targets import target
from analyzer.syntax.work import Work


def _assign(work: Work, node: cst.Assign) -> AnyStatement:
    targets = [target(work, each.target) for each in node.targets]
    before = len(work.imports)
    value = work.expression(node.value)
    for each in targets:
        note_local(work, each, value, "assign")
        name = name_of(each)
        if name:
            value = reveal(name, value)
    bind_import(work, before, local_name(targets[0]), value)
    guards.note_flag(work, targets, value)
    note_value(work, targets, value)
    return Assign(*head(work, node), targets, value)


def _annotated(work: Work, node: cst.AnnAssign) -> AnyStatement:
    bound = target(work, node.target)
    annotation = annotate(work, node.annotation)
    note_local(work, bound, annotation, "annotation")
    value = work.optional(node.value)
    if value is not None:
        note_local(work, bound, value, "assign")
        value = reveal(name_of(bound), value)
        guards.note_flag(work, [bound], value)
        note_value(work, [bound], value)
    return Assign(*head(work, node), [bound], value, annotation)


def _augment(work: Work, node: cst.AugAssign) -> AnyStatement:
    bound = target(work, node.target)
    value = reveal(name_of(bound), work.expression(node.value))
    return Augment(*head(work, node), bound, AUGMENTED[type(node.operator)], value)


def _evaluate(work: Work, node: cst.Expr) -> AnyStatement:
    return Evaluate(*head(work, node), work.expression(node.value))


def _return(work: Work, node: cst.Return) -> AnyStatement:
    value = work.optional(node.value)
    note_given_back(work, value, "return")
    return Return(*head(work, node), value)


def _raise(work: Work, node: cst.Raise) -> AnyStatement:
    exception = work.optional(node.exc)
    cause = None if node.cause is None else work.expression(node.cause.item)
    return Raise(*head(work, node), exception, cause)


def _delete(work: Work, node: cst.Del) -> AnyStatement:
    gone = node.target
    if isinstance(gone, cst.Tuple) and not gone.lpar:
        targets = [target(work, element.value, "delete") for element in gone.elements]
    else:
        targets = [target(work, gone, "delete")]
    return Delete(*head(work, node), targets)


def _assert(work: Work, node: cst.Assert) -> AnyStatement:
    test = work.expression(node.test)
    return Assert(*head(work, node), test, work.optional(node.msg))


def _scope(work: Work, node: cst.Global | cst.Nonlocal) -> AnyStatement:
    kind = "global" if isinstance(node, cst.Global) else "nonlocal"
    return Scope(*head(work, node), kind, [item.name.value for item in node.names])


def _jump(work: Work, node: cst.BaseSmallStatement) -> AnyStatement:
    return Jump(*head(work, node), _JUMPS[type(node)])


_JUMPS: dict[type, str] = {cst.Break: "break", cst.Continue: "continue", cst.Pass: "pass"}


def _alias(work: Work, node: cst.TypeAlias) -> AnyStatement:
    place = work.at(node.name)
    work.use(node.name.value, "write", Name(*place, node.name.value))
    with work.inside("annotate"):
        type_parameters(work, node.type_parameters)
        value = work.expression(node.value)
    return TypeAlias(*head(work, node), node.name.value, value)


HANDLERS: dict[type, Callable[[Work, Any], AnyStatement]] = {
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augment,
    cst.Expr: _evaluate,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Del: _delete,
    cst.Assert: _assert,
    cst.Global: _scope,
    cst.Nonlocal: _scope,
    cst.Break: _jump,
    cst.Continue: _jump,
    cst.Pass: _jump,
    cst.TypeAlias: _alias,
    cst.Import: importing.plain,
    cst.ImportFrom: importing.names,
    cst.If: blocks.condition,
    cst.For: blocks.loop,
    cst.While: blocks.repeat,
    cst.Try: blocks.attempt,
    cst.TryStar: blocks.attempt,
    cst.With: blocks.context,
    cst.Match: matching.match,
    cst.FunctionDef: definitions.function,
    cst.ClassDef: definitions.klass,
}
if hasattr(cst, "LazyImport"):  # PEP 810, known to libcst from 1.9 on
    HANDLERS[cst.LazyImport] = importing.plain
    HANDLERS[cst.LazyImportFrom] = importing.names
