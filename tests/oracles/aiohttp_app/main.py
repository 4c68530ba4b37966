"""The application: sub-applications below prefixes, registrations in helpers, a resource."""

from aiohttp import web

from . import users


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
    return app
