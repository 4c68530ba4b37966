"""Lowered facts as Python's own syntax tree, so that both can be compared."""

from __future__ import annotations

import ast
from typing import Any

import msgspec

from analyzer.facts import expressions as e
from analyzer.facts import statements as s
from analyzer.facts.outline import ModuleFacts

SECRET = "<secret>"
_LOAD = ast.Load()
_UNARY = {"not": ast.Not, "-": ast.USub, "+": ast.UAdd, "~": ast.Invert}
_BINARY = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod, "**": ast.Pow,
    "@": ast.MatMult, "<<": ast.LShift, ">>": ast.RShift, "&": ast.BitAnd, "|": ast.BitOr, "^": ast.BitXor,
}  # fmt: skip
_COMPARE = {
    "==": ast.Eq, "!=": ast.NotEq, "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE, "in": ast.In,
    "not in": ast.NotIn, "is": ast.Is, "is not": ast.IsNot,
}  # fmt: skip
_DISPLAYS = {"list": ast.List, "tuple": ast.Tuple}
_COMPREHENSIONS = {"list": ast.ListComp, "set": ast.SetComp, "generator": ast.GeneratorExp}


class Builder:
    """Builds the tree of one module."""

    def __init__(self, facts: ModuleFacts) -> None:
        self.outline, self.bodies = facts.outline, facts.bodies.functions

    def module(self) -> ast.Module:
        return ast.Module(body=self.block(self.outline.body), type_ignores=[])

    def block(self, body: list[Any]) -> list[ast.stmt]:
        return [node for statement in body for node in self.statement(statement)]

    def statement(self, node: msgspec.Struct) -> list[ast.stmt]:
        build = getattr(self, f"_{type(node).__name__.lower()}")
        found = build(node)
        return found if isinstance(found, list) else [found]

    def maybe(self, node: Any) -> ast.expr | None:
        return None if node is None else self.expression(node)

    def all(self, nodes: list[Any]) -> list[ast.expr]:
        return [self.expression(node) for node in nodes]

    # statements

    def _assign(self, node: s.Assign) -> ast.stmt:
        targets = self.all(node.targets)
        if node.annotation is not None:
            return ast.AnnAssign(targets[0], self.expression(node.annotation), self.maybe(node.value), 0)
        return ast.Assign(targets, self.expression(node.value))

    def _augment(self, node: s.Augment) -> ast.stmt:
        return ast.AugAssign(self.expression(node.target), _BINARY[node.op](), self.expression(node.value))

    def _evaluate(self, node: s.Evaluate) -> ast.stmt:
        return ast.Expr(self.expression(node.value))

    def _return(self, node: s.Return) -> ast.stmt:
        return ast.Return(self.maybe(node.value))

    def _raise(self, node: s.Raise) -> ast.stmt:
        return ast.Raise(self.maybe(node.exception), self.maybe(node.cause))

    def _if(self, node: s.If) -> ast.stmt:
        return ast.If(self.expression(node.test), self.block(node.then), self.block(node.otherwise))

    def _for(self, node: s.For) -> ast.stmt:
        kind = ast.AsyncFor if node.is_async else ast.For
        body, otherwise = self.block(node.body), self.block(node.otherwise)
        return kind(self.expression(node.target), self.expression(node.iterable), body, otherwise)

    def _while(self, node: s.While) -> ast.stmt:
        return ast.While(self.expression(node.test), self.block(node.body), self.block(node.otherwise))

    def _try(self, node: s.Try) -> ast.stmt:
        handlers = [ast.ExceptHandler(self.maybe(h.kind), h.name, self.block(h.body)) for h in node.handlers]
        kind = ast.TryStar if node.group else ast.Try
        return kind(self.block(node.body), handlers, self.block(node.otherwise), self.block(node.final))

    def _with(self, node: s.With) -> ast.stmt:
        items = [ast.withitem(self.expression(item.context), self.maybe(item.target)) for item in node.items]
        return (ast.AsyncWith if node.is_async else ast.With)(items, self.block(node.body))

    def _match(self, node: s.Match) -> ast.stmt:
        cases = [
            ast.match_case(self.pattern(case.pattern), self.maybe(case.guard), self.block(case.body))
            for case in node.cases
        ]
        return ast.Match(self.expression(node.subject), cases)

    def pattern(self, node: s.Pattern) -> ast.pattern:
        parts = [self.pattern(part) for part in node.patterns]
        if node.kind == "value":
            value = self.expression(node.value)
            if isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, bool)):
                return ast.MatchSingleton(value.value)
            return ast.MatchValue(value)
        if node.kind in ("capture", "as"):
            return ast.MatchAs(parts[0] if parts else None, node.name)
        if node.kind == "star":
            return ast.MatchStar(node.name)
        if node.kind == "mapping":
            return ast.MatchMapping(self.all(node.keys), parts, node.name)
        if node.kind == "class":
            positional = len(parts) - len(node.keywords)
            value = self.expression(node.value)
            return ast.MatchClass(value, parts[:positional], node.keywords, parts[positional:])
        return {"or": ast.MatchOr, "sequence": ast.MatchSequence}[node.kind](parts)

    def _delete(self, node: s.Delete) -> ast.stmt:
        return ast.Delete(self.all(node.targets))

    def _assert(self, node: s.Assert) -> ast.stmt:
        return ast.Assert(self.expression(node.test), self.maybe(node.message))

    def _scope(self, node: s.Scope) -> ast.stmt:
        return (ast.Global if node.kind == "global" else ast.Nonlocal)(node.names)

    def _jump(self, node: s.Jump) -> ast.stmt:
        return {"break": ast.Break, "continue": ast.Continue, "pass": ast.Pass}[node.kind]()

    def _importhere(self, node: s.ImportHere) -> ast.stmt:
        found = [self.outline.imports[index] for index in node.imports]
        names = [
            ast.alias(one.name or one.module, one.bound if one.aliased else None)
            for one in found
        ]  # fmt: skip
        if found[0].name is None:
            return ast.Import(names)
        return ast.ImportFrom(found[0].module or None, names, found[0].level)

    def _definefunction(self, node: s.DefineFunction) -> ast.stmt:
        found = self.outline.functions[node.function]
        kind = ast.AsyncFunctionDef if found.is_async else ast.FunctionDef
        return kind(
            name=found.name,
            args=self.arguments(found.parameters),
            body=self.block(self.bodies[node.function]),
            decorator_list=self.all(found.decorators),
            returns=self.maybe(found.returns),
        )

    def _defineclass(self, node: s.DefineClass) -> ast.stmt:
        found = self.outline.classes[node.index]
        keywords = [ast.keyword(None if name == "**" else name, self.expression(v)) for name, v in found.keywords]
        return ast.ClassDef(
            name=found.name,
            bases=self.all(found.bases),
            keywords=keywords,
            body=self.block(found.body),
            decorator_list=self.all(found.decorators),
        )

    def arguments(self, parameters: list[e.Parameter]) -> ast.arguments:
        def some(*kinds: str) -> list[e.Parameter]:
            return [parameter for parameter in parameters if parameter.kind in kinds]

        def arg(parameter: e.Parameter) -> ast.arg:
            return ast.arg(parameter.name, self.maybe(parameter.annotation))

        return ast.arguments(
            posonlyargs=[arg(p) for p in some("positional")],
            args=[arg(p) for p in some("normal")],
            vararg=next((arg(p) for p in some("args")), None),
            kwonlyargs=[arg(p) for p in some("keyword")],
            kw_defaults=[self.maybe(p.default) for p in some("keyword")],
            kwarg=next((arg(p) for p in some("kwargs")), None),
            defaults=[self.expression(p.default) for p in some("positional", "normal") if p.default is not None],
        )

    # expressions

    def expression(self, node: Any) -> ast.expr:
        found: ast.expr = getattr(self, f"_e_{type(node).__name__.lower()}")(node)
        return found

    def _e_constant(self, node: e.Constant) -> ast.expr:
        return ast.Constant(node.value)

    def _e_bytes(self, node: e.Bytes) -> ast.expr:
        return ast.Constant(node.value)

    def _e_opaque(self, node: e.Opaque) -> ast.expr:
        return ast.parse(node.text, mode="eval").body

    def _e_secret(self, _: e.Secret) -> ast.expr:
        return ast.Constant(SECRET)

    def _e_name(self, node: e.Name) -> ast.expr:
        return ast.Name(node.id, _LOAD)

    def _e_attribute(self, node: e.Attribute) -> ast.expr:
        return ast.Attribute(self.expression(node.value), node.attr, _LOAD)

    def _e_subscript(self, node: e.Subscript) -> ast.expr:
        return ast.Subscript(self.expression(node.value), self.expression(node.index), _LOAD)

    def _e_slice(self, node: e.Slice) -> ast.expr:
        return ast.Slice(self.maybe(node.lower), self.maybe(node.upper), self.maybe(node.step))

    def _e_call(self, node: e.Call) -> ast.expr:
        args: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        for argument in node.arguments:
            value = self.expression(argument.value)
            if argument.keyword is not None or argument.star == 2:
                keywords.append(ast.keyword(argument.keyword, value))
            else:
                args.append(ast.Starred(value, _LOAD) if argument.star else value)
        return ast.Call(self.expression(node.func), args, keywords)

    def _e_unary(self, node: e.Unary) -> ast.expr:
        return ast.UnaryOp(_UNARY[node.op](), self.expression(node.operand))

    def _e_binary(self, node: e.Binary) -> ast.expr:
        return ast.BinOp(self.expression(node.left), _BINARY[node.op](), self.expression(node.right))

    def _e_boolean(self, node: e.Boolean) -> ast.expr:
        return ast.BoolOp(ast.And() if node.op == "and" else ast.Or(), self.all(node.values))

    def _e_compare(self, node: e.Compare) -> ast.expr:
        operators = [_COMPARE[op]() for op in node.operators]
        return ast.Compare(self.expression(node.left), operators, self.all(node.comparators))

    def _e_conditional(self, node: e.Conditional) -> ast.expr:
        return ast.IfExp(self.expression(node.test), self.expression(node.then), self.expression(node.otherwise))

    def _e_lambda(self, node: e.Lambda) -> ast.expr:
        return ast.Lambda(self.arguments(node.parameters), self.expression(node.body))

    def _e_format(self, node: e.Format) -> ast.expr:
        parts = [part for part in node.parts if not (isinstance(part, e.Constant) and part.value == "")]
        return ast.JoinedStr(self.all(parts))

    def _e_interpolation(self, node: e.Interpolation) -> ast.expr:
        conversion = ord(node.conversion) if node.conversion else -1
        return ast.FormattedValue(self.expression(node.value), conversion, self.maybe(node.spec))

    def _e_sequence(self, node: e.Sequence) -> ast.expr:
        if node.kind == "set":
            return ast.Set(self.all(node.items))
        return _DISPLAYS[node.kind](self.all(node.items), _LOAD)

    def _e_mapping(self, node: e.Mapping) -> ast.expr:
        return ast.Dict([self.maybe(key) for key in node.keys], self.all(node.values))

    def _e_starred(self, node: e.Starred) -> ast.expr:
        return ast.Starred(self.expression(node.value), _LOAD)

    def _e_comprehension(self, node: e.Comprehension) -> ast.expr:
        generators = [
            ast.comprehension(
                self.expression(g.target), self.expression(g.iterable), self.all(g.conditions), int(g.is_async)
            )
            for g in node.generators
        ]
        if node.kind == "dict":
            return ast.DictComp(self.expression(node.element), self.maybe(node.value), generators)
        return _COMPREHENSIONS[node.kind](self.expression(node.element), generators)

    def _e_await(self, node: e.Await) -> ast.expr:
        return ast.Await(self.expression(node.value))

    def _e_yield(self, node: e.Yield) -> ast.expr:
        value = self.maybe(node.value)
        return ast.YieldFrom(value) if node.delegate else ast.Yield(value)

    def _e_walrus(self, node: e.Walrus) -> ast.expr:
        return ast.NamedExpr(self.expression(node.target), self.expression(node.value))


class Plain(ast.NodeTransformer):
    """Python's tree without what facts leave out: docstrings, contexts, kinds of text."""

    def __init__(self, *, documented: bool) -> None:
        self._documented = documented

    def visit(self, node: ast.AST) -> Any:
        node = super().visit(node)
        if hasattr(node, "ctx"):
            node.ctx = _LOAD
        if self._documented and isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and type(first.value.value) is str:
                node.body = node.body[1:]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and "type_params" in node._fields:
            node.type_params = []
        if isinstance(node, ast.Constant):
            node.kind = None
        if isinstance(node, ast.JoinedStr):  # Python 3.12 puts empty texts in, which say nothing
            node.values = [one for one in node.values if not (isinstance(one, ast.Constant) and one.value == "")]
        if isinstance(node, ast.AnnAssign):
            node.simple = 0
        if isinstance(node, ast.MatchMapping) or hasattr(node, "type_comment"):
            node.type_comment = None
        return node


def same(facts: ModuleFacts, text: str) -> bool:
    """Whether the facts of a module say what Python's parser says."""
    return not differences(facts, text)


def differences(facts: ModuleFacts, text: str) -> list[str]:
    """Lines in which the dumps of both trees differ."""
    mine = ast.dump(Plain(documented=False).visit(Builder(facts).module()), indent=0).splitlines()
    theirs = ast.dump(Plain(documented=True).visit(ast.parse(text)), indent=0).splitlines()
    found = [
        f"{left} != {right}" for left, right in zip(mine, theirs, strict=False) if left != right and SECRET not in left
    ]
    return found + ([] if len(mine) == len(theirs) else [f"{len(mine)} lines, {len(theirs)} expected"])
