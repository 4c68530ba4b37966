"""A factory that registers one blueprint twice and adds rules by hand."""

from flask import Flask

from .pages import install
from .shop import shop


def about(): ...


def create() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(shop)
    app.register_blueprint(shop, name="outlet", url_prefix="/outlet")
    app.add_url_rule("/about", view_func=about, methods=["GET", "OPTIONS"])

    install(app)

    @app.post("/login")
    def login(): ...

    return app
