"""A route table with a class view, and a list of routes."""

from aiohttp import web

routes = web.RouteTableDef()
PREFIX = "/users"


@routes.get(PREFIX)
async def index(_request):
    return web.Response()


@routes.route("PATCH", PREFIX + r"/{user:\d{1,9}}")
async def change(_request):
    return web.Response()


class Base(web.View):
    async def delete(self):
        return web.Response()


@routes.view("/session")
class Session(Base):
    async def post(self):
        return web.Response()


async def export(_request):
    return web.Response()


class Reports:
    async def daily(self, _request):
        return web.Response()


reports = Reports()
listed = [web.get("/export", export), web.put("/reports/{day}", reports.daily)]
