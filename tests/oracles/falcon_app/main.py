"""Resources with suffixes, inherited responders and converters."""

import falcon


class Base:
    def on_delete(self, _request, response, **_values):
        response.status = falcon.HTTP_204


class Users(Base):
    def on_get(self, _request, response):
        response.media = []

    def on_get_one(self, _request, response, user):
        response.media = user

    def on_put_one(self, _request, response, user):
        response.media = user


class Health:
    def on_get(self, _request, response):
        response.media = {}


class Orders(Base):
    def on_post(self, _request, response):
        response.media = {}


def forward(_request, response, **_values):
    response.status = falcon.HTTP_301


PREFIX = "/v1"
TABLE = [("/orders", Orders()), ("/purchases", Orders())]


def create():
    app = falcon.App()
    users = Users()
    app.add_route(PREFIX + "/users", users)
    app.add_route(PREFIX + "/users/{user:int}", users, suffix="one")
    app.add_route("/health", Health())
    for path, resource in TABLE:
        app.add_route(PREFIX + path, resource)
    routes = {"/ready": Health(), "/alive": Health()}
    for path, resource in routes.items():
        app.add_route(path, resource)
    app.add_sink(forward, prefix="/old")
    app.add_sink(forward, r"/shops/(?P<shop>\d+)/")
    return app
