"""What an outline says: uses, locals, imports and their guards, exports, definitions, comments."""

from __future__ import annotations

import pytest

from analyzer.facts.outline import Outline
from analyzer.syntax import lower


def outline(text: str) -> Outline:
    found = lower(text.encode()).outline
    assert found.problem is None, found.problem
    return found


def uses(text: str) -> list[tuple[str, str]]:
    return [(use.chain, use.kind) for use in outline(text).uses]


def body_uses(text: str) -> list[tuple[str, str]]:
    return [(use.chain, use.kind) for use in outline(text).functions[0].uses]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b().c(d.e)", [("a.b", "call"), ("a.b().c", "call"), ("d.e", "read")]),
        ("self.orders.repo.save(x)", [("self.orders.repo.save", "call"), ("x", "read")]),
        ("request.app.state.db", [("request.app.state.db", "read")]),
        ("items[i].name", [("i", "read"), ("items[].name", "read")]),
        ("db.session().query(A)[0]", [("db.session", "call"), ("db.session().query", "call"), ("A", "read"),
                                      ("db.session().query()[]", "read")]),
        ("super().save()", [("super", "call"), ("super().save", "call")]),
        ("(a or b).c", [("a", "read"), ("b", "read")]),
        ("'x'.join(y)", [("().join", "call"), ("y", "read")]),
        ("a.b = c", [("a.b", "write"), ("c", "read")]),
        ("a[0].b, *c = d", [("a[].b", "write"), ("c", "write"), ("d", "read")]),
        ("del a.b", [("a.b", "delete")]),
        ("a += b", [("a", "write"), ("b", "read")]),
        ("x: a.B[C] = d", [("x", "write"), ("C", "annotate"), ("a.B[]", "annotate"), ("d", "read")]),
        ("f(lambda x: x.y, [z.w for z in v])", [("f", "call"), ("x.y", "read"), ("z.w", "read"), ("z", "write"),
                                                ("v", "read")]),
        ("f'{a.b!r:{c}}'", [("a.b", "read"), ("c", "read")]),
        ("f()()", [("f", "call"), ("f()", "call")]),
        ("None; True; ...", []),
    ],
)  # fmt: skip
def test_chains_are_the_longest_and_say_what_is_done(text: str, expected: list[tuple[str, str]]) -> None:
    assert uses(text) == expected


def test_what_a_signature_uses_is_the_functions_own() -> None:
    text = "@app.get('/', deps=[Depends(auth)])\ndef f(x: Model = Depends(db)) -> Out:\n    return run(x)\n"
    assert uses(text) == []
    assert body_uses(text) == [
        ("app.get", "decorate"), ("Depends", "decorate"), ("auth", "decorate"), ("Model", "annotate"),
        ("Depends", "default"), ("db", "default"), ("Out", "annotate"), ("run", "call"), ("x", "read"),
    ]  # fmt: skip


def test_bases_and_bodies_of_classes_are_the_classes_own() -> None:
    found = outline("class A(b.C, metaclass=M):\n    x = f()\n    def g(self): return h\n").classes[0]
    assert [(use.chain, use.kind) for use in found.uses] == [
        ("b.C", "base"), ("M", "base"), ("x", "write"), ("f", "call"),
    ]  # fmt: skip


def test_what_stands_beside_an_annotated_type_is_run() -> None:
    text = "def f(x: Annotated[Session, Depends(get_db)], y: Literal['a.b']): pass\n"
    assert body_uses(text) == [
        ("Session", "annotate"), ("Depends", "call"), ("get_db", "read"), ("Annotated[]", "annotate"),
        ("Literal[]", "annotate"),
    ]  # fmt: skip


def test_quoted_annotations_are_read() -> None:
    text = "def f(a: 'Order', b: 'list[shop.Order] | None', c: Optional['Order'], d: 'not a type!') -> 'Order': pass\n"
    assert body_uses(text) == [
        ("Order", "annotate"), ("shop.Order", "annotate"), ("list[]", "annotate"), ("Order", "annotate"),
        ("Optional[]", "annotate"), ("Order", "annotate"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("repo = Repo(db)", [("repo", "Repo()", "assign")]),
        ("repo = await make.repo()", [("repo", "make.repo()", "assign")]),
        ("a = b = c.d", [("a", "c.d", "assign"), ("b", "c.d", "assign")]),
        ("a, b = C(), d", [("a", "C()", "assign"), ("b", "d", "assign")]),
        ("a = b or C()", [("a", "b", "assign"), ("a", "C()", "assign")]),
        ("a = B() if c else D()", [("a", "B()", "assign"), ("a", "D()", "assign")]),
        ("if (a := B()): pass", [("a", "B()", "assign")]),
        ("x: Repo = Repo()", [("x", "Repo", "annotation"), ("x", "Repo()", "assign")]),
        ("x: Optional[Repo]", [("x", "Repo", "annotation")]),
        ("x: 'Repo | None' = None", [("x", "Repo", "annotation")]),
        ("x: Annotated[Repo, 1]", [("x", "Repo", "annotation")]),
        ("x: list[Repo]", [("x", "list[]", "annotation")]),
        ("with X() as y, z as w: pass", [("y", "X()", "with"), ("w", "z", "with")]),
        ("for y in X.items(): pass", [("y", "X.items()", "for")]),
        ("[y for y in X.all()]", [("y", "X.all()", "for")]),
        ("a.b = C()", []),
        ("x = 1", []),
    ],
)
def test_where_names_get_their_values_from(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(local.target, local.source, local.how) for local in outline(text).locals] == expected


def test_attributes_of_self_are_remembered_where_they_are_set() -> None:
    text = (
        "class A:\n    kind = B()\n    async def f(self):\n        self.repo = Repo(self.db)\n"
        "        async with Session() as s: cls.x = y\n"
    )
    found = outline(text)
    assert [(local.target, local.source, local.how) for local in found.functions[0].locals] == [
        ("self.repo", "Repo()", "assign"), ("s", "Session()", "with"), ("cls.x", "y", "assign"),
    ]  # fmt: skip
    assert [local.target for local in found.classes[0].locals] == ["kind"]


GUARDS = [
    ("import x", ""),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x", "type"),
    ("import typing\nif typing.TYPE_CHECKING:\n    import x", "type"),
    ("import typing as t\nif t.TYPE_CHECKING:\n    import x", "type"),
    ("from typing import TYPE_CHECKING as T\nif T:\n    import x", "type"),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING is True:\n    import x", "type"),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING == True:\n    import x", "type"),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING is False:\n    import x", "if"),
    ("TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import x", "type"),
    ("MYPY = False\nif MYPY:\n    import x", "type"),
    ("import typing\nCHECK = typing.TYPE_CHECKING\nif CHECK:\n    import x", "type"),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\nelse:\n    import x", ""),
    ("from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import x", ""),
    ("from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    pass\nelse:\n    import x", "type"),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING and a:\n    import x", "type"),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING or a:\n    import x", "if"),
    (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    try:\n        import x\n    except ImportError: pass",
        "type",
    ),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    def f():\n        import x", "type"),
    ("import typing\nif (TC := typing.TYPE_CHECKING):\n    import x", "type"),
    ("import typing\nif (TC := typing.TYPE_CHECKING):\n    pass\nif TC:\n    import x", "type"),
    ("import typing\nTC = True if typing.TYPE_CHECKING else False\nif TC:\n    import x", "type"),
    ("import typing\nRUNS = False if typing.TYPE_CHECKING else True\nif RUNS:\n    import x", "if"),
    ("import typing\nTC = bool(typing.TYPE_CHECKING)\nif TC:\n    import x", "type"),
    ("import typing\nMODE = 'a' if typing.TYPE_CHECKING else 'b'\nif MODE:\n    import x", "if"),
    ('globals()["CHECKS"] = False\nif CHECKS:\n    import x', "type"),
    ('globals()["CHECKS"] = True\nif CHECKS:\n    import x', "if"),
    ("DEBUG = False\nif DEBUG:\n    import x", "if"),
    ("if False:\n    import x", "type"),
    ("if 0:\n    import x", "type"),
    ("if True:\n    import x", "if"),
    ("other.TYPE_CHECKING\nif other.TYPE_CHECKING:\n    import x", "if"),
    ("if a:\n    import x", "if"),
    ("if a:\n    pass\nelif b:\n    import x", "if"),
    ("try:\n    import x\nexcept ImportError:\n    pass", "try"),
    ("try:\n    import x\nexcept (ValueError, ModuleNotFoundError):\n    pass", "try"),
    ("try:\n    import x\nexcept Exception as e:\n    pass", "try"),
    ("try:\n    import x\nexcept:\n    pass", "try"),
    ("try:\n    import x\nexcept ValueError:\n    pass", ""),
    ("try:\n    pass\nexcept ImportError:\n    import x", "fallback"),
    ("try:\n    pass\nexcept ValueError:\n    import x", "if"),
    ("try:\n    if a:\n        import x\nexcept ImportError:\n    pass", "try"),
    ("import contextlib\nwith contextlib.suppress(ImportError):\n    import x", "try"),
    ("if a:\n    def f():\n        import x", ""),
    ("match a:\n    case 1:\n        import x", "if"),
]


@pytest.mark.parametrize(("text", "guard"), GUARDS)
def test_imports_know_under_which_condition_they_happen(text: str, guard: str) -> None:
    assert [one.guard for one in outline(text).imports if one.module == "x"] == [guard]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a.b", ("a.b", 0, None, "a", False)),
        ("import a.b as c", ("a.b", 0, None, "c", True)),
        ("from a import b", ("a", 0, "b", "b", False)),
        ("from ..a import b as c", ("a", 2, "b", "c", True)),
        ("from . import b", ("", 1, "b", "b", False)),
        ("from a.b import *", ("a.b", 0, "*", "", False)),
    ],
)
def test_imports(text: str, expected: tuple[object, ...]) -> None:
    (one,) = outline(text).imports
    assert (one.module, one.level, one.name, one.bound, one.aliased) == expected
    assert not one.dynamic


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import importlib\nm = importlib.import_module('a.b')", [("a.b", 0, "m", True)]),
        ("import importlib as i\ni.import_module(name='a')", [("a", 0, "", True)]),
        ("from importlib import import_module as im\nm: T = im('a').b", [("a", 0, "", True)]),
        ("m = __import__('a.b')", [("a.b", 0, "m", False)]),
        ("import importlib\nimportlib.import_module('.c', 'a.b')", [("a.b.c", 0, "", True)]),
        ("import importlib\nimportlib.import_module('..c', package='a.b')", [("a.c", 0, "", True)]),
        ("import importlib\nimportlib.import_module('.c', __package__)", [("c", 1, "", True)]),
        ("import importlib\nimportlib.import_module('.c', __name__)", [("c", 1, "", True)]),
        ("import importlib\nNAME = 'a.b'\nm = importlib.import_module(NAME)", [("a.b", 0, "m", True)]),
        ("import importlib\nNAME: str = 'a.b'\ndef f():\n    importlib.import_module(NAME)", [("a.b", 0, "", True)]),
        ("import importlib\ndef f():\n    name = 'a.b'\n    importlib.import_module(name)", [("a.b", 0, "", True)]),
        ("import importlib\nP = 'a'\nimportlib.import_module(f'{P}.b')", [("a.b", 0, "", True)]),
        ("import importlib\nP = 'a'\nQ = P + '.b'\nimportlib.import_module(name=Q + '.c')", [("a.b.c", 0, "", True)]),
        ("import importlib\nP = 'a.b'\nimportlib.import_module('.c', package=P)", [("a.b.c", 0, "", True)]),
        ("import importlib\nimportlib.import_module(__package__ + '.b')", [("b", 1, "", True)]),
        ("import importlib\nimportlib.import_module(f'{__package__}.b.c')", [("b.c", 1, "", True)]),
        ("import importlib\nimportlib.import_module(f'{__name__}.b')", [("b", 1, "", True)]),
        ("import importlib\nimportlib.import_module(__package__)", []),
        ("import importlib\nimportlib.import_module('.c', __package__ + '.b')", []),
        ("NAME = 'a.b'\n__import__(NAME)", [("a.b", 0, "", False)]),
        ("import importlib\nP = 'a'\nif x:\n    P = 'b'\nimportlib.import_module(P)", []),
        ("import importlib\nclass A:\n    P = 'a'\nimportlib.import_module(P)", []),
        ("import importlib\nP = 'a'\ndef f(P):\n    importlib.import_module(P)", []),
        ("import importlib\nP = 'a'\nfor P in names:\n    importlib.import_module(P)", []),
        ("import importlib\nP = 'a'\nimportlib.import_module(f'{P!r}.b')", []),
        ("import importlib\nP = 'a'\nimportlib.import_module(f'{P}.{name}')", []),
        ("import importlib\nimportlib.import_module('.c', package=where)", []),
        ("import importlib\nimportlib.import_module(name)", []),
        ("import_module('a')", []),
        ("other.import_module('a')", []),
    ],
)
def test_imports_made_by_calls(text: str, expected: list[tuple[object, ...]]) -> None:
    found = [one for one in outline(text).imports if one.dynamic]
    assert [(one.module, one.level, one.bound, one.aliased) for one in found] == expected


def test_lazy_imports_know_their_function() -> None:
    found = outline(
        "import a\ndef f():\n    import b\n    class C:\n        import c\n        def g(self):\n            import d\n"
    )
    assert [(one.module, one.scope) for one in found.imports] == [("a", -1), ("b", 0), ("c", 0), ("d", 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__all__ = ['a', \"b\"]", ["a", "b"]),
        ("__all__ = ('a',)", ["a"]),
        ("__all__: list[str] = []", []),
        ("__all__ = ['a'] + ['b']\n__all__ += ('c',)", ["a", "b", "c"]),
        ("__all__ = ['a']\n__all__.extend(['b'])\n__all__.append('c')\n__all__.remove('a')", ["b", "c"]),
        ("__all__ = [*['a'], 'b']", ["a", "b"]),
        ("if x:\n    __all__ = ['a']", ["a"]),
        ("x = 1", None),
        ("__all__ = other.__all__", None),
        ("__all__ = ['a'] + other.__all__", None),
        ("__all__ = ['a']\n__all__ += other.__all__", None),
        ("__all__ = [name for name in dir()]", None),
        ("def f():\n    __all__ = ['a']", None),
    ],
)
def test_exports(text: str, expected: list[str] | None) -> None:
    assert outline(text).exports == expected


def test_definitions_know_where_they_are_nested() -> None:
    found = outline(
        "class A:\n    class B:\n        def f(self):\n            def g(): yield\n            class C:\n"
        "                async def h(self): return lambda: (yield)\n    if x:\n        def i(self): pass\n"
    )
    assert [(one.qualname, one.owner, one.parent) for one in found.classes] == [
        ("A", -1, -1), ("A.B", 0, -1), ("A.B.f.C", -1, 0),
    ]  # fmt: skip
    assert [(one.qualname, one.owner, one.parent, one.is_generator, one.is_async) for one in found.functions] == [
        ("A.B.f", 1, -1, False, False), ("A.B.f.g", -1, 0, True, False), ("A.B.f.C.h", 2, 0, False, True),
        ("A.i", 0, -1, False, False),
    ]  # fmt: skip


def test_documentation_is_noticed_and_dropped() -> None:
    found = lower(
        b"'''module'''\ndef f():\n    'a' 'b'\ndef g():\n    f'a'\ndef h():\n    b'a'\nclass C: 'doc'; x = 1\n"
    )
    assert found.outline.documented
    assert [one.documented for one in found.outline.functions] == [True, False, False]
    assert [len(body) for body in found.bodies.functions] == [0, 1, 1]
    assert len(found.outline.classes[0].body) == 1


def test_comments_that_speak_to_analyzers_are_kept() -> None:
    found = outline(
        "# backend-audit: ignore[BA101] -- reason\nx = '# nosec'  # nosec B101\n# nothing\ny = [  # NOQA: E501\n"
        "    # nosemgrep: a.b\n]\n\tdef\n".replace("\tdef\n", "")
    )
    assert [(one.line, one.column, one.text, one.own_line) for one in found.comments] == [
        (1, 1, "# backend-audit: ignore[BA101] -- reason", True),
        (2, 16, "# nosec B101", False),
        (4, 8, "# NOQA: E501", False),
        (5, 5, "# nosemgrep: a.b", True),
    ]
