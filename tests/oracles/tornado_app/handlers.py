"""Handlers, and the list of those of one part."""

from tornado import websocket
from tornado.web import RequestHandler, url


class Base(RequestHandler):
    def prepare(self):
        self.ready = True


class Things(Base):
    def get(self, thing):
        self.write(thing)

    async def post(self, thing):
        self.write(thing)


class Readable(Base):
    def get(self, year, month):
        self.write(year + month)


class Archive(Readable):
    SUPPORTED_METHODS = ("GET", "DELETE")

    def delete(self, year, month):
        self.write(year + month)

    def put(self, year, month):
        self.write("never called")


class Health(RequestHandler):
    def get(self):
        self.write("")


class Chat(websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)


HOME = r"/health"
default_handlers = [
    (HOME, Health),
    url(r"/archive/(?P<year>\d{4})/(?P<month>[0-9]+)", Archive, name="archive"),
]
