"""flask-smorest: method views and functions on blueprints, blueprints below one another."""

from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint

rooms = Blueprint("rooms", __name__, url_prefix="/rooms", description="Rooms")
beds = Blueprint("beds", __name__, url_prefix="/<int:room>/beds")
guests = Blueprint("guests", __name__)


@rooms.route("/")
class Rooms(MethodView):
    def get(self): ...

    @rooms.response(201)
    def post(self): ...


@rooms.route("/<int:room>")
class Room(MethodView):
    def put(self, room): ...

    def delete(self, room): ...


@rooms.route("/free", methods=["GET", "POST"])
@rooms.response(200)
def free(): ...


@beds.route("/<bed>", methods=["PATCH"])
def make(room, bed): ...


@guests.get("/guests")
def listed(): ...


@guests.route("/guests/<uuid:guest>")
class Guest(MethodView):
    def get(self, guest): ...


BLUEPRINTS = {"/hotel": guests, "/hostel": rooms}


def create() -> Flask:
    app = Flask(__name__)
    app.config.update(API_TITLE="Rooms", API_VERSION="1", OPENAPI_VERSION="3.0.3")
    api = Api(app)
    rooms.register_blueprint(beds)
    for prefix, blueprint in BLUEPRINTS.items():
        api.register_blueprint(blueprint, url_prefix=prefix)
    api.register_blueprint(guests, name="again")
    return app
