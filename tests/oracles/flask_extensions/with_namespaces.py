"""Flask-RESTX: namespaces that functions make, and an interface that one makes and another is given."""

from flask import Flask
from flask_restx import Api, Namespace, Resource


class Food(Resource):
    def get(self): ...


def animals(name):
    namespace = Namespace(name)

    @namespace.route("/")
    class Animals(Resource):
        def get(self): ...

        def post(self): ...

    @namespace.route("/<int:number>")
    class Animal(Resource):
        def delete(self, number): ...

    return namespace


def cages():
    namespace = Namespace("cages", path="/houses")
    namespace.add_resource(Food, "/food")
    return namespace


def interface():
    api = Api(version="1", prefix="/v1", doc=False)
    api.add_namespace(animals("cats"))
    api.add_namespace(animals("dogs"), path="/hounds")
    api.add_namespace(cages())
    return api


def more(api):
    namespace = api.namespace("inner")
    namespace.add_resource(Food, "/food", endpoint="inner food")


def create() -> Flask:
    app = Flask(__name__)
    api = interface()
    more(api)
    api.init_app(app)
    return app
