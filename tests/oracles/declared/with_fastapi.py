"""FastAPI: responses of routes, routers, the application, and of what includes a router; inputs of every kind."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Cookie, Depends, FastAPI, File, Form, Header, Query, UploadFile, status
from pydantic import BaseModel


class Letter(BaseModel):
    text: str


class Problem(BaseModel):
    why: str


NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem}}
TAKEN = {status.HTTP_409_CONFLICT: {"description": "taken"}, **NOT_FOUND}
CREATED = 201


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    return {code: {"model": Problem} for code in codes}


def page(number: int = 1, token: str = Header()) -> int:
    return number


letters = APIRouter(prefix="/letters", responses={401: {"description": "who"}, 403: {}})
stamps = APIRouter()


@letters.get("/{number}", responses=NOT_FOUND)
def one(number: int) -> None: ...


@letters.post("/", status_code=CREATED, responses={**TAKEN, 418: {}})
def write(letter: Letter) -> None: ...


@letters.put("/{number}", responses=problems(410, status.HTTP_423_LOCKED))
def change(number: int, letter: Annotated[Letter, Body(embed=True)], seen: Annotated[str, Cookie()]) -> None: ...


@letters.delete("/{number}", status_code=status.HTTP_204_NO_CONTENT, responses=NOT_FOUND | {400: {}})
def burn(number: int, why: Annotated[list[str], Query()]) -> None: ...


@stamps.post("/stamps")
def stamp(picture: Annotated[UploadFile, File()], price: Annotated[int, Form()]) -> None: ...


@stamps.get("/stamps")
def listed(number: Annotated[int, Depends(page)], x_colour: Annotated[str | None, Header()] = None) -> None: ...


def late(number: int) -> None: ...


def create() -> dict[str, Any]:
    app = FastAPI(responses={500: {"model": Problem}})
    letters.include_router(stamps, responses=NOT_FOUND)
    app.include_router(letters)
    app.include_router(letters, prefix="/old", responses={410: {"description": "gone"}})
    app.add_api_route("/late/{number}", late, methods=["PATCH"], responses={425: {}})
    return app.openapi()
