"""Tables that the application goes over when it registers."""

from aiohttp import web

from . import users

BASE = "/tables"


async def shown(_request):
    return web.Response()


async def changed(_request):
    return web.Response()


PAIRS = [("GET", BASE + "/pairs", shown), ("POST", BASE + "/pairs", changed)]
ENTRIES = [
    {"method": "GET", "path": "/entries", "handler": shown},
    {"method": "PUT", "path": "/entries/{entry}", "handler": users.export},
]
PAGES = {"/first": shown, "/second": changed}
MORE = (("DELETE", "/more", changed), *PAIRS)


def named(app):
    for entry in ENTRIES:
        app.router.add_route(entry["method"], "/named" + entry["path"], entry["handler"])
