"""Rooms: a blueprint in a blueprint, websockets, class views, hooks."""

from quart import Blueprint, abort, g, websocket
from quart.views import MethodView, View

rooms = Blueprint("rooms", __name__, url_prefix="/rooms")
inner = Blueprint("inner", __name__, url_prefix="/inner")


@rooms.before_request
async def signed_in():
    if not g.get("user"):
        abort(401)


@rooms.before_websocket
async def signed_in_socket():
    if not g.get("user"):
        abort(401)


@rooms.get("/")
async def index():
    return []


@rooms.websocket("/<int:room>/live")
async def live(room):
    await websocket.send(str(room))


@inner.route("/<path:rest>", methods=["PUT", "PATCH"])
async def change(rest):
    return rest


@inner.websocket("/echo")
async def echo():
    await websocket.send("")


class Room(MethodView):
    async def get(self, room):
        return {}

    async def delete(self, room):
        return {}


class Report(View):
    methods = ("POST",)

    async def dispatch_request(self):
        return {}


rooms.add_url_rule("/<int:room>", view_func=Room.as_view("room"))
rooms.add_url_rule("/report", view_func=Report.as_view("report"))
rooms.register_blueprint(inner, url_prefix="/deep")
