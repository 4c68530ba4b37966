"""What is registered by the helpers."""

from flask.views import MethodView

from .helpers import Pages, Registering, Site, register_api, ruled

STOCK = "/stock/"
pages = Pages("pages", __name__, url_prefix="/pages")


class Stock(MethodView):
    def get(self, number): ...

    def post(self): ...


class Items(Registering):
    def get(self): ...

    def delete(self): ...


def plain(): ...


def other(): ...


def add(rule, view, **options):
    pages.add_url_rule(rule, view.__name__, view, **options)


add("/added", plain, methods=["PUT"])
for path, view in (("/first", other),):
    add(path, view)
MOST = 3
NUMBERS = "/numbers/<int(max={}):number>"
RULES = [(NUMBERS.format(MOST), "numbers", plain), (f"/{MOST}", "most", plain), ("/letters", "letters", other)]
for rule in RULES:
    pages.add_url_rule(*rule)
pages.page("/page", plain)
pages.route("/direct", methods=["POST"])(other)


@pages.paged("/paged", methods=["PATCH"])
def paged(): ...


@ruled(pages, "/ruled", methods=["DELETE"])
def handed(): ...


def install(app):
    register_api(app, Stock, "stock", STOCK, key="number")
    Items.register(app, "/items")
    site = Site(app)
    site.page("/site", "site", plain, methods=["GET", "POST"])
    app.register_blueprint(pages)
