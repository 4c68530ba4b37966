"""Calls that wait for ever unless they are told how long: what each library is told it with."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant
from analyzer.facts.visit import walk
from analyzer.flow.arguments import argument, spread
from analyzer.flow.arrivals import arrivals
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import places_calling, uses_of
from analyzer.graph.picture import Picture


class Wait(msgspec.Struct, frozen=True):
    """How one call is told its limit: the position of the argument (−1: by keyword only), the keyword, and
    what else may limit it: its ``session``, ``pool``, ``address``, ``socket`` or ``database``, ``""`` for nothing."""

    position: int = -1
    keyword: str = "timeout"
    asks: str = ""


_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_SESSIONS = (
    "requests.Session()", "requests.session()", "requests.sessions.Session()", "requests_oauthlib.OAuth2Session()",
    "requests_oauthlib.OAuth1Session()",
)  # fmt: skip
ENDLESS = {
    **{f"requests.{verb}": Wait() for verb in _VERBS},
    **{f"{session}.{verb}": Wait(asks="session") for session in _SESSIONS for verb in _VERBS},
    "urllib.request.urlopen": Wait(2),
    "urllib.request.build_opener().open": Wait(2),
    "urllib3.request": Wait(),
    **{f"urllib3.{pool}().request": Wait(asks="pool") for pool in ("PoolManager", "ProxyManager")},
    "http.client.HTTPConnection": Wait(2),
    "http.client.HTTPSConnection": Wait(),
    "smtplib.SMTP": Wait(3),
    "smtplib.SMTP_SSL": Wait(),
    "ftplib.FTP": Wait(4, asks="address"),
    "ftplib.FTP_TLS": Wait(asks="address"),
    "imaplib.IMAP4": Wait(2),
    "imaplib.IMAP4_SSL": Wait(),
    "poplib.POP3": Wait(2),
    "poplib.POP3_SSL": Wait(),
    "socket.create_connection": Wait(1, asks="socket"),
    "paramiko.SSHClient().connect": Wait(6),
    "psycopg2.connect": Wait(keyword="connect_timeout", asks="database"),
}
"""By canonical name; as of requests 2.34, urllib3 2.8, paramiko 4.0, libpq 18 and Python 3.14. What has a limit of its
own is not here: psycopg 3 (130 s), redis 8 (5 s), asyncpg (60 s), pymysql and mysql-connector (10 s to connect),
pymongo (20 s to connect), elasticsearch (10 s), boto3 (60 s), aiohttp (300 s), httpx (5 s), aiosmtplib (60 s)."""
TOLD = frozenset(
    {f"{client}{verb}" for client in ("httpx.", "httpx.Client().", "httpx.AsyncClient().") for verb in _VERBS}
    | {"httpx.Client", "httpx.AsyncClient"}
)
"""Calls with a limit of their own, which ``None`` switches off."""
NAMES = frozenset(one.rpartition(".")[2] for one in (*ENDLESS, *TOLD))
PACKAGES = frozenset(one.partition(".")[0] for one in (*ENDLESS, *TOLD))


class Waits:
    """What a project says about waiting outside of the calls that wait; found once for a picture."""

    def __init__(self, picture: Picture) -> None:
        self._project = picture.project
        self.patient_sessions = any(self._limited()) or any(self._mounted())

    def _limited(self) -> Iterator[bool]:
        """Sessions and adapters of the project's own that send in their own way, and methods put in the place of
        those of a session."""
        for path in self._project.paths():
            for index in range(len(self._project.outline(path).classes)):
                methods = self._project.namespace(path).methods.get(index, {})
                if not methods.keys().isdisjoint({"send", "request"}):
                    bases = self._project.classes.externals(path, index)
                    yield any(one.startswith(("requests.", "requests_")) for one in bases)
        for place in self._project.places():
            for use in uses_of(self._project, place):
                yield use.kind == "write" and use.chain.endswith(("ession.request", "ession.send"))

    def _mounted(self) -> Iterator[bool]:
        """Adapters of libraries other than requests: what they do is not known."""
        for place in places_calling(self._project, frozenset({"mount"})):
            for node in walk(self._project.body(place)):
                if isinstance(node, Call) and self._project.callee(place, node) in _MOUNTS:
                    target = self._project.resolve_expression(place, argument(node, 1, "adapter"))
                    yield target is None or not (target.ours or target.dotted.startswith("requests.adapters."))


_MOUNTS = frozenset(f"{session}.mount" for session in _SESSIONS)


def answered(flow: Flow, waits: Waits, point: Point, call: Call, wait: Wait) -> bool:
    """Whether something beside the call may limit it: its session, its pool, its address or its socket."""
    if wait.asks == "session":
        return waits.patient_sessions
    if wait.asks == "pool":
        return not _unlimited_pool(flow, point, call)
    if wait.asks == "address":
        return argument(call, 0, "host") is None  # `connect` will be told
    if wait.asks == "database":
        # A connection string, and the environment behind it, may hold everything.
        return argument(call, 0, "dsn") is not None or argument(call, -1, "host") is None
    if wait.asks == "socket":
        return any(use.chain.endswith("settimeout") for use in uses_of(flow.project, point.place))
    return False


def _unlimited_pool(flow: Flow, point: Point, call: Call) -> bool:
    """Whether the pool that a call is made on was made without a limit, wherever it comes from."""
    if not isinstance(call.func, Attribute):
        return False
    made = [one.point.expression for one in arrivals(flow, Point(point.place, call.func.value, point.environment))]
    return bool(made) and all(
        isinstance(one, Call) and not spread(one) and argument(one, -1, "timeout") is None for one in made
    )


def switched_off(flow: Flow, point: Point, given: AnyExpression) -> bool:
    """Whether the limit given is ``None`` on every way, or httpx's and urllib3's object that says so."""
    found = flow.origins(Point(point.place, given, point.environment))
    return bool(found) and all(
        (isinstance(one.expression, Constant) and one.expression.value is None)
        or (
            isinstance(one.expression, Call)
            and flow.project.callee(one.place, one.expression) == "httpx.Timeout"
            and [a.value.value for a in one.expression.arguments if isinstance(a.value, Constant)] == [None]
            and len(one.expression.arguments) == 1
        )
        for one in found
    )
