"""The stack in six lines, from code and from the files beside it; undecided where neither says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from analyzer.inventory.profile import UNDECIDED, Profile, profile
from analyzer.inventory.profile_text import as_json, as_text
from analyzer.inventory.project_files import LARGEST, DataFile, dependencies, read_files
from tests.pictures import picture_of

FASTAPI = {
    "app/main.py": """
        from fastapi import Depends, FastAPI
        from sqlalchemy.ext.asyncio import create_async_engine
        from jose import jwt
        app = FastAPI()
        @app.get("/items")
        async def items(): return []
    """,
    "app/config.py": 'DATABASE = "postgresql+asyncpg://localhost/app"\n',
    "app/models.py": "class User:\n    is_superuser = False\n",
}
FILES = {
    "pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.12"\ndependencies = ["uvicorn[standard]>=0.3"]\n',
    "Dockerfile": 'FROM python:3.12-slim\nCMD ["uvicorn", "app.main:app"]\n',
}
DJANGO = {
    "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.mysql", "NAME": "x"}}\n',
    "shop/models.py": "from django.db import models\nclass Order(models.Model): ...\n",
    "shop/views.py": """
        from django.contrib.auth.decorators import login_required
        from django.shortcuts import render
        @login_required
        def home(request): return render(request, "home.html")
    """,
    "shop/urls.py": 'from django.urls import path\nfrom shop.views import home\nurlpatterns = [path("", home)]\n',
}


def values(sources: Mapping[str, str], files: Mapping[str, str]) -> dict[str, str]:
    return {item.name: item.value for item in made(sources, files).stack}


def made(sources: Mapping[str, str], files: Mapping[str, str]) -> Profile:
    return profile(picture_of(sources), [DataFile(path, text) for path, text in files.items()])


def test_an_asynchronous_service_with_tokens() -> None:
    assert values(FASTAPI, FILES) == {
        "runtime": "Python >=3.12, uvicorn, async",
        "framework": "FastAPI",
        "database": "PostgreSQL (asyncpg) through SQLAlchemy",
        "API style": "REST",
        "authentication": "JWT, roles",
        "deployment": "container (Dockerfile)",
    }


def test_a_site_with_templates_and_sessions() -> None:
    found = values(DJANGO, {})
    assert found["framework"] == "Django"
    assert found["database"] == "MySQL through Django ORM"
    assert found["API style"] == "HTML"
    assert found["authentication"] == "session"
    assert found["deployment"] == UNDECIDED


@pytest.mark.parametrize("field", ["is_admin: bool", "admin = Column(Boolean)", "role: str = 'reader'"])
def test_roles_are_fields_of_a_user(field: str) -> None:
    sources = {"app.py": f"import jwt\nclass User:\n    name = ''\n    {field}\n"}
    assert values(sources, {})["authentication"] == "JWT, roles"


def test_graphql() -> None:
    sources = {"app.py": "import graphene\nfrom flask import Flask\napp = Flask(__name__)\n"}
    assert values(sources, {})["API style"] == "GraphQL"


def test_every_line_is_undecided_where_nothing_speaks() -> None:
    assert set(values({"app.py": "x = 1\n"}, {}).values()) == {UNDECIDED}


def test_everything_known_names_where_it_was_seen() -> None:
    for item in made(FASTAPI, FILES).stack:
        assert item.evidence
        assert all(seen.file and seen.line >= 1 for seen in item.evidence)
    server = next(item for item in made(FASTAPI, FILES).stack if item.name == "runtime").evidence[1]
    assert (server.text, server.file, server.line) == ("starts uvicorn", "Dockerfile", 2)


def test_the_shape_has_a_confidence() -> None:
    shape = made(FASTAPI, {}).shapes[0]
    assert (shape.name, shape.value) == ("shape", "layered (confidence: medium)")


def test_a_header_named_authorization_is_no_api_key() -> None:
    sources = {
        "app/auth.py": """
            import jwt
            from fastapi.security import APIKeyHeader
            HEADER = "Authorization"
            scheme = APIKeyHeader(name=HEADER)
        """
    }
    assert values(sources, {})["authentication"] == "JWT"


def test_addresses_show_no_credentials() -> None:
    sources = {"config.py": 'URL = "postgresql://admin:' + "h7Kq9ZtR2vXw" + '@db/app"\nimport psycopg2\n'}
    assert "h7Kq9ZtR2vXw" not in as_json(made(sources, {}))


def test_hostile_files_do_no_harm() -> None:
    broken = {
        "pyproject.toml": "[project\n",
        "Dockerfile": "FROM \x1b[31m\nCMD uvicorn\n",
        "requirements.txt": "-r x\n",
    }
    text = as_text(made(FASTAPI, broken))
    assert "\x1b" not in text
    assert json.loads(as_json(made(FASTAPI, broken)))["stack"][0]["name"] == "runtime"


def test_files_are_read_from_the_tree_only(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "Procfile").write_text("web: gunicorn secret\n")
    root = tmp_path / "root"
    (root / "service").mkdir(parents=True)
    (root / "service" / "Dockerfile").write_text("FROM python:3.11\n")
    (root / "requirements.txt").write_text("Flask_SQLAlchemy==3\n" + "#" * LARGEST)
    (root / "service" / "requirements.txt").write_text("Flask_SQLAlchemy==3  # why\n")
    try:
        (root / "Procfile").symlink_to(outside / "Procfile")
        (root / "linked").symlink_to(outside, target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links here")
    files = read_files(root, [root])
    assert [file.path for file in files] == ["service/Dockerfile", "service/requirements.txt"]
    assert [(item.name, item.line) for item in dependencies(files)] == [("flask-sqlalchemy", 1)]
