"""An application of nested routers, lists in variables, and handlers of its own."""

from litestar import Litestar, Router, WebSocket, get, websocket

from .people import People, both

VERSION = "v1"


@get("/")
async def index() -> str:
    return ""


@websocket("/news")
async def news(socket: WebSocket) -> None:
    await socket.accept()


inner = Router(path="/inner", route_handlers=[both])
api = Router(path=f"/api/{VERSION}", route_handlers=[People, inner])
handlers = [index, api]

app = Litestar(route_handlers=[*handlers, news], openapi_config=None)
