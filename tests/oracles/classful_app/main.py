"""Classes of views on an application and on blueprints."""

from flask import Blueprint, Flask

from .views import CheckoutView, HTTPStatusView, OrdersView, ReportsView, StaffView

shop = Blueprint("shop", __name__, url_prefix="/shop")


def create() -> Flask:
    app = Flask(__name__, static_folder=None)
    OrdersView.register(app)
    OrdersView.register(shop, route_base="/purchases/<string:branch>", method_dashified=True)
    CheckoutView.register(app, route_prefix="/v2", trailing_slash=False)
    for view, base in ((HTTPStatusView, None), (StaffView, "/people")):
        view.register(shop, route_base=base)
    ReportsView.register(app)
    app.register_blueprint(shop)
    return app
