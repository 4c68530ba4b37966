"""What a guard demands, told by what its code compares."""

from __future__ import annotations

import pytest

from analyzer.graph.guards import Guards
from tests.pictures import picture_of

_APP = """
import hashlib
import hmac
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Security
from fastapi.security import SecurityScopes
app = FastAPI()
def who(token: str = Header()):
    if not token:
        raise HTTPException(401)
    return load(token)
"""


def demands(source: str, path: str = "/x") -> list[tuple[str, str, str]]:
    """The guards before the one route of a path: name, demand, role or scope."""
    picture = picture_of({"main.py": source})
    (route,) = [route for route in picture.routes if route.path == path]
    known = picture.shared(Guards).of(route).guards
    return sorted({(one.name.removesuffix("()").rpartition(".")[2], one.demand, one.wanted) for one in known})


@pytest.mark.parametrize(
    ("check", "wanted"),
    [
        ("if not user.is_superuser:\n        raise HTTPException(403)", "superuser"),
        ("if user.role != 'editor':\n        raise HTTPException(403)", "editor"),
        ("if user['role'] not in ('editor', 'owner'):\n        raise HTTPException(403)", "editor, owner"),
        ("if user.role == Role.EDITOR:\n        return user\n    raise HTTPException(403)", "editor"),
        ("if not user.is_staff:\n        raise LookupError('nothing here')", "staff"),
    ],
)
def test_a_role(check: str, wanted: str) -> None:
    source = f"{_APP}\ndef editor(user=Depends(who)):\n    {check}\n    return user\n"
    source += "@app.post('/x')\ndef handler(user=Depends(editor)): ...\n"
    assert demands(source) == [("editor", "role", wanted)]


def test_a_factory_is_told_with_what_it_was_given() -> None:
    source = f"""{_APP}
def needs(role):
    def inner(user=Depends(who)):
        if user.role != role:
            raise HTTPException(403)
    return inner
@app.post("/x", dependencies=[Depends(needs("accountant"))])
def handler(): ...
"""
    assert ("needs", "role", "accountant") in demands(source)


def test_scopes() -> None:
    source = f"""{_APP}
def scoped(scopes: SecurityScopes, token: str = Header()):
    for one in scopes.scopes:
        if one not in token:
            raise HTTPException(401)
@app.post("/x")
def handler(user=Security(scoped, scopes=["orders:write"])): ...
"""
    assert ("scoped", "scope", "orders:write") in demands(source)


def test_an_owner_in_the_handler() -> None:
    source = f"""{_APP}
@app.post("/x")
def handler(number: int, user=Depends(who)):
    order = find(number)
    if order.customer_id != user.id:
        raise HTTPException(403)
"""
    assert demands(source) == [("handler", "owner", ""), ("who", "authenticated", "")]


def test_the_signature_of_a_webhook_whatever_it_answers() -> None:
    source = f"""{_APP}
@app.post("/x")
async def handler(request: Request, x_signature: str = Header()):
    made = hmac.new(KEY, await request.body(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made, x_signature):
        raise HTTPException(400)
"""
    assert demands(source) == [("handler", "signature", "")]


def test_what_a_record_is_called_is_no_role() -> None:
    source = f"""{_APP}
@app.post("/x")
def handler(number: int, user=Depends(who)):
    role = find(number)
    if role.is_default:
        raise HTTPException(409)
"""
    assert demands(source) == [("who", "authenticated", "")]


@pytest.mark.parametrize(
    ("guard", "told"),
    [
        ("login_required", "authenticated"),
        ("permission_required('shop.add_order')", "role"),
        ("staff_member_required", "role"),
    ],
)
def test_decorators_of_libraries(guard: str, told: str) -> None:
    source = f"""
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import login_required, permission_required
from django.urls import path
@{guard}
def view(request): ...
urlpatterns = [path("x", view)]
"""
    assert [demand for _, demand, _ in demands(source)] == [told]


def test_permission_classes_of_ones_own() -> None:
    source = """
from django.urls import path
from rest_framework.permissions import BasePermission
from rest_framework.views import APIView
class Mine(BasePermission):
    def has_permission(self, request, view):
        return bool(request.user)
    def has_object_permission(self, request, view, obj):
        return obj.owner == request.user
class Leads(BasePermission):
    def has_permission(self, request, view):
        return request.user.role == "lead"
class View(APIView):
    permission_classes = [Mine, Leads]
    def post(self, request, pk):
        self.check_object_permissions(request, Order.objects.get(pk=pk))
urlpatterns = [path("x/<int:pk>", View.as_view())]
"""
    found = [(demand, wanted) for _, demand, wanted in demands(source, "/x/{pk}")]
    assert sorted(found) == [("owner", ""), ("role", "lead")]
    # Who asks about no single record asks for no owner of one.
    silent = source.replace("self.check_object_permissions(request, Order.objects.get(pk=pk))", "...")
    found = [(demand, wanted) for _, demand, wanted in demands(silent, "/x/{pk}")]
    assert sorted(found) == [("authenticated", ""), ("role", "lead")]
