"""Handlers of Litestar: what stands where, by ``Parameter``, ``Body`` and the names it keeps for itself."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Litestar, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, Parameter


@dataclass
class Item:
    name: str
    amount: int = 1


@get("/marked/{number:int}")
async def marked(
    number: int,
    page: int,
    token: Annotated[str, Parameter(header="X-Token")],
    session: str = Parameter(cookie="sid", default=""),
    order: int = Parameter(query="order-by", default=1),
    note: Annotated[str | None, Parameter(description="free")] = None,
) -> Item:
    return Item("x")


@post("/form")
async def form(data: Annotated[Item, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> None: ...


@post("/upload")
async def upload(data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)]) -> None: ...


@post("/multipart")
async def multipart(data: Item = Body(title="x", media_type=RequestEncodingType.MULTI_PART)) -> None: ...  # noqa: B008


@post("/json")
async def json(data: Item) -> Item:
    return data


def create() -> dict[str, Any]:
    handlers: list[Any] = [marked, form, upload, multipart, json]
    document: dict[str, Any] = Litestar(route_handlers=handlers).openapi_schema.to_schema()
    return document
