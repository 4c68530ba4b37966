"""Which guards stand before a route, told by what they do."""

from __future__ import annotations

import pytest

from analyzer.graph.guards import Guards, Known
from tests.pictures import picture_of

_APP = "from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request\napp = FastAPI()\n"


def before(source: str, path: str = "/x") -> Known:
    """What stands before the one route of a path."""
    picture = picture_of({"main.py": source})
    (route,) = [route for route in picture.routes if route.path == path]
    return picture.shared(Guards).of(route)


def names(source: str) -> set[str]:
    return {guard.name.rpartition(".")[2] for guard in before(source).guards}


@pytest.mark.parametrize(
    "refusal",
    [
        "raise HTTPException(status_code=401)",
        "raise HTTPException(403)",
        "raise HTTPException(status.HTTP_401_UNAUTHORIZED)",
        "raise Unauthorized()",
        "raise problem",
    ],
)
def test_a_dependency_that_can_refuse_guards(refusal: str) -> None:
    source = f"""{_APP}
from fastapi import status
problem = HTTPException(status_code=401)
def who(token: str = Header()):
    problem = HTTPException(status_code=401)
    if token != KEY:
        {refusal}
@app.post("/x")
def handler(user=Depends(who)): ...
"""
    assert names(source) == {"who"}


def test_one_that_only_attaches_a_user_is_none_and_is_told_apart() -> None:
    known = before(f"""{_APP}
def who(token: str = Header(None)):
    return token and token.upper()
@app.post("/x")
def handler(user=Depends(who)): ...
""")
    assert known.guards == ()
    assert known.optional


def test_a_refusal_that_is_swallowed_refuses_nobody() -> None:
    known = before(f"""{_APP}
def who(token: str = Header()):
    if not token:
        raise HTTPException(401)
def perhaps(token: str = Header()):
    try:
        return who(token)
    except HTTPException:
        return None
@app.post("/x")
def handler(user=Depends(perhaps)): ...
""")
    assert known.guards == ()


def test_another_status_is_no_guard() -> None:
    known = before(f"""{_APP}
def limit(token: str = Header()):
    if len(token) > 9:
        raise HTTPException(429)
@app.post("/x")
def handler(user=Depends(limit)): ...
""")
    assert known.guards == ()


def test_a_check_in_the_body_and_one_it_calls_guard() -> None:
    own = f"""{_APP}
@app.post("/x")
def handler(request: Request):
    if "user" not in request.session:
        raise HTTPException(403)
"""
    called = f"""{_APP}
def must(request):
    if request.headers.get("Authorization") != KEY:
        raise HTTPException(401)
@app.post("/x")
def handler(request: Request):
    must(request)
"""
    assert names(own) == names(called) == {"handler"}


def test_only_what_all_mounts_share_guards_a_router() -> None:
    source = f"""{_APP}
def who(token: str = Header()):
    if token != KEY:
        raise HTTPException(401)
router = APIRouter()
@router.post("/x")
def handler(): ...
app.include_router(router, dependencies=[Depends(who)])
"""
    assert names(source) == {"who"}
    assert before(source + "app.include_router(router)\n").guards == ()


def test_a_permission_that_always_says_yes_is_none() -> None:
    source = """
from django.urls import path
from rest_framework.permissions import BasePermission
from rest_framework.views import APIView
class Anybody(BasePermission):
    def has_permission(self, request, view):
        return True
class View(APIView):
    permission_classes = [Anybody]
    def post(self, request): ...
urlpatterns = [path("x", View.as_view())]
"""
    assert before(source).guards == ()
    assert before(source.replace("return True", "return request.user.is_staff")).guards != ()


def test_who_says_that_everybody_may_call_is_heard() -> None:
    known = before("""
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView
class View(APIView):
    permission_classes = [AllowAny]
    def post(self, request): ...
urlpatterns = [path("x", View.as_view())]
""")
    assert known.opened
    assert known.guards == ()


def test_settings_guard_what_says_nothing_itself() -> None:
    files = {
        "settings.py": """
            REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}
        """,
        "urls.py": """
            import settings
            from django.urls import path
            from rest_framework.views import APIView
            class View(APIView):
                def post(self, request): ...
            urlpatterns = [path("x", View.as_view())]
        """,
    }
    picture = picture_of(files)
    (route,) = picture.routes
    assert picture.shared(Guards).of(route).guards


def test_an_exception_made_in_another_module_refuses_when_it_is_raised() -> None:
    files = {
        "problems.py": "from fastapi import HTTPException\nNobodyKnown = HTTPException(status_code=401)\n",
        "main.py": f"""{_APP}
from problems import NobodyKnown
def who(request: Request):
    if not known_to_us(request.headers.get("authorization")):
        raise NobodyKnown
@app.post("/x", dependencies=[Depends(who)])
def handler(): ...
""",
    }
    picture = picture_of(files)
    assert {guard.name for guard in picture.shared(Guards).of(picture.routes[0]).guards} == {"main.who"}


@pytest.mark.parametrize(
    ("raised", "ending"),
    [("Stop()", True), ("HTTPException(429)", False), ("RateLimitExceeded()", False), ("NotFound()", False)],
)
def test_what_may_end_a_request_for_who_is_asking_is_told(raised: str, ending: bool) -> None:
    known = before(f"""{_APP}
from elsewhere import NotFound, RateLimitExceeded, Stop
def who(token: str = Header(None)):
    if not token:
        raise {raised}
@app.post("/x", dependencies=[Depends(who)])
def handler(): ...
""")
    assert (known.guards, known.ending) == ((), ending)


def test_fields_of_a_class_and_constructors_of_routers_guard_their_handlers() -> None:
    source = f"""{_APP}
def who(token: str = Header()):
    raise HTTPException(status_code=401)
class Guarded(APIRouter):
    def __init__(self, **options):
        super().__init__(prefix="/own", dependencies=[Depends(who)], **options)
class Plain(APIRouter):
    def __init__(self, **options):
        super().__init__(**options)
class Base:
    user: str = Depends(who)
router = APIRouter()
guarded = Guarded()
plain = Plain()
class Notes(Base):
    @router.post("/notes")
    def create(self): ...
class Open:
    @router.post("/open")
    def create(self): ...
@guarded.post("/x")
def inside(): ...
@plain.post("/y")
def outside(): ...
app.include_router(router)
app.include_router(guarded)
app.include_router(plain)
"""
    picture = picture_of({"main.py": source})
    guards = picture.shared(Guards)
    found = {route.path: {guard.name for guard in guards.of(route).guards} for route in picture.routes}
    assert found == {"/notes": {"main.who"}, "/open": set(), "/own/x": {"main.who"}, "/y": set()}
