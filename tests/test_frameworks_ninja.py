"""Django Ninja's own operations, as Django's resolver holds them, are the oracle: the same methods, paths and handlers,
and for each of them whether somebody has to be known and whether something limits it."""

from __future__ import annotations

import importlib
import inspect
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from analyzer.frameworks import recognise
from analyzer.frameworks.backend import Backend, Route
from analyzer.frameworks.limits import attached_limits
from analyzer.graph.guards import Guards
from analyzer.inventory.routes import inventory
from tests import django_sites
from tests.pictures import picture_of
from tests.projects import project_of

_APP = Path(__file__).parent / "oracles" / "ninja_app"


def operations(patterns: list[Any], prefix: str = "/") -> dict[tuple[str, str, str], tuple[bool, bool]]:
    """Method, path and handler of every operation, with whether it is authenticated and whether it is limited."""
    found = {}
    for one in patterns:
        path = prefix + re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", str(one.pattern))
        if hasattr(one, "url_patterns"):
            found |= operations(one.url_patterns, path)
        elif inspect.isfunction(one.callback):  # the library's own pages are something else
            for operation in inspect.getclosurevars(one.callback).nonlocals["self"].operations:
                name = operation.view_func.__qualname__.replace(".<locals>", "")
                asked = bool(operation.auth_callbacks), bool(operation.throttle_objects)
                found |= {(method, path, name): asked for method in operation.methods}
    return found


@pytest.fixture
def backend() -> Backend:
    files = {f"tests/oracles/ninja_app/{path.name}": path.read_text() for path in _APP.glob("*.py")}
    return recognise(project_of(files))


def shown(backend: Backend, route: Route) -> tuple[str, str, str]:
    function = backend.project.function(route.handler)
    return route.method, route.path, function.qualname if function else ""


def test_the_frameworks_own_operations_are_found(backend: Backend) -> None:
    if find_spec("ninja") is None:
        pytest.skip("Django Ninja is not installed: its operations cannot be asked")
    django_sites.configure()
    expected = operations(importlib.import_module("tests.oracles.ninja_app.urls").urlpatterns)
    assert backend.unresolved == ()
    mine = [route for route in backend.routes if route.framework == "Django Ninja"]
    assert {
        shown(backend, route): (
            any(one.verified for one in route.attached),
            any(attached_limits(backend.project, route)),
        )
        for route in mine
    } == expected
    assert len(mine) == len(expected) == 19


_API = """
    import os
    from typing import Annotated
    from ninja import Cookie, File, Form, Header, NinjaAPI, Path, Query, Router, Schema, UploadedFile
    from ninja.constants import NOT_SET
    from ninja.errors import HttpError
    from ninja.security import APIKeyHeader, HttpBearer, django_auth, django_auth_is_staff
    from django.contrib.auth.models import AnonymousUser
    from ninja.throttling import SimpleRateThrottle
    api = NinjaAPI()
"""


def guards(source: str) -> tuple[list[tuple[str, str, str]], bool, bool]:
    """The guards before the one route of a source, with what they demand; whether it is opened; whether it looks."""
    picture = picture_of({"main.py": _API + source})
    (route,) = picture.routes
    known = picture.shared(Guards).of(route)
    return [(one.name.rpartition(".")[2], one.demand, one.wanted) for one in known.guards], known.opened, known.optional


@pytest.mark.parametrize(
    ("decides", "guard"),
    [
        ("if token == os.environ['TOKEN']: return token", [("Who", "authenticated", "")]),
        ("return find(token)", [("Who", "authenticated", "")]),
        ("raise HttpError(401, 'no')", [("Who", "authenticated", "")]),
        ("user = find(token)\n            if user.is_staff:\n                return user", [("Who", "role", "staff")]),
        ("return token", []),
        ("return {'token': token} if token else {'token': ''}", []),
        ("if token: return token\n            return AnonymousUser()", []),
    ],
)
def test_a_class_guards_when_its_answer_can_be_no(decides: str, guard: list[tuple[str, str, str]]) -> None:
    source = f"""
    class Who(HttpBearer):
        def authenticate(self, request, token):
            {decides}
    @api.post("/x", auth=Who())
    def handler(request): ...
    """
    assert guards(source)[0] == guard


@pytest.mark.parametrize(
    ("auth", "names", "opened", "optional"),
    [
        ("django_auth", ["django_auth"], False, False),
        ("[django_auth, office]", ["django_auth or office"], False, False),
        ("lambda request: request.GET.get('key') == KEY", ["lambda"], False, False),
        ("lambda request: True", [], False, True),
        ("[django_auth, anybody]", [], False, True),
        ("None", [], True, False),
        ("NOT_SET", [], False, False),
        ("None if os.environ.get('LOCAL') else django_auth", ["django_auth"], False, False),
        ("made_elsewhere()", ["made_elsewhere"], False, False),
        ("WAYS", ["django_auth"], False, False),
    ],
)
def test_what_auth_is_given(auth: str, names: list[str], opened: bool, optional: bool) -> None:
    source = f"""
    WAYS = [django_auth]
    def office(request):
        if request.META["REMOTE_ADDR"] == "10.0.0.1":
            return True
    def anybody(request):
        return AnonymousUser()
    @api.post("/x", auth={auth})
    def handler(request): ...
    """
    found, *others = guards(source)
    assert ([name for name, _, _ in found], *others) == (names, opened, optional)


def test_the_librarys_own_ways_demand_a_role() -> None:
    assert guards("""
    @api.post("/x", auth=django_auth_is_staff)
    def handler(request): ...
    """)[0] == [("django_auth_is_staff", "role", "")]


def test_decorators_of_an_api_stand_before_its_routers_too() -> None:
    assert guards("""
    from functools import wraps
    def staff_only(view):
        @wraps(view)
        def inner(request, *args, **kwargs):
            if not request.user.is_staff:
                raise HttpError(403, "no")
            return view(request, *args, **kwargs)
        return inner
    router = Router()
    api.add_router("/r", router)
    api.add_decorator(staff_only, mode="view")
    @router.post("/x")
    def handler(request): ...
    """)[0] == [("staff_only", "role", "staff")]


def test_inputs_answers_and_limits_are_told() -> None:
    picture = picture_of(
        {
            "main.py": _API
            + """
    class Item(Schema):
        name: str
    class Filters(Schema):
        q: str = ""
    class Day(Schema):
        year: int
        month: int
    class Often(SimpleRateThrottle):
        rate = "5/m"
    @api.put("/items/{int:number}", response={201: Item, 404: None}, include_in_schema=False, throttle=Often())
    def change(req, number, item: Item, filters: Query[Filters], numbers: list[int], limit: int = 10):
        if not number:
            raise HttpError(409, "taken")
        return 200, item
    @api.post("/days/{year}/{month}", response=list[Item])
    def day(request, day: Path[Day], name: Form[str], photo: UploadedFile, scans: File[list[UploadedFile]],
            key: Annotated[str, Header(alias="X-Key")], seen: str = Cookie(None)): ...
    """
        }
    )
    first, second = inventory(picture).rows
    assert (first.path, first.pattern) == ("/days/{year}/{month}", "/days/{year}/{month}")
    assert [(one.kind, one.name, one.type, one.required) for one in first.inputs] == [
        ("path", "month", "raw", True),
        ("path", "year", "raw", True),
        ("header", "X-Key", "str", True),
        ("cookie", "seen", "str", False),
        ("form", "name", "str", True),
        ("file", "photo", "UploadedFile", True),
        ("file", "scans", "list[UploadedFile]", True),
    ]
    assert (first.response, first.documented) == ("list[Item]", "yes")
    assert (second.path, second.pattern) == ("/items/{number}", "/items/{int:number}")
    assert [(one.kind, one.name, one.type, one.required) for one in second.inputs] == [
        ("path", "number", "int", True),
        ("query", "filters", "Filters", True),
        ("query", "limit", "int", False),
        ("body", "item", "Item", True),
        ("body", "numbers", "list[int]", True),
    ]
    assert (second.response, second.statuses, second.documented) == ("Item", (200, 201, 404, 409), "hidden")
    assert second.limits == ("SimpleRateThrottle",)


def test_what_is_not_constant_is_told() -> None:
    backend = recognise(
        project_of(
            {
                "main.py": """
        from ninja import NinjaAPI, Router
        from elsewhere import prefix, routers
        api = NinjaAPI()
        router = Router()
        api.add_router(prefix(), router)
        api.add_router("/more", routers["more"])
        @router.get("/x")
        def x(request): ...
        @router.get(prefix())
        def y(request): ...
        """
            }
        )
    )
    assert [route.label for route in backend.routes] == ["GET /{…}/x"]
    assert [(one.line, one.why) for one in backend.unresolved] == [
        (6, "the router's prefix is not constant"),
        (7, "the added router is not a plain name"),
        (10, "the path is not constant"),
    ]


def test_registrations_that_are_made_at_run_time_are_told() -> None:
    source = """
        import os
        from ninja import NinjaAPI, Router
        api = NinjaAPI()
        router = Router()
        def one(request): ...
        for verb in ("get", "post"):
            getattr(api, verb)(f"/{verb}")(one)
        router.add_api_operation("/two", ["GET"], lambda request: 1)
        router.add_api_operation("/three", ["GET"], one)
        api.add_router("/known", router)
        api.add_router("/late", __import__(os.environ["LATE"]).router)
    """
    backend = recognise(project_of({"main.py": source}))
    assert [route.label for route in backend.routes] == ["GET /known/three"]
    assert [(one.line, one.why) for one in backend.unresolved] == [
        (8, "the method that registers is named at run time"),
        (9, "the handler is not a plain function"),
        (12, "the added router is not a plain name"),
    ]
