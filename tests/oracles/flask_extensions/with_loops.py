"""Plain Flask: blueprints and rules registered in loops over tables, and blueprints that a function makes."""

from flask import Blueprint, Flask

letters = Blueprint("letters", __name__)
parcels = Blueprint("parcels", __name__, url_prefix="/parcels")
TABLE = [{"blueprint": letters, "url_prefix": "/post"}, {"blueprint": parcels, "url_prefix": "/freight"}]


@letters.get("/<letter>")
def letter(letter): ...


@parcels.post("/")
def send(): ...


def offices() -> Blueprint:
    made = Blueprint("offices", __name__, url_prefix="/offices")

    @made.route("/open", methods=["PUT"])
    def open_office(): ...

    return made


def depot(name: str, prefix: str = "/depots") -> Blueprint:
    made = Blueprint(name, __name__, url_prefix=prefix)

    @made.get(f"/{name}/stock")
    def stock(): ...

    @made.delete("/stock")
    def empty(): ...

    return made


def about(): ...


def contact(): ...


PAGES = {"about": about, "contact": contact}


def create() -> Flask:
    app = Flask(__name__)
    for row in TABLE:
        app.register_blueprint(**row)
    for version in ("v1", "v2"):
        app.register_blueprint(letters, url_prefix=f"/{version}/letters", name=version)
    for blueprint, prefix in zip([parcels], ["/again"], strict=True):
        app.register_blueprint(blueprint, url_prefix=prefix, name="again")
    for name, view in PAGES.items():
        rule = f"/pages/{name}"
        app.add_url_rule(rule, name, view)
    app.register_blueprint(offices())
    app.register_blueprint(depot("north"))
    for name in ("south", "east"):
        app.register_blueprint(depot(name, prefix=f"/{name}/depots"))
    far = offices()
    app.register_blueprint(far, url_prefix="/far", name="far")
    return app
