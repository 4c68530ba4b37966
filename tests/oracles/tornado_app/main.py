"""The application: a subclass that gathers lists, and handlers added later."""

import tornado.web

from tests.oracles.tornado_app.handlers import Chat, Health, Things, default_handlers

PAGES = [(r"/health", Health), (r"/things/([^/]+)", Things)]


class Application(tornado.web.Application):
    def __init__(self):
        handlers = [(r"/things/([^/]+(?:\.json)?)", Things, {})]
        handlers += default_handlers
        handlers.append((r"/chat", Chat))
        handlers.extend([tornado.web.URLSpec(r"/old\.html", "tests.oracles.tornado_app.handlers.Health")])
        handlers.append((r"/static/(.*)", tornado.web.StaticFileHandler, {"path": "static"}))
        handlers += [(r"/pages" + pattern, handler) for pattern, handler in PAGES]
        for number, handler in enumerate((Health, Things)):
            handlers.append((r"/numbered/%d/([^/]+)" % number, handler))  # noqa: UP031
        super().__init__(handlers + [(rf"/counted/{n}", Health) for n in range(2)], debug=False)


def create():
    app = Application()
    app.add_handlers(r".*", [(r"/later", Health)])
    return app
