"""Lowering loses nothing that changes meaning: what it gives is compared with Python's own parser."""

from __future__ import annotations

import inspect
import sys

import libcst as cst
import pytest
from facts_as_ast import differences
from own_code import OWN_PARTS, own_files

from analyzer.facts.expressions import Binary, Format, Interpolation, Starred, Subscript
from analyzer.facts.statements import Assign, Evaluate, Try, TypeAlias
from analyzer.syntax import expressions, lower, matching, operators, statements

STATEMENTS = """
from __future__ import annotations
import a, b.c, d.e as f
from . import g
from ..h.i import j as k, l
from m import *
x = y = 1
x: int
x: list[int] = []
a.b: int = 1
x += 1; y -= 2; z *= 3; a /= 4; b //= 5; c %= 6; d **= 7; e @= 8; f <<= 1; g >>= 1; h &= 1; i |= 1; j ^= 1
a, (b, *c), [d, e] = f
del a, b.c, d[0]
del (a, b)
assert a
assert a, "why"
raise
raise A
raise A from None
pass
global q, r
if a: pass
elif b:
    pass
elif c: x = 1; y = 2
else:
    pass
for a, *b in c, d:
    continue
else:
    break
while a:
    break
else:
    pass
try:
    pass
except A:
    pass
except (B, C) as e:
    pass
except:
    raise
else:
    pass
finally:
    pass
try:
    pass
except* A as b:
    pass
with a, b as c, d() as (e, f):
    pass
with (a as b, c):
    pass
@decorated
@decorated.again(1, *a, **b)
class A(B, *C, metaclass=D, **E):
    '''Dropped.'''
    x = 1
    '''Kept.'''
    def f(self, a, /, b=1, *args: int, c, d: str = "s", **kwargs) -> None:
        'Dropped.' ' too'
        nonlocal z
        return
    async def g(self):
        async with a as b: pass
        async for c in d: yield c
        return [await x async for x in y]
def h(*, a, b=2): yield from a
def i(a, /): x = yield
lambda: 0
lambda a, /, b=1, *c, d, e=2, **f: a
match a.b, c:
    case 1 | -1 | "s" | None | True | b.c | 1 + 2j:
        pass
    case [x, _, *rest] if x:
        pass
    case (1, *_), {"k": v, **more}:
        pass
    case A(), B(1, x=2, y=C(z)) as whole:
        pass
    case {}: pass
    case _:
        pass
"""

EXPRESSIONS = [
    "a.b.c[d](e)[f:g:h, ..., :, *i]",
    "a[b,]",
    "a[b:c]",
    "f(a, *b, c=d, **e)",
    "f(x for x in y)",
    "f((yield))",
    "not a, -b, +c, ~d",
    "a + b - c * d / e // f % g ** h @ i << j >> k & l | m ^ n",
    "a - (b - c) - d",
    "a and b and c or d and (e and f)",
    "a or (b or c) or d",
    "(a or b) or c",
    "a < b <= c == d != e > f >= g in h not in i is j is not k",
    "a if b else c if d else e",
    "(a := b + 1)",
    "[1, 2.5, 1e5, 3j, 0x1F, 0o17, 0b11, 1_000, 12345678901234567890123, .5, 5.]",
    "None, True, False, ...",
    "{}, {1, *a}, {'a': 1, **b}, [*a, b], (), (a,), (*a,)",
    "[a for b in c if d if e for f in g]",
    "{a for b in c}, {a: b for c in d}, (a for b in c)",
    "'a' \"b\" '''c''' r'\\d' 'e'",
    "b'a' rb'\\d' b'\\x00\\377\\n'",
    "'\\x41\\u00e9\\U0001F600\\N{BULLET}\\101\\q\\\n\\'\\\"\\\\'",
    "f'a{b}c{d!r}{e:>{f}.2f}{{}}{g!s:x}'",
    "f'{a=}{b = !r}{c=:d}'",
    "'a' f'b{c}' 'd' rf'\\d{e}'",
    'f"""{\n a\n}\n  b"""',
    "f'{x[\"k\"]}{lambda: 1}'.format(1)" if sys.version_info < (3, 12) else "f'{x['k']}'",
    "'é' + 'ß𝒳' + f'é{ü}'",
    "await_(lambda *a, **k: (a, k))",
    "a.b().c(d.e)(f)[g]",
]


def lowered(text: str) -> list[str]:
    facts = lower(text.encode())
    assert facts.outline.problem is None, facts.outline.problem
    return differences(facts, text)


def test_every_statement_means_the_same() -> None:
    assert lowered(STATEMENTS) == []


@pytest.mark.parametrize("text", [text for text in EXPRESSIONS if "lambda: 1" not in text])
def test_every_expression_means_the_same(text: str) -> None:
    assert lowered(f"{text}\n") == []
    assert lowered(f"def f():\n    return ({text})\n") == []


@pytest.mark.parametrize("part", OWN_PARTS)
def test_our_own_code_means_the_same(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.syntax.texts.annotation", lambda *_: None)
    assert {file.name: found for file in own_files(part) if (found := lowered(file.read_text()))} == {}


def concrete(base: type) -> set[type]:
    nodes = [getattr(cst, name) for name in dir(cst)]
    return {
        node
        for node in nodes
        if inspect.isclass(node) and issubclass(node, base) and not inspect.isabstract(node)
    }  # fmt: skip


def test_every_kind_of_node_is_lowered() -> None:
    assert concrete(cst.BaseExpression) <= set(expressions.HANDLERS)
    simple = {cst.SimpleStatementLine}
    assert concrete(cst.BaseStatement) | concrete(cst.BaseSmallStatement) <= set(statements.HANDLERS) | simple
    patterns = concrete(cst.MatchPattern) - {cst.MatchMappingElement, cst.MatchSequenceElement}
    assert patterns <= set(matching.PATTERNS)
    assert concrete(cst.BaseUnaryOp) == set(operators.UNARY)
    assert concrete(cst.BaseBinaryOp) == set(operators.BINARY)
    assert concrete(cst.BaseAugOp) == set(operators.AUGMENTED)
    assert concrete(cst.BaseBooleanOp) == set(operators.BOOLEAN)
    assert concrete(cst.BaseCompOp) == set(operators.COMPARE)


def test_exceptions_without_parentheses_are_a_tuple() -> None:
    facts = lower(b"try:\n    pass\nexcept A, b.B:\n    pass\n")
    statement = facts.outline.body[0]
    assert isinstance(statement, Try)
    kind = statement.handlers[0].kind
    assert [use.chain for use in facts.outline.uses] == ["A", "b.B"]
    assert kind is not None
    assert type(kind).__name__ == "Sequence"


def test_template_strings_are_not_text() -> None:
    statement = lower(b't"a{b!r:>5}c"\n').outline.body[0]
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.value, Format)
    assert statement.value.template
    part = statement.value.parts[1]
    assert isinstance(part, Interpolation)
    assert part.conversion == "r"


def test_generic_syntax_of_newer_pythons() -> None:
    facts = lower(
        b"type Pair[T: Base = int] = tuple[T, T]\n"
        b"def f[**P, *Ts](a: T) -> T: ...\n"
        b"class A[T: (x.Y, int)](Base[T]): ...\n"
        b"a[*b]\n"
    )
    alias = facts.outline.body[0]
    assert isinstance(alias, TypeAlias)
    assert alias.name == "Pair"
    assert {"Base", "int", "tuple[]", "T"} <= {use.chain for use in facts.outline.uses if use.kind == "annotate"}
    assert [function.name for function in facts.outline.functions] == ["f"]
    assert "x.Y" in {use.chain for use in facts.outline.classes[0].uses}
    last = facts.outline.body[3]
    assert isinstance(last, Evaluate)
    assert isinstance(last.value, Subscript)
    assert type(last.value.index).__name__ == "Sequence"
    assert isinstance(last.value.index.items[0], Starred)  # type: ignore[union-attr]


def test_same_quotes_inside_formatted_text() -> None:
    statement = lower(b'x = f"{d["k"]}{f"{y}"}"\n').outline.body[0]
    assert isinstance(statement, Assign)
    assert isinstance(statement.value, Format)
    assert len(statement.value.parts) == 2


def test_left_operands_stay_left() -> None:
    statement = lower(b"a - b - c\n").outline.body[0]
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.value, Binary)
    assert isinstance(statement.value.left, Binary)


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    x = 1\n\\\ny = 2\n",
        "def f():\n    x = 1\n    \\\ny = 2\n",
        "def f():\n    x = 1\n\\\n    \\\n\f  y = 2\nz = 3\n",
        "if a:\n    \\\n  y = 2\nz = 1\n",
        "if a:\n    y = 1\n\\\nelse:\n\\\n    z = 1\n",
        "if a:\n    y = 1\n\f\\\nz = 1\n",
        "class A:\n    def f(self):\n        x = 1\n    \\\n    def g(self): pass\n",
        "class A:\n    def f(self):\n        x = 1\n\\\ndef g(): pass\n",
        "if a:\n    y = 1\n\\\n# comment\n\\\n\n    z = 1 # \\\n\\\nw = 1\n",
        'if a:\n    x = (\n  \\\n1)\n    y = """\n  \\\n""" + \'\\\n\\\n \'\n    z = 1 + \\\n\\\n  2\n\\\nw = 1\n',
        "\\\nx = 1\n",
        "class Repository:\n\f    def find(self): ...\n\n    def save(self): ...\n",
        "def f():\n\f    x = 1\n    y = 2\nz = 3\n",
        "def f():\n  \f    'documented'\n    if x:\n  \f        y = 2\n        z = 3\n    return y\n",
        'try:\n\f\f    x = (\n\f1)\n    y = 2\n\fexcept E:\n    \f  z = """\n\f a"""\n  w = 3\n',
        "app = create_app()\n    # app.debug = True\n  # run it with gunicorn\n\n",
        "if __name__ == '__main__':\n    main()\nx = 1\n\f  # c\n # d\n#e",
        "match x:\n\f    case 1:\n\f        y = 2\n        z = 3\n    case _:\n        w = 4\n",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_statements_begun_by_a_backslash_or_a_form_feed_are_in_the_block_that_python_puts_them_in(
    text: str, end: str
) -> None:
    assert not differences(lower(text.replace("\n", end).encode()), text)
