"""Lines and columns agree with Python's own, in code points, whatever the text looks like."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest
from own_code import OWN_PARTS, own_files

from analyzer.facts import expressions as e
from analyzer.facts.outline import ModuleFacts
from analyzer.facts.visit import walk
from analyzer.syntax import lower

KINDS: dict[type, type] = {
    ast.Name: e.Name, ast.Attribute: e.Attribute, ast.Call: e.Call, ast.Subscript: e.Subscript, ast.BinOp: e.Binary,
    ast.Compare: e.Compare, ast.IfExp: e.Conditional, ast.Lambda: e.Lambda, ast.Dict: e.Mapping, ast.List: e.Sequence,
    ast.Set: e.Sequence, ast.Tuple: e.Sequence, ast.Await: e.Await, ast.Yield: e.Yield, ast.NamedExpr: e.Walrus,
    ast.UnaryOp: e.Unary, ast.BoolOp: e.Boolean, ast.ListComp: e.Comprehension, ast.DictComp: e.Comprehension,
    ast.SetComp: e.Comprehension, ast.JoinedStr: e.Format, ast.Constant: e.Constant,
    ast.YieldFrom: e.Yield,
}  # fmt: skip
Place = tuple[str, int, int, int, int]

SNIPPETS = {
    "calls": "a.b(c, d=e)[f](\n    g,\n    *h,\n)\nx = (  y . z  ( ) )\n",
    "tabs": "if a:\n\tb = c\n\tif d:\n\t\te.f(\tg )\n",
    "wide": "é = ß.ü(𝒳, 'ä𝒳', naïve['k'])\nx = '日本' + name\n",
    "text": 'a = """one\ntwo\n  three""" + b\nc(d, """x\n\ty""", e)\n',
    "formfeed": "a = b\n\x0c\nc = d\n\x0cdef f():\n    return g\n",
    "dropped": "if a:\n    b\n  \x0c    c = d\n\x0celse:\n    e\nx\n\\\nf = g; h\n@i\n\x0c\x0cdef j(k=l): m(\n  n)\n",
    "formfeed before a block": "class a:\n\x0c    b = c\n    d = e\n\x0c\x0cif f:\n  \x0c  g(h)\n  i(j,\n\x0ck)\n",
    "other line ends": "a = 'x\x0b\x1c\x85\u2028y' + b\nc = d  # \u2028 \x0c \x85\ne = f\n",
    "decorators": "@a.b\n@c(d)\n# between\ndef f(g: h = i) -> j:\n    return k\n\n@l\nclass M(n, o=p):\n    q = r\n",
    "parentheses": "x = ((a))\ny = ( (b, c) )\nz = (d), (e)\nf((g), (h for h in i))\n",
    "continued": "a = b + \\\n    c\nif d and \\\n   e:\n    f = g\n",
    "begun by a backslash": "def a():\n    b = c\n\\\nd = e\nif f:\n    \\\n  \\\ng(h)\n"
    "\f \f\\\n\\\n@i\n\\\ndef j(): k(\n \\\n  l)\n",
    "formatted": "a = f'x{b}y{c!r:>{d}}' + e\nf(f\"{g}\", h)\n",
    "semicolons": "a = b; c(d) ; e.f\n",
    "comments": "# é\na = [  # ü\n    b,  # c\n    # d\n    e,\n]\n",
    "empty": "",
    "no newline": "a = b",
    "blank end": "a = b\n\n   \n# c",
    "async": "async def f():\n    async with a as b, c: await d(e)\n    return [g async for g in h]\n",
}


def ours(facts: ModuleFacts) -> Counter[Place]:
    outline = facts.outline
    roots = [*outline.body, *(statement for body in facts.bodies.functions for statement in body)]
    for each in outline.classes:
        roots += [*each.decorators, *each.bases, *(value for _, value in each.keywords), *each.body]
    for function in outline.functions:
        roots += [*function.decorators, *function.parameters, *([function.returns] if function.returns else [])]
    inside = {id(n) for root in roots for f in walk(root) if isinstance(f, e.Format) for n in walk(f) if n is not f}
    found: Counter[Place] = Counter()
    for node in (node for root in roots for node in walk(root)):
        kind = e.Constant if isinstance(node, e.Secret) else type(node)
        if kind not in KINDS.values() or id(node) in inside or getattr(node, "kind", "") == "generator":
            continue
        found[(kind.__name__, node.line, node.column, node.end_line, node.end_column)] += 1
    return found


def pythons(text: str) -> Counter[Place]:
    lines = [line.encode() for line in re.split(r"\r\n|\r|\n", text)]

    def column(line: int, offset: int) -> int:
        return len(lines[line - 1][:offset].decode()) + 1

    tree = ast.parse(text)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(inner) for inner in ast.walk(node) if inner is not node)
        body = getattr(node, "body", None)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and body:
            first = body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and type(first.value.value) is str:
                skipped.add(id(first.value))
    found: Counter[Place] = Counter()
    for node in ast.walk(tree):
        kind = KINDS.get(type(node))
        if kind is None or id(node) in skipped or (isinstance(node, ast.Constant) and not _kept(node.value)):
            continue
        start, end = column(node.lineno, node.col_offset), column(node.end_lineno, node.end_col_offset)
        found[(kind.__name__, node.lineno, start, node.end_lineno, end)] += 1
    return found


def _kept(value: object) -> bool:
    return not isinstance(value, (bytes, complex)) and value is not ...


def compared(text: str) -> list[Place]:
    facts = lower(text.encode())
    assert facts.outline.problem is None
    mine, theirs = ours(facts), pythons(text)
    return sorted(((mine - theirs) + (theirs - mine)).elements())


@pytest.mark.parametrize("name", SNIPPETS)
def test_every_expression_stands_where_python_says(name: str) -> None:
    assert compared(SNIPPETS[name]) == []


@pytest.mark.parametrize("name", SNIPPETS)
def test_windows_and_old_line_ends(name: str) -> None:
    assert compared(SNIPPETS[name].replace("\n", "\r\n")) == []
    if "\x0c\n" not in SNIPPETS[name]:
        assert compared(SNIPPETS[name].replace("\n", "\r")) == []


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_byte_order_mark_takes_no_column(name: str) -> None:
    plain, marked = lower(SNIPPETS[name].encode()), lower(b"\xef\xbb\xbf" + SNIPPETS[name].encode())
    assert ours(plain) == ours(marked)


@pytest.mark.parametrize("part", OWN_PARTS)
def test_our_own_code_stands_where_python_says(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.syntax.texts.annotation", lambda *_: None)
    assert {file.name: wrong for file in own_files(part) if (wrong := compared(file.read_text()))} == {}


def test_columns_of_another_encoding_are_code_points() -> None:
    facts = lower("# coding: latin-1\nx = 'é' + name\n".encode("latin-1"))
    assert ("Name", 2, 11, 2, 15) in ours(facts)


def test_lines_are_counted_as_editors_do() -> None:
    counts = {"": 0, "a": 1, "a\n": 1, "a\n\n": 2, "a\r\nb\rc": 3, "'\x0c\x85\u2028'\n": 1}
    assert {text: lower(text.encode()).outline.lines for text in counts} == counts


def test_definitions_stand_on_their_name_and_begin_at_their_decorator() -> None:
    facts = lower(
        b"import a\n\n\n# about\n@a.b(\n    c\n)\n# more\n@d\nasync def  name(x):\n    '''doc\n    '''\n\n    # end\n"
        b"\nclass K:\n    pass ; y = 1\n"
    )
    function, klass = facts.outline.functions[0], facts.outline.classes[0]
    assert (function.start_line, function.line, function.column, function.end_column, function.end_line) == (
        5, 10, 12, 16, 12,
    )  # fmt: skip
    assert (klass.start_line, klass.line, klass.column, klass.end_line) == (16, 16, 7, 17)
    statement = facts.outline.body[1]
    assert (statement.line, statement.column, statement.end_line) == (5, 1, 12)


def test_statements_end_with_their_last_token() -> None:
    facts = lower(
        b"if a:\n    b(\n        c)\n\n    # comment\nelif d: e\nelse:\n    f ; \\\n  g\n\n\n"
        b"try: h\nfinally:\n    i\n# end\n"
    )
    assert [(node.line, node.column, node.end_line) for node in facts.outline.body] == [(1, 1, 9), (12, 1, 14)]


def test_parameters_and_imports_stand_on_their_names() -> None:
    facts = lower(b"def f(a, *bc, d=1, **ef): pass\nfrom x import (\n    y as z,\n    w)\n")
    assert [(p.name, p.line, p.column) for p in facts.outline.functions[0].parameters] == [
        ("a", 1, 7), ("bc", 1, 11), ("d", 1, 15), ("ef", 1, 22),
    ]  # fmt: skip
    places = [(i.bound, i.line, i.column, i.end_line, i.end_column) for i in facts.outline.imports]
    assert places == [("z", 3, 5, 3, 11), ("w", 4, 5, 4, 6)]
