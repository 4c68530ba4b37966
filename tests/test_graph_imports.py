"""Import edges: seen through re-exports, told apart by when they are executed."""

from __future__ import annotations

import pytest

from analyzer.graph.imports import ImportEdge, Imports
from tests.projects import project_of


def edges(files: dict[str, str], path: str) -> dict[str, ImportEdge]:
    """The edges out of a module by imported name (the target's path for whole modules)."""
    return {edge.name or edge.target: edge for edge in Imports(project_of(files)).of(path)}


def test_a_reexport_leads_to_the_module_that_defines_the_name() -> None:
    found = edges(
        {
            "app/__init__.py": "",
            "app/services/__init__.py": "from app.services.users import UserService as Service",
            "app/services/users/__init__.py": "from .service import UserService",
            "app/services/users/service.py": "class UserService: ...",
            "app/api.py": "from app.services import Service",
        },
        "app/api.py",
    )
    edge = found["Service"]
    assert edge.target == "app/services/users/service.py"
    assert edge.through == ("app/services/__init__.py", "app/services/users/__init__.py")
    assert edge.symbol is not None
    assert edge.symbol.dotted == "app.services.users.service.UserService"


def test_a_star_reexport_is_followed_too() -> None:
    found = edges(
        {
            "app/__init__.py": "from app.inner import *",
            "app/inner.py": "def work(): ...",
            "main.py": "from app import work",
        },
        "main.py",
    )
    assert found["work"].target == "app/inner.py"
    assert found["work"].through == ("app/__init__.py",)


def test_a_submodule_taken_from_its_package_is_an_edge_to_the_submodule() -> None:
    found = edges(
        {"app/__init__.py": "from . import inner", "app/inner.py": "", "main.py": "from app import inner"}, "main.py"
    )
    assert set(found) == {"app/inner.py"}
    assert not found["app/inner.py"].through


def test_lazy_type_only_and_main_guarded_imports_are_not_executed_at_load() -> None:
    found = edges(
        {
            "a.py": "A = 1", "b.py": "B = 1", "c.py": "C = 1", "d.py": "D = 1", "e.py": "E = 1",
            "main.py": """
                from typing import TYPE_CHECKING
                from a import A
                if TYPE_CHECKING:
                    from b import B
                def work():
                    from c import C
                if __name__ == "__main__":
                    from d import D
                try:
                    from e import E
                except ImportError:
                    E = None
            """,
        },
        "main.py",
    )  # fmt: skip
    assert {name for name, edge in found.items() if edge.at_load} == {"A", "E"}
    assert found["B"].type_only
    assert found["C"].lazy


_COMPAT = """
    import typing
    import typing as t
    from os import environ

    TYPE_CHECKING = typing.TYPE_CHECKING
    TC = True if typing.TYPE_CHECKING else False
    FAST = environ.get("FAST") == "1"
"""


@pytest.mark.parametrize(
    ("head", "condition", "type_only"),
    [
        ("from . import compat", "compat.TYPE_CHECKING", True),
        ("from app import compat as c", "c.TYPE_CHECKING and not c.FAST", True),
        ("import app.compat", "app.compat.TC", True),
        ("from .compat import TC", "TC", True),
        ("from .compat import TC as checking", "checking is True", True),
        ("from .compat import t", "t.TYPE_CHECKING", True),
        ("from .passed import TC", "TC", True),
        ("from .passed import COPY", "COPY", True),
        ("from .passed import *", "TC", True),
        ("from . import passed", "passed.compat.TYPE_CHECKING", True),
        ("from .compat import FAST", "FAST", False),
        ("from . import compat", "compat.FAST", False),
        ("from . import compat", "not compat.TYPE_CHECKING", False),
        ("from . import compat", "compat.TYPE_CHECKING or compat.FAST", False),
        ("from . import compat", "compat.gone", False),
        ("from .settings import settings", "settings.TYPE_CHECKING", False),
        ("from library import compat", "compat.TYPE_CHECKING", True),
        ("from .circle import TC", "TC", False),
    ],
)
def test_a_type_checkers_flag_of_another_module_is_one(head: str, condition: str, type_only: bool) -> None:
    files = {
        "app/__init__.py": "",
        "app/compat.py": _COMPAT,
        "app/passed.py": "from . import compat\nfrom .compat import *\nfrom .compat import TC\nCOPY = compat.TC",
        "app/settings.py": "class Settings:\n    TYPE_CHECKING = True\n\nsettings = Settings()",
        "app/circle.py": "from .circle import TC",
        "app/models.py": "class User: ...",
        "app/views.py": f"{head}\nif {condition}:\n    from .models import User\nelse:\n    User = None",
    }
    assert edges(files, "app/views.py")["User"].type_only is type_only


def test_the_other_branch_of_another_modules_flag_is_for_type_checkers_too() -> None:
    found = edges(
        {
            "app/compat.py": _COMPAT,
            "app/models.py": "class User: ...",
            "app/views.py": "from .compat import TC\nif not TC:\n    User = None\nelse:\n    from .models import User",
        },
        "app/views.py",
    )
    assert found["User"].type_only


def test_libraries_and_the_standard_library_are_no_edges() -> None:
    assert not edges({"main.py": "import os\nfrom json import dumps\nimport fastapi"}, "main.py")
