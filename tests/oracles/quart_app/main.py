"""The application: registrations in a factory."""

from quart import Quart, websocket

from .rooms import rooms


async def health():
    return "ok"


async def feed():
    await websocket.send("")


def create():
    app = Quart(__name__, static_folder=None)
    app.add_url_rule("/health", view_func=health)
    app.add_websocket("/feed", view_func=feed)

    @app.route("/inside", methods=["GET", "POST"])
    async def inside():
        return ""

    @app.websocket("/socket")
    async def socket():
        await websocket.send("")

    @app.delete("/gone")
    async def gone():
        return ""

    app.register_blueprint(rooms, url_prefix="/api/rooms")
    return app
