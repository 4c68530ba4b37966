"""An application of nested routers, lists in variables, and handlers of its own."""

from litestar import Litestar, Router, WebSocket, get, websocket

from .people import People, both, raw

VERSION = "v1"


@get("/")
async def index() -> str:
    return ""


@websocket("/news")
async def news(socket: WebSocket) -> None:
    await socket.accept()


def made(path: str) -> object:
    @get(path)
    async def answer() -> str:
        return ""

    return answer


direct = get("/direct")(raw)
inner = Router(path="/inner", route_handlers=[both])
api = Router(path=f"/api/{VERSION}", route_handlers=[People, inner])
handlers = [index, api]


def create() -> Litestar:
    mine: list[object] = [*handlers, news, direct]
    mine.append(made("/first"))
    mine.extend([made("/second/{number:int}")])
    return Litestar(route_handlers=mine, openapi_config=None)  # type: ignore[arg-type]


app = create()
app.register(made("/late"))  # type: ignore[arg-type]
