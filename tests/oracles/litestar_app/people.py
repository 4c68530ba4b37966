"""A controller, its base, and a handler with two paths."""

from litestar import Controller, HttpMethod, delete, get, patch, post, route

BASE = "/people"


class Shared(Controller):
    @get("/shared", sync_to_thread=False)
    def shared(self) -> str:
        return ""


class People(Shared):
    path = BASE

    @get()
    async def everybody(self) -> list[str]:
        return []

    @post("/")
    async def join(self, data: dict[str, str]) -> None: ...

    @get(["/{name:str}", "/by-name/{name:str}"])
    async def one(self, name: str) -> str:
        return name

    @patch(path="/{name:str}")
    async def rename(self, name: str, data: dict[str, str]) -> None: ...

    @delete("/{name:str}/pets/{pet:int}")
    async def free(self, name: str, pet: int) -> None: ...


@route("/both", http_method=["GET", HttpMethod.POST], status_code=200)
async def both() -> str:
    return ""


async def raw() -> str:
    return ""
