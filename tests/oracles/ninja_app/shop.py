"""Routers below routers; one is added by its name, two in a loop."""

from ninja import Router

from .keys import Key, from_office, slowly

orders = Router()
lines = Router(auth=Key())
stock = Router(throttle=[slowly])
public = Router(auth=None)
orders.add_router("/{int:number}/lines", lines)


@orders.get("/")
def list_orders(request):
    return []


@orders.get("/{uuid:key}", auth=[Key(), from_office])
def show_order(request, key: str):
    return {}


@lines.post("")
def add_line(request, number: int):
    return {}


@lines.delete("{line}/", auth=None)
def drop_line(request, number: int, line: int):
    return {}


@stock.api_operation(["PUT", "PATCH"], "/levels", throttle=[])
async def set_levels(request):
    return {}


@stock.get("levels")
def levels(request):
    return []


@public.get("/news/")
def news(request):
    return []


def closed(request):
    return {}


public.add_api_operation("/closed", ["POST"], closed, auth=from_office)
