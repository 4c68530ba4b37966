"""Nested blueprints, class views and rules of converters."""

from flask import Blueprint
from flask.views import MethodView, View

PART = "part"
shop = Blueprint("shop", __name__, url_prefix="/shop")
admin = Blueprint("admin", __name__, url_prefix="/admin")


@shop.route("/")
def index(): ...


@shop.get("/<int:item>")
def item(item): ...


@shop.route(f"/<int:item>/{PART}s", methods=["GET", "POST"])
def parts(item): ...


@admin.delete("/<path:name>")
def remove(name): ...


class Basket(MethodView):
    def get(self): ...

    def post(self): ...


class Special(Basket):
    def put(self): ...


class Page(View):
    methods = ("GET", "POST")

    def dispatch_request(self): ...


shop.add_url_rule("/basket", view_func=Basket.as_view("basket"))
shop.add_url_rule("/special", view_func=Special.as_view("special"))
shop.add_url_rule("/page", view_func=Page.as_view("page"))
shop.register_blueprint(admin)
