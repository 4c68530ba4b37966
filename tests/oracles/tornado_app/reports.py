"""A part with patterns made of constants, and methods under several names."""

from tornado.web import RequestHandler

YEAR = r"(?P<year>\d{4})"
FORMAT = "reports"


class Report(RequestHandler):
    def get(self, year):
        self.write(year)

    post = put = get


class Reports(RequestHandler):
    def delete(self):
        self.write("")


table = [(r"/reports/%s" % YEAR, Report), ("/%s%s" % (FORMAT, "/all"), Reports)]  # noqa: UP031
