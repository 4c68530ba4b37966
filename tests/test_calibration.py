"""Thresholds come from data, the data from a method, and the document says what the data says."""

from __future__ import annotations

import msgspec
import pytest

from analyzer.checks import business_logic_in_controller as business_rule
from analyzer.graph.controllers import controllers
from analyzer.graph.repositories import method
from analyzer.knowledge import known
from analyzer.model import Confidence
from benchmarks.__main__ import CALIBRATION, THRESHOLDS
from benchmarks.calibrate import CALIBRATED, QUANTILES, Unit, derive, measures, quantiles
from benchmarks.calibration_table import MEASURES, document, written
from tests.pictures import findings_of, picture_of
from tests.projects import place_of

FOUND = known().calibration


def test_the_document_and_the_data_are_made_of_the_same_figures() -> None:
    assert THRESHOLDS.read_text(encoding="utf-8") == written(FOUND)
    assert CALIBRATION.read_text(encoding="utf-8") == document(FOUND)


def test_the_data_is_of_the_backends_and_measures_that_are_named() -> None:
    assert [(one.name, one.version) for one in FOUND.backends] == [(one.name, one.version) for one in CALIBRATED]
    assert len(FOUND.backends) >= 10
    assert {item.name for item in FOUND.measured} == set(MEASURES)
    for item in FOUND.measured:
        values = [item.at[str(share)] for share in QUANTILES]
        assert values == sorted(values)
    with pytest.raises(KeyError):
        FOUND.threshold("nobody-measured-this", 90)


def test_a_unit_weighs_its_lines_and_a_system_as_much_as_any_other() -> None:
    small = [Unit(1, 7), Unit(2, 1), Unit(9, 2)]
    assert quantiles([small]) == {70: 1, 80: 2, 90: 9, 95: 9}
    large = [Unit(1, 100_000)]
    assert quantiles([small, large]) == {70: 1, 80: 1, 90: 2, 95: 9}
    (measured,) = derive([{"controller-routes": small}, {"controller-routes": large}, {}])
    assert (measured.systems, measured.units, measured.at["90"]) == (2, 4, 2)


HANDLER = {
    "app.py": """
        from fastapi import FastAPI
        app = FastAPI()
        @app.post("/orders")
        def place(order):
            total = order.price * order.quantity
            if order.quantity > 10:
                total = total * 9 // 10
                order.state = "reduced"
                order.total = total
            return total
    """
}


def test_the_rule_on_handlers_reads_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings_of(HANDLER, "BA501")
    raised = tuple(
        msgspec.structs.replace(item, at={share: value * 100 for share, value in item.at.items()})
        for item in FOUND.measured
    )
    data = msgspec.structs.replace(known(), calibration=msgspec.structs.replace(FOUND, measured=raised))
    monkeypatch.setattr(business_rule, "known", lambda: data)
    assert not findings_of(HANDLER, "BA501")


SHOP = {
    "shop/__init__.py": "",
    "shop/models.py": """
        from sqlalchemy.orm import DeclarativeBase
        class Base(DeclarativeBase): ...
        class Order(Base): __tablename__ = "orders"
        class Customer(Base): __tablename__ = "customers"
    """,
    "shop/repositories.py": """
        from sqlalchemy import select
        from sqlalchemy.orm import Session
        from shop.models import Customer, Order
        class Kept:
            def __init__(self, db: Session): self.db = db
            def one(self, key): return self.db.get(Order, key)
        class OrderRepository(Kept):
            def save(self, order):
                self.db.add(order)
                self.db.commit()
                self.db.refresh(order)
            def find(self, key, customer):
                if customer:
                    found = self.db.scalar(select(Customer))
                    return self.db.scalars(select(Order).where(Order.customer == found))
                elif key:
                    return self.db.get(Order, key)
                return self.db.scalars(select(Order))
        class InvoiceRepository(Kept):
            def all(self): return self.db.scalars(select(Customer))
    """,
    "shop/web.py": """
        from fastapi import APIRouter
        from shop.repositories import InvoiceRepository, OrderRepository
        router = APIRouter()
        orders, invoices = OrderRepository(None), InvoiceRepository(None)
        @router.get("/orders/{key}")
        def order(key: int):
            invoices = InvoiceRepository(None)
            orders = OrderRepository(None)
            return [orders.one(key), invoices.one(key)]
        class Pages:
            @router.get("/pages")
            def pages(self): return []
    """,
}


def test_collaborators_are_the_classes_that_are_called_not_those_that_define() -> None:
    found = [(item.index, len(item.handlers), list(item.collaborators)) for item in controllers(picture_of(SHOP))]
    names = ["shop.repositories.InvoiceRepository", "shop.repositories.OrderRepository"]
    assert found == [(-1, 1, names), (0, 1, [])]


def test_operations_are_those_of_one_way_through_a_method() -> None:
    picture = picture_of(SHOP)
    found = method(picture, place_of(picture.project, "shop/repositories.py", "OrderRepository.find"))
    assert (len(found.operations), found.most, found.branches) == (4, 2, 2)
    assert found.entities == ("shop.models.Customer", "shop.models.Order")
    saving = method(picture, place_of(picture.project, "shop/repositories.py", "OrderRepository.save"))
    assert (saving.most, saving.entities) == (0, ())


def test_a_backend_of_few_functions_has_no_say() -> None:
    assert measures(picture_of(SHOP)) == {}


def _desk(routes: int, services: int) -> dict[str, str]:
    """A module of handlers that are dealt out evenly to some services."""
    kinds = [f"Number{number}Service" for number in range(services)]
    methods = "    def __init__(self, db: Session): self.db = db\n    def work(self): ...\n    def rest(self): ..."
    work = [f"class {kind}:\n{methods}" for kind in kinds]
    handlers = [
        f"@router.get('/{number}')\ndef handler{number}(service: {kinds[number % services]}): return service.work()"
        for number in range(routes)
    ]
    return {
        "desk/__init__.py": "",
        "desk/services.py": "\n".join(["from sqlalchemy.orm import Session", *work]),
        "desk/web.py": "\n".join(
            ["from fastapi import APIRouter", "from desk.services import *", "router = APIRouter()", *handlers]
        ),
    }


def test_an_overloaded_controller_is_told_by_both_measures_and_with_its_parts() -> None:
    routes, others = (int(FOUND.threshold(f"controller-{what}", 80)) for what in ("routes", "collaborators"))
    assert not findings_of(_desk(routes, others + 1), "BA509")
    assert not findings_of(_desk(routes + 1, others), "BA509")
    (finding,) = findings_of(_desk(2 * (others + 1) + routes, others + 1), "BA509")
    assert (finding.location.path, finding.location.span.line) == ("desk/web.py", 1)
    assert finding.confidence == Confidence.MEDIUM
    assert f"no more than {routes} and {others}" in finding.message
    assert "with `Number0Service`" in finding.message
    assert len(finding.related) == 12
    sure = [int(FOUND.threshold(f"controller-{what}", 90)) + 1 for what in ("routes", "collaborators")]
    assert findings_of(_desk(*sure), "BA509")[0].confidence == Confidence.HIGH


def test_one_measure_alone_is_a_hint() -> None:
    (finding,) = findings_of(_desk(int(FOUND.threshold("controller-routes", 95)) + 1, 1), "BA509")
    assert finding.confidence == Confidence.LOW
    assert "a resource" in finding.fix


def test_a_laborious_method_tells_its_operations() -> None:
    most = int(FOUND.threshold("method-operations", 95))
    lines = "\n".join(f"        self.db.get(Order, {number})" for number in range(most + 1))
    files = {
        **SHOP,
        "shop/more.py": "from sqlalchemy.orm import Session\nfrom shop.models import Order\nclass MoreRepository:\n"
        f"    def __init__(self, db: Session): self.db = db\n    def some(self):\n{lines}\n",
    }
    (finding,) = findings_of(files, "BA510")
    assert f"asks the database {most + 1} times in one call (usually {most} at most)" in finding.message
    assert [item.location.span.line for item in finding.related] == list(range(6, 7 + most))
