"""The application: sub-applications below prefixes, registrations in helpers, a resource."""

from aiohttp import web

from . import tables, users
from .tables import PAIRS


async def health(_request):
    return web.Response()


async def anything(_request):
    return web.Response()


async def metrics(_request):
    return web.Response()


def create_admin():
    admin = web.Application()
    setup(admin)
    return admin


def setup(app):
    router = app.router
    router.add_get("/metrics", metrics)
    app.router.add_route("*", "/any/{tail:.*}", anything)


def create_lists():
    app = web.Application()
    tables.named(app)
    for method, path, handler in PAIRS:
        app.router.add_route(method, path, handler)
    for entry in tables.ENTRIES:
        app.router.add_route(**entry)
    for page in tables.PAGES.items():
        app.router.add_patch(*page)
    for row in tables.MORE:
        app.router.add_route(row[0], f"/rows{row[1]}", row[2])
    app.add_routes([web.delete(path, handler) for path, handler in tables.PAGES.items()])
    return app


def create():
    app = web.Application()
    app.router.add_get("/health", health, allow_head=False)
    resource = app.router.add_resource("/things/{thing}")
    resource.add_route("POST", anything)
    app.router.add_view("/view", users.Session)
    api = web.Application()
    api.add_routes(users.routes)
    extra = [web.post("/extra", health)]
    api.add_routes(extra)
    api.add_routes([*users.listed, web.delete("/export", users.export)])
    app.add_subapp("/api/", api)
    app.add_subapp("/admin", create_admin())
    app.add_subapp("/lists", create_lists())
    inner, other = web.Application(), web.Application()
    inner.router.add_get("/inner", health, allow_head=False)
    other.router.add_put("/other", anything)
    for prefix, part in (("/one", inner), ("/two", other)):
        app.add_subapp(f"/parts{prefix}", part)
    return app
