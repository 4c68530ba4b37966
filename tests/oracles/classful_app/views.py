from uuid import UUID

from flask_classful import FlaskView, method, route


class Base(FlaskView):
    def before_request(self, name, **values): ...

    def shared(self): ...


class OrdersView(Base):
    def index(self): ...

    def get(self, number: int): ...

    def put(self, number: int, line): ...

    def post(self): ...

    def delete(self, number: UUID): ...

    def paid_by(self, member, page=1): ...

    @method("POST")
    @method("PATCH")
    def pay(self, number: int): ...

    @route("/search/<term>")
    @route("/find", methods=["GET", "POST"])
    def search(self, term=None): ...

    def before_post(self): ...

    def after_post(self, response): ...

    def _total(self): ...

    @property
    def clock(self): ...

    @classmethod
    def made(cls): ...


class CheckoutView(FlaskView):
    route_base = "/"

    def index(self): ...

    def cart_items(self, number): ...

    @route("/done/")
    def done(self): ...


class HTTPStatusView(FlaskView):
    default_methods = ("GET", "POST")
    excluded_methods = ("helper",)

    def helper(self): ...

    def ping(self): ...


class StaffView(Base):
    route_base = "people"
    route_prefix = "admin"
    method_dashified = True

    def all_of_them(self): ...


class ReportsView(FlaskView):
    inspect_args = False
    trailing_slash = False

    def get(self, number): ...

    def long_ones(self): ...
