"""Flask-RESTX: namespaces at their own path or another, resources on the interface, an interface on a blueprint."""

from flask import Blueprint, Flask
from flask_restx import Api, Namespace, Resource

planes = Namespace("planes", description="Planes")
pilots = Namespace("pilots", path="/crew/pilots")
flights = Namespace("flights")


@planes.route("/", "/all")
class Planes(Resource):
    @planes.doc("planes")
    def get(self): ...

    def post(self): ...


@planes.route("/<int:number>")
@planes.param("number", "The plane's number")
class Plane(Resource):
    def delete(self, number): ...


@pilots.route("/<name>")
class Pilot(Resource):
    def get(self, name): ...

    def patch(self, name): ...


class Flights(Resource):
    def get(self): ...


class Gates(Resource):
    def put(self, gate): ...


flights.add_resource(Flights, "/", "/today")


def create() -> Flask:
    app = Flask(__name__)
    old = Blueprint("old", __name__, url_prefix="/old")
    api = Api(old, version="1", doc=False, prefix="/api")
    for namespace, path in ((planes, None), (pilots, None), (flights, "/departures")):
        api.add_namespace(namespace, path=path)
    api.add_resource(Gates, "/gates/<gate>")
    lounge = api.namespace("lounge", path="/rest")

    @lounge.route("/bar")
    class Bar(Resource):
        def get(self): ...

    @api.route("/weather")
    class Weather(Resource):
        def get(self): ...

    app.register_blueprint(old)
    return app
