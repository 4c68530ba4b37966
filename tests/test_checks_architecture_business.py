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
