"""Flask-AppBuilder's generic classes: what they bring along, what a class leaves out, replaces or adds."""

from flask import Flask
from flask_appbuilder import (
    AppBuilder,
    CompactCRUDMixin,
    MasterDetailView,
    Model,
    ModelRestApi,
    ModelView,
    SimpleFormView,
    expose,
    has_access,
)
from flask_appbuilder.charts.views import GroupByChartView
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security.decorators import protect
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String
from wtforms import StringField


class Cargo(Model):
    __tablename__ = "cargo"
    id = Column(Integer, primary_key=True)
    name = Column(String(9))


class CargoApi(ModelRestApi):
    datamodel = SQLAInterface(Cargo)


class ReadApi(ModelRestApi):
    resource_name = "read"
    datamodel = SQLAInterface(Cargo)
    include_route_methods = frozenset({"get", "get_list", "count"})

    @expose("/count", methods=["GET"])
    @protect()
    def count(self): ...


class OneApi(ModelRestApi):
    datamodel = SQLAInterface(Cargo)
    include_route_methods = "get_list"


class NowhereApi(ModelRestApi):
    """Nobody registers it."""

    datamodel = SQLAInterface(Cargo)


class KeptApi(CargoApi):
    resource_name = "kept"
    exclude_route_methods = frozenset({"delete"})

    def post(self): ...

    @expose("/<pk>", methods=["PUT"])
    def put(self, pk): ...


class CargoView(ModelView):
    datamodel = SQLAInterface(Cargo)

    @expose("/weigh/")
    @has_access
    def weigh(self): ...


class Compact(CompactCRUDMixin, ModelView):
    route_base = "/small"
    datamodel = SQLAInterface(Cargo)


class Details(MasterDetailView):
    datamodel = SQLAInterface(Cargo)
    related_views = ()


class Weights(GroupByChartView):
    datamodel = SQLAInterface(Cargo)
    chart_title = "weights"
    definitions = ({"group": "name", "series": ["name"]},)


class AskForm(DynamicForm):
    name = StringField("name")


class Ask(SimpleFormView):
    form = AskForm


def create() -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x" * 32, SQLALCHEMY_DATABASE_URI="sqlite://", FAB_UPDATE_PERMS=False)
    database = SQLAlchemy(app)
    with app.app_context():
        builder = AppBuilder(app, database.session, update_perms=False)
        for resource in (CargoApi, ReadApi, OneApi, KeptApi):
            builder.add_api(resource)
        for view in (CargoView, Compact, Details, Weights, Ask):
            builder.add_view_no_menu(view)
    return app
