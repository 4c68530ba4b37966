"""Which file a dotted name means."""

from __future__ import annotations

import pytest

from analyzer.project import Place
from analyzer.project.layout import Layout
from tests.projects import project_of


def layout_of(files: dict[str, str]) -> Layout:
    return project_of(files).layout


def test_a_package_below_a_source_folder_is_named_from_its_root() -> None:
    layout = layout_of(
        {
            "backend/app/__init__.py": "",
            "backend/app/api/__init__.py": "",
            "backend/app/api/users.py": "from app.core import config",
            "backend/app/core/__init__.py": "",
            "backend/app/core/config.py": "",
        }
    )
    assert layout.name("backend/app/api/users.py") == "app.api.users"
    assert layout.absolute("backend/app/api/users.py", "app.core.config") == "backend/app/core/config.py"
    assert layout.absolute("backend/app/api/users.py", "app.core") == "backend/app/core/__init__.py"


def test_folders_without_init_files_are_packages_where_imports_run_through_them() -> None:
    layout = layout_of({"app/main.py": "from app.services.orders import place", "app/services/orders.py": "place = 1"})
    assert layout.name("app/services/orders.py") == "app.services.orders"
    assert layout.absolute("app/main.py", "app.services.orders") == "app/services/orders.py"
    assert layout.absolute("app/main.py", "app.services") == "app/services/"


def test_scripts_side_by_side_import_each_other() -> None:
    layout = layout_of({"good/lib.py": "", "good/main.py": "import lib", "bad/lib.py": "", "bad/main.py": "import lib"})
    assert layout.absolute("good/main.py", "lib") == "good/lib.py"
    assert layout.absolute("bad/main.py", "lib") == "bad/lib.py"


@pytest.mark.parametrize("name", ["email", "logging", "types"])
def test_a_module_in_a_package_does_not_hide_the_standard_library(name: str) -> None:
    layout = layout_of(
        {
            "app/__init__.py": "",
            f"app/{name}.py": "",
            "app/main.py": f"import {name}\nfrom app.other import x",
            "app/other.py": "x = 1",
        }
    )
    assert layout.absolute("app/main.py", name) is None
    assert layout.absolute("app/main.py", f"app.{name}") == f"app/{name}.py"


def test_a_client_named_like_its_library_does_not_become_the_library() -> None:
    layout = layout_of(
        {
            "app/main.py": "from app.clients.redis import cache\nfrom app.clients.mail import send",
            "app/clients/redis.py": "import redis\ncache = redis.Redis()",
            "app/clients/mail.py": "import redis\nsend = 1",
        }
    )
    assert layout.absolute("app/clients/redis.py", "redis") is None
    assert layout.absolute("app/clients/mail.py", "redis") is None


def test_several_roots_in_one_repository_stay_apart() -> None:
    layout = layout_of(
        {
            "services/a/app/__init__.py": "",
            "services/a/app/models.py": "",
            "services/a/app/main.py": "from app.models import x",
            "services/b/app/__init__.py": "",
            "services/b/app/models.py": "",
            "services/b/app/main.py": "from app.models import x",
        }
    )
    assert layout.absolute("services/a/app/main.py", "app.models") == "services/a/app/models.py"
    assert layout.absolute("services/b/app/main.py", "app.models") == "services/b/app/models.py"


def test_tests_beside_a_source_folder_find_it() -> None:
    layout = layout_of(
        {
            "src/shop/__init__.py": "",
            "src/shop/api.py": "from shop.db import x",
            "src/shop/db.py": "x = 1",
            "tests/test_api.py": "from shop.api import x",
        }
    )
    assert layout.absolute("tests/test_api.py", "shop.api") == "src/shop/api.py"


def test_relative_imports_climb_and_stop_at_the_top() -> None:
    layout = layout_of({"app/__init__.py": "", "app/a/__init__.py": "", "app/a/b.py": "", "app/c.py": ""})
    assert layout.relative("app/a/b.py", 2, "c") == "app/c.py"
    assert layout.relative("app/a/b.py", 1, "") == "app/a/__init__.py"
    assert layout.relative("app/c.py", 5, "x") is None


def test_a_package_that_is_started_inside_is_on_the_path() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/main.py": "import crud, models\ndef f(): return crud.find()",
        "shop/crud.py": "import models\ndef find(): ...",
        "shop/models.py": "class M: ...",
    }
    project = project_of(files)
    target = project.resolve(Place("shop/main.py", 0), "crud.find")
    assert target is not None
    assert target.path == "shop/crud.py"
    # One name may be that of a library; and a package that others import through is one.
    alone = project_of({"shop/__init__.py": "", "shop/main.py": "import redis", "shop/redis.py": "x = 1"})
    assert alone.layout.absolute("shop/main.py", "redis") is None
    through = project_of({**files, "run.py": "from shop.main import f"})
    assert through.layout.absolute("shop/main.py", "crud") is None


def test_distributions_beside_each_other_hold_packages_of_their_own_names() -> None:
    layout = layout_of(
        {
            "platform/billing/billing/__init__.py": "from billing.ports import Port",
            "platform/billing/billing/ports.py": "class Port: ...",
            "platform/shipping/shipping/__init__.py": "from shipping.ports import Port",
            "platform/shipping/shipping/ports.py": "class Port: ...",
            "platform/web/web/app.py": "from web.views.billing import show\nfrom web.views.shipping import track",
            "platform/web/web/views/billing.py": "from billing import Port\ndef show(): ...",
            "platform/web/web/views/shipping.py": "from shipping import Port\ndef track(): ...",
        }
    )
    # Neither the module itself, which has the same name, nor the folder of the distribution.
    assert layout.absolute("platform/web/web/views/billing.py", "billing") == "platform/billing/billing/__init__.py"
    assert layout.absolute("platform/web/web/views/shipping.py", "shipping") == "platform/shipping/shipping/__init__.py"
    assert layout.absolute("platform/web/web/app.py", "web.views.billing") == "platform/web/web/views/billing.py"
