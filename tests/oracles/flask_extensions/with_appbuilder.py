"""Flask-AppBuilder: views and resources with paths of their own, of their class's name, and inherited ones."""

from flask import Flask
from flask_appbuilder import AppBuilder, BaseView, expose
from flask_appbuilder.api import BaseApi
from flask_sqlalchemy import SQLAlchemy

VERSION = "v2"


class Shared(BaseApi):
    @expose("/ping")
    def ping(self): ...


class Boats(Shared):
    resource_name = "boat"

    @expose("/", methods=["GET", "POST"])
    def boats(self): ...

    @expose("/<int:number>", methods=("DELETE",))
    def sink(self, number): ...


class Harbours(Shared):
    version = VERSION
    exclude_route_methods = frozenset({"ping"})

    @expose("/nearest")
    @expose("/closest/<path:where>")
    def nearest(self, where=""): ...


class Crew(BaseApi):
    route_base = "/crew"

    @expose("/<name>", methods=["PUT"])
    def rename(self, name): ...


class Lists(BaseView):
    @expose("/list/")
    def list(self): ...


class Charts(Lists):
    route_base = "/charts"

    @expose("/<string:kind>", methods=["GET", "POST"])
    def chart(self, kind): ...


class Tides(Lists):
    default_view = "list"


def create() -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x" * 32, SQLALCHEMY_DATABASE_URI="sqlite://", FAB_UPDATE_PERMS=False)
    database = SQLAlchemy(app)
    with app.app_context():
        builder = AppBuilder(app, database.session, update_perms=False)
        for resource in (Boats, Harbours, Crew):
            builder.add_api(resource)
        builder.add_view_no_menu(Charts)
        builder.add_view_no_menu(Tides())
    return app
