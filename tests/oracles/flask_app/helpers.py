"""The project's own ways to register: a base class of views, helpers that hand on, a decorator, a blueprint's class."""

from flask import Blueprint
from flask.views import MethodView


class Registering(MethodView):
    @classmethod
    def register(cls, app, url, name=None):
        view = cls.as_view(name or cls.__name__)
        app.add_url_rule(url, view_func=view)


def register_api(app, view, endpoint, url, key="id", kind="int"):
    made = view.as_view(endpoint)
    app.add_url_rule(url, defaults={key: None}, view_func=made, methods=["GET"])
    app.add_url_rule(url, view_func=made, methods=["POST"])
    app.add_url_rule(f"{url}<{kind}:{key}>", view_func=made, methods=["GET"])


def ruled(app, path, **options):
    def decorator(view):
        app.add_url_rule(path, view.__name__, view, **options)
        return view

    return decorator


class Site:
    def __init__(self, app):
        self.app = app

    def page(self, url, name, view=None, methods=("GET",), *args, **kwargs):
        self.app.add_url_rule(url, name, view, *args, methods=methods, **kwargs)


class Pages(Blueprint):
    def add_url_rule(self, rule, endpoint=None, view_func=None, **options):
        return super().add_url_rule(rule, endpoint, view_func, **options)

    def page(self, url, view):
        self.add_url_rule(url, view_func=view)

    def paged(self, url, **more):
        def inner(view):
            self.add_url_rule(url, view_func=view, **more)
            return view

        return inner
