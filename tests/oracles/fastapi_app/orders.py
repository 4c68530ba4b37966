"""A router with constants and formatted constants in its paths, several methods, a web socket."""

from fastapi import APIRouter, WebSocket

VERSION = "v2"
BY_ID = "/{order_id}"

router = APIRouter(prefix=f"/{VERSION}/orders")


@router.get("/")
async def orders(): ...


@router.post("")
async def place(): ...


@router.get(BY_ID)
@router.head(BY_ID)
async def order(order_id: int): ...


@router.api_route(BY_ID + "/lines/{line:path}", methods=["PUT", "DELETE"])
async def line(order_id: int, line: str): ...


@router.websocket("/news")
async def news(socket: WebSocket): ...
