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
