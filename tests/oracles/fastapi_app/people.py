"""A router class of our own, and one router hung below another."""

from fastapi import APIRouter


class Router(APIRouter):
    """A subclass is a router."""


people = Router(prefix="/people", tags=["people"])
pets = APIRouter()


@people.get("/{name}")
def person(name: str): ...


@pets.patch("/pets/{pet}")
def rename(name: str, pet: str): ...


@pets.delete("/pets/{pet}")
def free(name: str, pet: str): ...


people.include_router(pets, prefix="/{name}")


def stats():
    return {}


people.add_api_route("/all/stats", stats, methods=["GET", "POST"])
