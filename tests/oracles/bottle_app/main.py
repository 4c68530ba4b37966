"""The application: mounted and merged applications, registrations in helpers and in loops."""

from bottle import Bottle

from .settings import PREFIX
from .users import Desk, Reports, users

extra = Bottle()


@extra.route("/anything/<rest:path>", method="ANY")
def anything(rest):
    return rest


@extra.route()
def hello__world(name, greeting="hi"):
    return name + greeting


def health():
    return "ok"


def metrics():
    return ""


def setup(app):
    app.get("/metrics", callback=metrics)
    app.post("/metrics/reset")(metrics)


def create_admin():
    admin = Bottle()
    setup(admin)
    return admin


def create():
    app = Bottle()
    for probe in ("live", "ready"):
        app.route(f"/health/{probe}", "GET", health)
    for path, handler in [("/a", health), ("/b", metrics)]:
        app.route(path, callback=handler)
    api = Bottle()
    api.mount("/accounts/", users)
    reports = Reports()
    reports.install(api)
    Desk(api)
    api.merge(extra)
    app.mount(PREFIX + "/", api)
    app.mount("/admin/", create_admin())
    return app
