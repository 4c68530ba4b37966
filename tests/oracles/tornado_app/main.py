"""The application: a subclass that gathers lists, and handlers added later."""

import tornado.web

from tests.oracles.tornado_app.handlers import Chat, Health, Things, default_handlers


class Application(tornado.web.Application):
    def __init__(self):
        handlers = [(r"/things/([^/]+(?:\.json)?)", Things, {})]
        handlers += default_handlers
        handlers.append((r"/chat", Chat))
        handlers.extend([tornado.web.URLSpec(r"/old\.html", "tests.oracles.tornado_app.handlers.Health")])
        handlers.append((r"/static/(.*)", tornado.web.StaticFileHandler, {"path": "static"}))
        super().__init__(handlers, debug=False)


def create():
    app = Application()
    app.add_handlers(r".*", [(r"/later", Health)])
    return app
