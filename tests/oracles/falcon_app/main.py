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


PREFIX = "/v1"


def create():
    app = falcon.App()
    users = Users()
    app.add_route(PREFIX + "/users", users)
    app.add_route(PREFIX + "/users/{user:int}", users, suffix="one")
    app.add_route("/health", Health())
    return app
