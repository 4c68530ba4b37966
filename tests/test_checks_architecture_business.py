"""BA501: what counts as a service's work, and what is only translation between HTTP and the application."""

from __future__ import annotations

import pytest

from analyzer.graph.business import business
from tests.pictures import findings_of, picture_of
from tests.projects import place_of


def kinds(body: str, parameters: str = "order, service") -> dict[str, set[int]]:
    """The lines of each kind of evidence in a handler; its first statement is line 6."""
    lines = "\n".join("    " + line for line in body.strip("\n").splitlines())
    files = {
        "app.py": f"from fastapi import FastAPI, HTTPException\napp = FastAPI()\n\n@app.post('/x')\n"
        f"def handler({parameters}):\n{lines}\n"
    }
    picture = picture_of(files)
    found: dict[str, set[int]] = {}
    for piece in business(picture, place_of(picture.project, "app.py", "handler")).pieces:
        found.setdefault(piece.kind, set()).add(piece.line)
    return found


def test_arithmetic_decisions_and_changes_are_told_by_line() -> None:
    found = kinds(
        """
price = order.price * order.quantity
if order.quantity > 10:
    price = price * 9 // 10
    order.state = "reduced"
order.total += price
"""
    )
    assert found == {"arithmetic": {6, 8, 10}, "branch": {7}, "change": {9, 10}}


@pytest.mark.parametrize(
    "body",
    [
        "if order.state == 'closed':\n    raise HTTPException(409)",
        "if order.state == 'closed':\n    return {'error': 'closed'}, 409",
        "if order is None:\n    abort(404)",
        "offset = (page - 1) * size\nreturn service.find(offset)",
        "name = 'order ' + order.name\nreturn name % order.values",
        "items = []\nfor one in service.all():\n    items.append({'name': one.name})\nreturn items",
        "answer = {}\nif order.note is not None:\n    answer['note'] = order.note\nreturn answer",
        "response.status_code = 201\nresponse.headers['Location'] = '/x'\nreturn service.place(order)",
    ],
)
def test_translation_is_no_business(body: str) -> None:
    assert kinds(body, "order, service, response, page, size") == {}


def test_calls_to_the_outside_and_secrets_count_by_what_is_called() -> None:
    found = kinds(
        """
import requests, secrets, httpx
requests.post("https://billing", json={"order": order.id})
order.token = secrets.token_hex(8)
"""
    )
    assert found["outbound"] == {7}
    assert found["crypto"] == {8}


def test_a_limit_between_two_values_of_the_domain_counts_even_in_a_guard() -> None:
    found = kinds("if order.total > order.customer.credit:\n    raise HTTPException(402)")
    assert found == {"limit": {6}}


def test_one_kind_of_work_alone_is_not_reported() -> None:
    files = {
        "app.py": """
            from fastapi import FastAPI
            app = FastAPI()
            @app.put("/x")
            def update(payload, record, service):
                record.name = payload.name
                record.city = payload.city
                record.street = payload.street
                record.phone = payload.phone
                record.mail = payload.mail
                record.note = payload.note
                service.save(record)
                return record
        """
    }
    assert not findings_of(files, "BA501")


CLINIC = {
    "clinic/__init__.py": "",
    "clinic/models.py": """
        from sqlalchemy.orm import DeclarativeBase
        class Base(DeclarativeBase): ...
        class Visit(Base): __tablename__ = "visits"
        class Bill(Base): __tablename__ = "bills"
    """,
    "clinic/services/__init__.py": "",
    "clinic/services/visits.py": """
        from sqlalchemy import select
        from sqlalchemy.orm import Session
        from clinic.models import Visit
        class VisitService:
            def __init__(self, db: Session): self.db = db
            def all(self): return self.db.scalars(select(Visit)).all()
            def one(self, key): return self.db.get(Visit, key)
    """,
    "clinic/web/__init__.py": "",
    "clinic/web/routes.py": """
        from fastapi import APIRouter
        from sqlalchemy.orm import Session
        from clinic.models import Bill, Visit
        from clinic.services.visits import VisitService
        router = APIRouter()
        @router.get("/visits")
        def visits(service: VisitService): return service.all()
        @router.post("/visits/{key}")
        def close(key: int, db: Session):
            visit = db.get(Visit, key)
            minutes = visit.end - visit.begin
            if visit.kind == "long":
                minutes = minutes * 2
                visit.state = "billed"
            visit.cost = minutes * visit.rate
            db.commit()
            return visit
        @router.post("/bills/{key}")
        def pay(key: int, db: Session):
            bill = db.get(Bill, key)
            rest = bill.total - bill.paid
            if bill.kind == "private":
                rest = rest * 2
                bill.state = "late"
            bill.rest = rest * bill.rate
            db.commit()
            return bill
    """,
}


def test_a_service_of_the_same_entity_is_named_and_none_is_invented() -> None:
    closing, paying = findings_of(CLINIC, "BA501")
    assert "Move this into `VisitService`, which already works on `Visit`, as something that" in closing.fix
    assert "Move this into a function or class of its own (a service) that" in paying.fix


def test_the_only_service_of_a_small_package_is_named() -> None:
    billing = CLINIC["clinic/services/visits.py"].replace("Visit", "Bill")
    files = {**CLINIC, "clinic/web/billing.py": billing.replace("BillService", "AccountService")}
    paying = findings_of(files, "BA501")[1]
    assert "Move this into `AccountService`, which lies in the same package, as something that" in paying.fix
    files["clinic/web/more.py"] = files["clinic/web/billing.py"].replace("AccountService", "DebtService")
    assert "a function or class of its own" in findings_of(files, "BA501")[1].fix


def test_the_evidence_is_listed_and_said_to_be_cut() -> None:
    steps = "\n".join(f"            visit.step{number} = visit.cost * {number}" for number in range(14))
    files = {
        **CLINIC,
        "clinic/web/routes.py": CLINIC["clinic/web/routes.py"].replace("            db.commit()", steps, 1),
    }
    closing = findings_of(files, "BA501")[0]
    assert "reads (l. 11)" in closing.message
    assert "12 of 19 places are listed." in closing.message
    assert len(closing.related) == 12
    assert [item.location.span.line for item in closing.related] == sorted(
        item.location.span.line for item in closing.related
    )
    assert "decides on `visit.kind`" in {item.message for item in closing.related}
    assert "listed" not in findings_of(CLINIC, "BA501")[0].message


def test_lists_and_paths_that_are_put_together_are_no_arithmetic() -> None:
    assert not kinds(
        "found = []\nfor one in order.lines:\n    found += [each.name for each in one.parts]\nreturn found"
    )
    assert not kinds("found = []\nfor one in order.lines:\n    found += one.parts\nreturn found")
