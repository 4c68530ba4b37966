"""The application."""

from pyramid.config import Configurator

from .policy import Policy
from .views import Helped, limited


def create():
    with Configurator(route_prefix="/api") as config:
        config.set_security_policy(Policy())
        config.add_tween("tests.oracles.pyramid_app.policy.trace_factory")
        config.include(".routes", route_prefix="v1")
        config.add_route("root", "/")
        config.add_view(".views.ready", route_name="health_ready", request_method="GET")
        config.add_view(limited, route_name="limited", request_method="POST", permission="edit")
        config.add_view(Helped, attr="show", route_name="root", request_method="GET")
        config.scan(".views")
    return config
