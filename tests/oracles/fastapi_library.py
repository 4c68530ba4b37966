"""What a library derives from FastAPI's router. The analyzer does not get this file, as it does not get libraries."""

from fastapi import APIRouter


class QuietRouter(APIRouter):
    """A router of another class, with nothing of its own."""
