"""Flask-RESTX: parsers, models, single parameters, answers."""

from typing import Any

from flask import Flask
from flask_restx import Api, Namespace, Resource, fields, reqparse

ships = Namespace("ships")
ship = ships.model("Ship", {"name": fields.String})
paging = reqparse.RequestParser()
paging.add_argument("page", type=int, location="args", required=True)
trace = paging.copy()
trace.add_argument("X-Trace", location="headers")


@ships.route("/")
class Ships(Resource):
    @ships.expect(paging)
    @ships.response(200, "fine")
    @ships.response(404, "none")
    def get(self): ...

    @ships.expect(ship)
    @ships.marshal_with(ship, code=201)
    def post(self): ...


@ships.route("/<int:number>")
@ships.doc(params={"number": "which"})
class Ship(Resource):
    @ships.expect(trace)
    @ships.doc(responses={403: "no", 410: "sunk"})
    def put(self, number): ...

    @ships.param("why", "reason", _in="query")
    def delete(self, number): ...


def create() -> dict[str, Any]:
    app = Flask(__name__)
    app.config["RESTX_MASK_SWAGGER"] = False  # a header that marshalling itself asks for
    api = Api(app)
    api.add_namespace(ships)
    with app.test_request_context():
        return api.__schema__
