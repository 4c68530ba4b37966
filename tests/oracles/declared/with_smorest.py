"""flask-smorest: schemas as arguments, answers in decorators."""

from typing import Any

from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

blueprint = Blueprint("rooms", __name__, url_prefix="/rooms")


class Room(Schema):
    name = fields.Str(required=True)


class Paging(Schema):
    page = fields.Int()
    floor = fields.Str(required=True)


class Trace(Schema):
    trace = fields.Str(data_key="X-Trace")


@blueprint.route("/")
class Rooms(MethodView):
    @blueprint.arguments(Paging, location="query")
    @blueprint.response(200, Room(many=True))
    def get(self, arguments): ...

    @blueprint.arguments(Room)
    @blueprint.response(201, Room)
    @blueprint.alt_response(409, description="taken")
    def post(self, room): ...


@blueprint.route("/<int:number>", methods=["PUT"])
@blueprint.arguments(Room, location="form")
@blueprint.arguments(Trace, location="headers")
@blueprint.response(204)
@blueprint.alt_response(404, description="none")
def change(room, headers, number): ...


def create() -> dict[str, Any]:
    app = Flask(__name__)
    app.config.update(API_TITLE="Rooms", API_VERSION="1", OPENAPI_VERSION="3.0.3")
    api = Api(app)
    api.register_blueprint(blueprint)
    return api.spec.to_dict()
