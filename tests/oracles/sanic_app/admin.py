"""Groups in groups, a blueprint copied, blueprints made by functions."""

from sanic import Blueprint
from sanic.response import empty

from .guards import only_staff
from .items import notes

users = Blueprint("users", url_prefix="users")
logs = Blueprint("logs", url_prefix="/logs", version="v4")
plain = Blueprint("plain")
inner = Blueprint.group(users, logs, url_prefix="/inner", version=1.5)
admin = Blueprint.group([inner, plain], url_prefix="/admin/", version_prefix="/adm/v")
old_notes = notes.copy("old_notes", url_prefix="/old", version=1)


@users.get("/<user:uuid>")
async def one(request, user):
    return empty()


@logs.post("")
async def write(request):
    return empty()


@plain.route("status", strict_slashes=True)
async def status(request):
    return empty()


@plain.head("/slash/", strict_slashes=True)
async def slash(request):
    return empty()


@admin.on_request
async def before_admin(request):
    await only_staff(request)


users.on_request(only_staff)


def make_reports():
    reports = Blueprint("reports", url_prefix="/reports")

    @reports.get("/daily/<day:ymd>")
    async def daily(request, day):
        return empty()

    return reports
