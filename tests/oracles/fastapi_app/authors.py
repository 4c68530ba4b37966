"""Two routers of one module."""

from fastapi import APIRouter

router = APIRouter()
prizes = APIRouter()


@router.get("/{author}/books")
def books(author: str): ...


@prizes.get("/latest")
def latest(): ...
