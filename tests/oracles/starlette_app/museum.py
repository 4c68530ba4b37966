"""Endpoints: functions, classes, web sockets, a decorated one and one with a part of its arguments given."""

from functools import partial

from starlette.authentication import requires
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.routing import Route


async def home(request): ...


async def halls(request): ...


async def exhibit(request): ...


@requires("curator")
async def vault(request): ...


async def tour(request, language="en"): ...


async def ticket(request): ...


class Painting(HTTPEndpoint):
    async def get(self, request): ...

    async def delete(self, request): ...


class Guide(WebSocketEndpoint):
    async def on_receive(self, websocket, data): ...


class Silent(WebSocketEndpoint):
    encoding = "text"


async def radio(websocket): ...


hall_routes = [
    Route("/", halls),
    Route("/{hall:int}/exhibits/{exhibit:path}", exhibit, methods=["GET", "PUT"]),
]
hall_routes.append(Route("/late", halls, methods=["POST"]))


def tour_routes():
    return [Route(f"/{language}", partial(tour, language=language)) for language in ("en", "fr")]
