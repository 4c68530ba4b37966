"""Flask-RESTful: resources of an interface on an application, on a blueprint, added in a loop."""

from flask import Blueprint, Flask
from flask_restful import Api, Resource


class Vehicles(Resource):
    def get(self): ...

    def post(self): ...


class Vehicle(Resource):
    def get(self, number): ...

    def delete(self, number): ...


class Owned(Resource):
    def put(self, owner): ...


class Driver(Owned):
    def get(self, owner): ...


class Report(Resource):
    def get(self): ...


class Depot(Resource):
    def patch(self, depot): ...


RESOURCES = [(Vehicles, "/vehicles"), (Vehicle, "/vehicles/<int:number>")]
depots = Blueprint("depots", __name__, url_prefix="/depots")
depot_api = Api(depots, prefix="/v2")
depot_api.add_resource(Depot, "/<depot>", "/by-name/<string:depot>")
reports = Blueprint("reports", __name__)
report_api = Api()
report_api.add_resource(Report, "/report")
report_api.init_app(reports)


def create() -> Flask:
    app = Flask(__name__)
    api = Api(app, prefix="/api")
    for resource, path in RESOURCES:
        api.add_resource(resource, path)
    api.add_resource(Driver, "/drivers/<owner>", endpoint="driver")

    @api.resource("/health", "/alive")
    class Health(Resource):
        def get(self): ...

    for blueprint, prefix in ((depots, None), (reports, "/monthly")):
        app.register_blueprint(blueprint, url_prefix=prefix)
    return app
