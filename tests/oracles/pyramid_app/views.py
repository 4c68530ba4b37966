"""Views: functions, classes, methods, defaults."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config, view_defaults


def wrapped(view):
    def inner(context, request):
        return view(context, request)

    return inner


@view_config(route_name="users", request_method="GET")
@view_config(route_name="deep", permission=NO_PERMISSION_REQUIRED)
def listed(request):
    return Response("")


@view_config(route_name="users", request_method="POST", permission="edit", decorator=wrapped)
def create(request):
    return Response("")


@view_defaults(route_name="user", permission="edit")
class User:
    def __init__(self, request):
        self.request = request

    @view_config(request_method="GET", permission="view")
    def show(self):
        return Response("")

    @view_config(request_method=("PUT", "PATCH"))
    def change(self):
        return Response("")


@view_config(route_name="helped", attr="run", request_method="DELETE")
class Helped(User):
    def run(self):
        return Response("")


@view_config(route_name="health_live")
class Live:
    def __init__(self, request):
        self.request = request

    def __call__(self):
        return Response("")


def ready(request):
    return Response("")


def limited(request):
    return Response("")


@view_config(context=HTTPNotFound)
def missing(request):
    return Response("")
