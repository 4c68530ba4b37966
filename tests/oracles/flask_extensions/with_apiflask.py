"""APIFlask: its application and blueprints, verbs, method views, nested blueprints."""

from apiflask import APIBlueprint, APIFlask, Schema
from apiflask.fields import String
from apiflask.views import MethodView

tools = APIBlueprint("tools", __name__, url_prefix="/tools")
parts = APIBlueprint("parts", __name__, url_prefix="/<int:tool>/parts")


class Name(Schema):
    name = String()


@tools.get("/")
@tools.output(Name(many=True))
def listed(): ...


@tools.post("/")
@tools.input(Name, location="json")
def added(json_data): ...


@tools.route("/<int:tool>", methods=["PUT", "PATCH"])
def changed(tool): ...


@parts.delete("/<part>")
@parts.doc(hide=True)
def removed(tool, part): ...


class Shelf(MethodView):
    @tools.output(Name)
    def get(self, shelf): ...

    def delete(self, shelf): ...


def create() -> APIFlask:
    app = APIFlask(__name__, docs_path=None, spec_path=None)
    app.add_url_rule("/shelves/<shelf>", view_func=Shelf.as_view("shelf"))
    tools.add_url_rule("/shelf/<shelf>", view_func=Shelf.as_view("tool_shelf"), methods=["GET"])

    @app.get("/health")
    def health(): ...

    tools.register_blueprint(parts)
    for version in ("v1", "v2"):
        app.register_blueprint(tools, url_prefix=f"/{version}/tools", name=version)
    return app
