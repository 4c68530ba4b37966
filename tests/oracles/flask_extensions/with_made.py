"""Flask-RESTful: interfaces that functions make or are given, with a prefix of their own for each call."""

from flask import Blueprint, Flask
from flask_restful import Api, Resource


class Cars(Resource):
    def get(self): ...

    def post(self): ...


class Car(Resource):
    def get(self, number): ...


class Boats(Resource):
    def get(self): ...


class Trains(Resource):
    def get(self): ...


class Trams(Resource):
    def put(self): ...


class OwnApi(Api):
    """An interface of the project's own class."""


def made(app):
    return Api(app, prefix="/made")


def named(app, prefix):
    api = Api(app, prefix=prefix)
    api.decorators = []
    return api


def below(app, name):
    blueprint = Blueprint(name, __name__, url_prefix=f"/{name}")
    api = OwnApi(blueprint)
    api.add_resource(Trams, "/trams")
    app.register_blueprint(blueprint)


def register(api):
    api.add_resource(Boats, "/boats")


class Server:
    def __init__(self, app):
        self.api = made(app)
        self.add(Trains, "/trains")

    def add(self, resource, *urls):
        self.api.add_resource(resource, *urls)


def create() -> Flask:
    app = Flask(__name__)
    api = made(app)
    api.add_resource(Cars, "/cars")
    named(app, "/named").add_resource(Car, "/cars/<int:number>")
    other = named(app, "/other")
    other.add_resource(Car, "/cars/<int:number>", endpoint="other")
    register(other)
    Server(app)
    for name in ("north", "south"):
        below(app, name)
    return app
