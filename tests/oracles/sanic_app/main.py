"""The application: registrations in helpers and in loops, replaced prefixes, versions."""

from sanic import Blueprint, Sanic
from sanic.response import empty

from .admin import admin, make_reports, old_notes
from .guards import identify, signed_in
from .items import export, items, notes
from .settings import PREFIX, VERSION

first = Blueprint("first", url_prefix="/first")
second = Blueprint("second", url_prefix="/second")
lonely = (first, second)


async def ping(request):
    return empty()


@first.options("/o")
@second.get("/g", name="again")
async def shared(request):
    return empty()


def install(app):
    app.blueprint(items, url_prefix=f"{PREFIX}/things", version=VERSION)
    for bp in (notes, old_notes):
        app.blueprint(bp)
    app.blueprint(admin)
    app.blueprint(make_reports(), version_prefix="/r/v", version=1)
    app.blueprint(lonely)


def create():
    app = Sanic("Oracle")
    app.register_middleware(identify)
    for name in ("live", "ready"):
        app.add_route(ping, f"/health/{name}", methods=["GET", "HEAD"], name=name)
    app.add_route(signed_in(export), "/export/<name:str>", ["POST"], name="wrapped")
    app.add_websocket_route(socket, "feed")
    app.get("/direct")(ping)

    @app.route("/inside/", version=VERSION)
    async def inside(request):
        return empty()

    @app.middleware("response")
    async def after(request, response):
        return None

    install(app)
    return app


async def socket(request, ws):
    await ws.send("")
