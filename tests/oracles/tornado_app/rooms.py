"""A part with one handler."""

from tornado.web import RequestHandler


class Room(RequestHandler):
    def get(self):
        self.write("")


table = [(r"/rooms", Room)]
