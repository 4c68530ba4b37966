"""BA601: TLS that checks nobody's certificate, and connections without TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._plain_transport import plain
from analyzer.facts.expressions import AnyExpression, Attribute, Boolean, Call, Compare, Constant, Name, Unary
from analyzer.facts.statements import AnyStatement, Assign, If, Return
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument, constants
from analyzer.flow.arrivals import handing
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import flow_of, location, places_calling
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule
from analyzer.project.target import Place

_CALLS = frozenset(
    "get post put patch delete head options request stream Session Client AsyncClient ClientSession TCPConnector send "
    "PoolManager ProxyManager HTTPSConnectionPool _create_unverified_context ConnectionConfig Elasticsearch "
    "AsyncElasticsearch OpenSearch AsyncOpenSearch MongoClient AsyncMongoClient AsyncIOMotorClient Redis StrictRedis "
    "from_url SMTP client resource Tls connect create_engine create_async_engine".split()
)
_LIBRARIES = frozenset({"requests", "httpx", "aiohttp", "urllib3", "ssl", "requests_oauthlib", "niquests"})
_SWITCHES = ("verify", "ssl", "verify_ssl", "cert_reqs", "assert_hostname")
_OTHERS: dict[str, dict[str, tuple[object, ...]]] = {
    "fastapi_mail": {"VALIDATE_CERTS": (False,)},
    "elasticsearch": {"verify_certs": (False,)},
    "opensearchpy": {"verify_certs": (False,)},
    "pymongo": {"tlsAllowInvalidCertificates": (True,), "tlsInsecure": (True,)},
    "motor": {"tlsAllowInvalidCertificates": (True,), "tlsInsecure": (True,)},
    "redis": {"ssl_cert_reqs": ("none",)},
    "aiosmtplib": {"validate_certs": (False,)},
    "hvac": {"verify": (False,)},
    "boto3": {"verify": (False,)},
    "ldap3": {"validate": ()},
}
"""Other libraries, the switches of their connections, and what turns the check off, from their reference
documentation."""
_DRIVERS = frozenset({"pyodbc", "aioodbc", "sqlalchemy"})
_TRUSTING = re.compile(r"TrustServerCertificate\s*=\s*(?:yes|true)", re.IGNORECASE)
_CHECKS = re.compile(r"verif|check|validat|ssl|tls|cert", re.IGNORECASE)
_SKIPS = re.compile(r"insecure|self_?signed|(?:skip|no|disable|ignore)_?\w*(?:verif|ssl|tls|cert)", re.IGNORECASE)
"""Names of switches: of those that check certificates, and of those that leave it."""
_FIX = 'Leave the check on; for a private authority name its certificate, `verify="/etc/ssl/our-ca.pem"`'


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA601, in order of places."""
    flow = flow_of(picture)
    project = flow.project
    for place in places_calling(project, _CALLS):
        for point in flow.calls(place):
            call = point.expression
            if not isinstance(call, Call):
                continue
            target = project.resolve_expression(place, call.func) if chain(call.func) else None
            library = target.dotted.partition(".")[0] if target is not None and not target.ours else ""
            yield from _of_others(flow, rule, point, call, library)
            if library not in _LIBRARIES:
                continue
            if target is not None and target.dotted == "ssl._create_unverified_context":
                yield _finding(rule, place, call, "`ssl._create_unverified_context()`")
                continue
            for switch in _SWITCHES:
                given = argument(call, -1, switch)
                if given is None:
                    continue
                off = False in constants(flow, Point(place, given, point.environment))
                if isinstance(given, Name) and (switch != "ssl" or library == "aiohttp"):
                    for site in handing(flow, Point(place, given, point.environment), False):
                        yield _finding(rule, site.place, site.expression, f"`{switch}=False`")
                if (off and (switch != "ssl" or library == "aiohttp")) or _none(given):
                    yield _finding(rule, place, given, f"`{switch}=False`" if off else f"`{switch}=CERT_NONE`")
    for place in project.places():
        function = project.function(place)
        uses = function.uses if function else project.outline(place.path).uses
        if any(use.kind == "write" and use.chain.endswith((".verify_mode", ".check_hostname")) for use in uses):
            yield from _contexts(picture, rule, place)
    yield from plain(picture, flow, rule)


def _of_others(flow: Flow, rule: Rule, point: Point, call: Call, library: str) -> Iterator[Finding]:
    """The switches of mail servers, search engines and databases, and what a driver reads in its connection string."""
    place = point.place
    for switch, values in _OTHERS.get(library, {}).items():
        given = argument(call, -1, switch)
        if given is None:
            continue
        off = [one for one in constants(flow, Point(place, given, point.environment)) if one in values]
        if off or _none(given):
            yield _finding(rule, place, given, f"`{switch}={off[0] if off else 'CERT_NONE'}`")
    if library in _DRIVERS and call.arguments:
        text = flow.value(Point(place, call.arguments[0].value, point.environment))
        if any(part.kind == "text" and _TRUSTING.search(part.text) for part in text.parts()):
            yield _finding(rule, place, call, "`TrustServerCertificate` in the connection string")


def _contexts(picture: Picture, rule: Rule, place: Place) -> Iterator[Finding]:
    """``context.verify_mode = ssl.CERT_NONE``; the switched-off host name that has to precede it is not told twice."""
    body = picture.project.body(place)
    for node in walk(body):
        off = isinstance(node, Assign) and node.value is not None and _none(node.value)
        if isinstance(node, Assign) and off and chain(node.targets[0]).endswith(".verify_mode"):
            sure = Confidence.LOW if _asked_for(body, node) else Confidence.HIGH
            yield _finding(rule, place, node.value, "`verify_mode = CERT_NONE`", sure)


def _asked_for(body: list[AnyStatement], node: Assign) -> bool:
    """Whether a line is reached only where somebody has switched the check off by name: ``if verify is False:``."""
    for one in walk(body):
        if not isinstance(one, If):
            continue
        inside = any(inner.line <= node.line <= inner.end_line for inner in one.then)
        if inside and _switched_off(one.test):
            return True
        # ``if verify is not False: return shared`` before it.
        if one.end_line < node.line and one.then and isinstance(one.then[-1], Return) and _switched_on(one.test):
            return True
    return False


def _switched_off(test: AnyExpression) -> bool:
    if isinstance(test, Boolean) and test.op == "and":
        return any(_switched_off(one) for one in test.values)
    if isinstance(test, Unary) and test.op == "not":
        return _CHECKS.search(chain(test.operand)) is not None
    if isinstance(test, Compare) and test.operators in (["is"], ["=="]):
        return _is_false(test) and _CHECKS.search(chain(test.left)) is not None
    return _SKIPS.search(chain(test)) is not None


def _switched_on(test: AnyExpression) -> bool:
    return isinstance(test, Compare) and test.operators in (["is not"], ["!="]) and _is_false(test)


def _is_false(test: Compare) -> bool:
    right = test.comparators[0]
    return isinstance(right, Constant) and right.value is False


def _none(given: object) -> bool:
    if isinstance(given, Constant):
        return given.value in ("CERT_NONE", "NONE")
    return isinstance(given, Name | Attribute) and chain(given).rpartition(".")[2] == "CERT_NONE"


def _finding(rule: Rule, place: Place, node: object, what: str, confidence: Confidence = Confidence.HIGH) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=f"{what} accepts every certificate: whoever stands between reads and changes what is sent",
        fix=_FIX,
        severity=rule.severity,
        confidence=confidence,
    )
