"""Items: a blueprint with a prefix, class views, a route with a version of its own."""

from sanic import Blueprint, HTTPMethod
from sanic.response import empty
from sanic.views import HTTPMethodView

from .guards import signed_in
from .settings import ITEMS

items = Blueprint("items", url_prefix=ITEMS + "/")
notes = Blueprint("notes", version=2)


@items.get("/")
async def index(request):
    return empty()


@items.route("/<item:int>", methods=["PUT", HTTPMethod.PATCH])
@signed_in
async def change(request, item):
    return empty()


@items.delete(r"/<item:int>/<part:[a-z]/[0-9]>", version=9, version_prefix="/rest/v")
async def drop(request, item, part):
    return empty()


class Parts(HTTPMethodView):
    decorators = (signed_in,)

    async def get(self, request, item):
        return empty()

    async def post(self, request, item):
        return empty()


class Note(HTTPMethodView, attach=notes, uri="/note/<note>"):
    async def get(self, request, note):
        return empty()

    async def delete(self, request, note):
        return empty()


class Old(Parts):
    async def put(self, request, item):
        return empty()


items.add_route(Parts.as_view(), "/<item>/parts")
Old.attach(notes, uri="/old/<item>")


@notes.websocket("/live", version=1)
async def live(request, ws):
    await ws.send("hi")


async def export(request, name):
    return empty()
