"""The interfaces: one that asks for a token everywhere, and one that asks nobody."""

from ninja import NinjaAPI, Router

from .keys import Key, Token, slowly
from .shop import orders, public, stock

VERSION = "v2"
api = NinjaAPI(auth=Token(), throttle=slowly, version=VERSION)
api.add_router("/orders", orders)
api.add_router("", "tests.oracles.ninja_app.more.router")
for prefix, router in [("/stock/", stock), ("public", public)]:
    api.add_router(prefix, router)


@api.post("/login", auth=None)
def login(request):
    return {}


@api.get("me", throttle=[])
def me(request):
    return {}


def shelf():
    made = Router()

    @made.get("/")
    def shelved(request):
        return []

    @made.post("/{int:number}")
    def put_back(request, number: int):
        return {}

    return made


api.add_router("/books", shelf(), auth=Key())
api.add_router("/films", shelf())


def internal():
    made = NinjaAPI(urls_namespace="internal")
    inner = Router()
    made.add_router(f"/{VERSION}/jobs", inner, auth=Key())

    @made.get("health")
    def health(request):
        return {}

    @inner.put("/{path:name}")
    def start(request, name: str):
        return {}

    @inner.patch("/", auth=None)
    def look(request):
        return {}

    return made


jobs = internal()
