"""Users: decorators with constants, filters, several paths and methods."""

from bottle import Bottle

from .settings import USERS

users = Bottle()


@users.get(USERS)
def index():
    return []


@users.route([USERS + "/<user:int>", f"{USERS}/by-name/<name:re:[a-z]+>"], method=["PUT", "PATCH"])
def change(**found):
    return found


@users.delete(f"{USERS}/<user>")
@users.post(f"{USERS}/<user>/delete")
def remove(user):
    return {"user": user}


class Reports:
    def install(self, app):
        app.route("/reports/<day>", "GET", self.daily)

    def daily(self, day):
        return {"day": day}


class Pages:
    """Registers on the application it is given, also on behalf of the classes below it."""

    def __init__(self, app):
        self.app = app
        app.route("/pages")(self.listed)
        app.route("/pages", "POST", self.added)
        self.rest()

    def rest(self):
        for path, handler in (("/pages/first", self.listed), ("/pages/last", self.added)):
            self.app.put(path, callback=handler)

    def listed(self):
        return ""

    def added(self):
        return ""


class Desk(Pages):
    def rest(self):
        super().rest()
        self.app.route("/desk", method=["GET", "DELETE"], callback=self.shown)

    def shown(self):
        return ""
