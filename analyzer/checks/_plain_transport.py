"""The part of BA601 about connections without TLS, with an old TLS, and settings that allow them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from analyzer.checks._choices import Choice, choices, conditional, deployed, truth
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import chain_end, location, makers, places_calling, uses_of
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Rule, Severity
from analyzer.project.target import Place

_SENDING = frozenset(
    {"post", "put", "patch", "get", "delete", "request", "urlopen", "Request", "AsyncClient", "Client"}
)
_WEB = frozenset({"requests", "httpx", "aiohttp", "urllib", "urllib3", "niquests"})
_DATA = ("json", "data", "auth", "files", "content", "cookies", "body")
"""Arguments with which a call sends something of ours."""
_CREDENTIALS = frozenset({"authorization", "cookie", "x-api-key", "api-key", "x-auth-token"})
_PLAIN = re.compile(r"(?P<scheme>http|ws|ftp|smtp|ldap|redis|amqp|mqtt|telnet)://(?:[^@/\s]*@)?(?P<host>[^/:?#\s]*)")
_LOCAL = re.compile(
    r"(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|svc|test|invalid|home\.arpa)$"
    r"|^(?:host\.docker|kubernetes)\.|\.svc\.|^(?:www\.)?example\.(?:com|org|net)$",
    re.IGNORECASE,
)
"""Hosts that a machine reaches without leaving its own network, and those that stand for any host."""
_OLD = frozenset(
    {f"ssl.PROTOCOL_{one}" for one in ("SSLv2", "SSLv3", "TLSv1", "TLSv1_1")}
    | {f"ssl.TLSVersion.{one}" for one in ("SSLv3", "TLSv1", "TLSv1_1")}
    | {f"OpenSSL.SSL.{one}_METHOD" for one in ("SSLv2", "SSLv3", "TLSv1", "TLSv1_1")}
)
"""Versions that RFC 8996 forbids."""
_DJANGO = ("INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "WSGI_APPLICATION", "ALLOWED_HOSTS")


def plain(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """Findings about what travels unencrypted, in order of kinds and places."""
    for place in places_calling(flow.project, _SENDING):
        if deployed(picture, place.path) and _imports(flow, place.path, _WEB):
            yield from _requests(flow, rule, place)
    for place in places_calling(flow.project, frozenset({"login"})):
        if deployed(picture, place.path) and _imports(flow, place.path, {"smtplib", "ftplib", "aiosmtplib"}):
            yield from _logins(flow, rule, place)
    yield from _old(flow, rule)
    for path in flow.project.paths():
        if deployed(picture, path):
            yield from _settings(flow, rule, path)
    for place in places_calling(flow.project, frozenset({"Talisman"})):
        if deployed(picture, place.path):
            yield from _talisman(flow, rule, place)


def _imports(flow: Flow, path: str, roots: frozenset[str] | set[str]) -> bool:
    return any(not item.level and item.module.partition(".")[0] in roots for item in flow.project.outline(path).imports)


def _requests(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    """``requests.post("http://…", json=…)``: something is sent, or asked for with credentials."""
    for point in flow.calls(place):
        call = point.expression
        if not isinstance(call, Call) or chain_end(call) not in _SENDING:
            continue
        target = flow.project.resolve_expression(place, call.func)
        if target is None or target.ours or target.dotted.partition(".")[0] not in _WEB:
            continue
        sent = next((name for name in _DATA if argument(call, -1, name) is not None), "")
        headers = argument(call, -1, "headers")
        if not sent and headers is not None and _authorizes(flow, Point(place, headers, point.environment)):
            sent = "headers"
        url = argument(call, 1 if chain_end(call) == "request" else 0, "url", "base_url")
        if not sent or url is None or conditional(flow, place, call.line):
            continue
        found = _address(flow, Point(place, url, point.environment))
        if found is not None:
            host, default = found
            yield _told(
                rule,
                place,
                url,
                f"`{chain_end(call)}` sends `{sent}` to `{host}` over plain HTTP"
                f"{' unless the environment says otherwise' if default else ''}: everybody on the way reads it",
                f"Speak https to `{host}`",
                Confidence.MEDIUM if default else Confidence.HIGH,
            )


def _authorizes(flow: Flow, point: Point) -> bool:
    """Whether headers carry what lets somebody in."""
    for origin in flow.origins(point):
        for one in walk(origin.expression):
            if isinstance(one, Constant) and str(one.value).lower() in _CREDENTIALS:
                return True
    return False


def _address(flow: Flow, point: Point) -> tuple[str, bool] | None:
    """The foreign host of a plain address, and whether the environment may say otherwise."""
    for row in flow.value(point).rows:
        if row and row[0].kind == "text":
            host = foreign(row[0].text)
            # A host that is filled in is not known to be foreign.
            if host and (len(row) == 1 or re.match(r"\w+://[^/]+/", row[0].text)):
                return host, False
    heads: list[AnyExpression] = [point.expression]
    for origin in flow.origins(point):
        parts = getattr(origin.expression, "parts", None)
        first = getattr(parts[0], "value", None) if parts else getattr(origin.expression, "left", None)
        if isinstance(first, Attribute) or hasattr(first, "line"):
            heads.append(first)  # type: ignore[arg-type]
    for head in heads:
        for choice in choices(flow, Point(point.place, head, point.environment)):
            host = foreign(choice.value) if isinstance(choice.value, str) else ""
            if host:
                return host, choice.default
    return None


def foreign(text: str) -> str:
    """The host of a plain address outside of one's own network; ``""`` when it is none."""
    found = _PLAIN.match(text.strip().lower())
    host = found["host"] if found is not None else ""
    if "." not in host or _LOCAL.search(host) or re.search(r"[{}%<>$*]", host):
        return ""
    try:
        return host if ipaddress.ip_address(host).is_global else ""
    except ValueError:
        return host


def _logins(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    """``smtplib.SMTP(host)`` and ``login`` without ``starttls`` between; ``ftplib.FTP(host).login(user, password)``."""
    calls = [point for point in flow.calls(place) if isinstance(point.expression, Call)]
    names = {chain_end(point.expression) for point in calls if isinstance(point.expression, Call)}
    if names & {"starttls", "prot_p"}:
        return
    for point in calls:
        call = point.expression
        if not isinstance(call, Call) or chain_end(call) != "login" or not isinstance(call.func, Attribute):
            continue
        for origin in makers(flow, Point(place, call.func.value, point.environment)):
            made = origin.expression
            target = flow.project.resolve_expression(origin.place, made.func) if isinstance(made, Call) else None
            dotted = target.dotted if target is not None and not target.ours else ""
            if not isinstance(made, Call) or dotted not in {"smtplib.SMTP", "ftplib.FTP"}:
                continue
            if dotted == "ftplib.FTP" and len(call.arguments) < 2:
                continue  # anonymous
            if _at_home(flow, origin) or conditional(flow, place, call.line):
                continue
            by, fix = (
                ("SMTP", "Call `starttls(context=ssl.create_default_context())` before, or use `smtplib.SMTP_SSL`")
                if dotted == "smtplib.SMTP"
                else ("FTP", "Use SFTP, or `ftplib.FTP_TLS` and `prot_p()`")
            )
            said = f"`{chain(call.func)}` sends the password over plain {by}: everybody on the way reads it"
            yield _told(rule, place, call, said, fix, Confidence.HIGH)
            break


def _at_home(flow: Flow, point: Point) -> bool:
    """Whether a server is named and stands in one's own network."""
    call = point.expression
    host = argument(call, 0, "host") if isinstance(call, Call) else None
    if host is None:
        return False
    values = [one.value for one in choices(flow, Point(point.place, host, point.environment))]
    return any(isinstance(one, str) and not foreign(f"smtp://{one}") for one in values)


def _old(flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``ssl.PROTOCOL_TLSv1``, ``minimum_version = ssl.TLSVersion.TLSv1``."""
    for place in flow.project.places():
        if not _imports(flow, place.path, {"ssl", "OpenSSL", "urllib3"}):
            continue
        if not any(use.chain.rpartition(".")[2] in _OLD_NAMES for use in uses_of(flow.project, place)):
            continue
        for point in flow.points(place):
            one = point.expression
            if not isinstance(one, Attribute) or one.attr not in _OLD_NAMES:
                continue
            target = flow.project.resolve_expression(place, one)
            if target is None or target.ours or target.dotted not in _OLD or _forbids(flow, place, one):
                continue
            said = f"`{chain(one)}` allows a TLS that is broken since 2011 and forbidden since RFC 8996"
            yield _told(
                rule, place, one, said, "Take `ssl.create_default_context()`: it starts at TLS 1.2", Confidence.HIGH
            )


_OLD_NAMES = frozenset(one.rpartition(".")[2] for one in _OLD)


def _forbids(flow: Flow, place: Place, one: Attribute) -> bool:
    """Whether a version is only compared, or is the highest allowed in a scan of versions."""
    for node in walk(flow.project.body(place)):
        if isinstance(node, Assign) and node.value is one:
            return chain(node.targets[0]).endswith("maximum_version")
        if type(node).__name__ == "Compare" and any(inner is one for inner in walk(node)):
            return True
    return False


def _settings(flow: Flow, rule: Rule, path: str) -> Iterator[Finding]:
    """``SECURE_SSL_REDIRECT = False``, ``SECURE_HSTS_SECONDS = 0``, mail without TLS: settings of production."""
    variables = flow.project.namespace(path).variables
    named = re.search(r"prod|live|deploy", path.rpartition("/")[2].lower()) is not None
    if not named and not any(name in variables for name in _DJANGO):
        return
    for name in ("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"):
        value = _off(flow, path, name)
        if value is None or (not named and _elsewhere(flow, path, name)):
            continue
        choice, node = value
        first = "answers plain HTTP" if name.endswith("REDIRECT") else "never tells browsers to keep to HTTPS"
        said = f"`{name}` is off{' unless the environment says otherwise' if choice.default else ''}: the site {first}"
        fix = f"Set `{name} = {'True' if name.endswith('REDIRECT') else '31_536_000'}` for production"
        sure = Confidence.MEDIUM if named or not choice.default else Confidence.LOW
        yield _told(rule, Place(path, -1), node, said, fix, sure, Severity.WARNING)
    mail = _off(flow, path, "EMAIL_USE_TLS")
    if mail is not None and "EMAIL_HOST_PASSWORD" in variables and not _on(flow, path, "EMAIL_USE_SSL"):
        hosts = [one.value for node in variables.get("EMAIL_HOST", ()) for one in choices(flow, _module(path, node))]
        if not any(isinstance(one, str) and foreign(f"smtp://{one}") for one in hosts):
            return
        said = "`EMAIL_USE_TLS` is off: the mail server's password travels in the clear"
        yield _told(rule, Place(path, -1), mail[1], said, "Set `EMAIL_USE_TLS = True`", Confidence.MEDIUM)


def _module(path: str, node: AnyExpression) -> Point:
    return Point(Place(path, -1), node, {})


def _off(flow: Flow, path: str, name: str) -> tuple[Choice, AnyExpression] | None:
    """The value by which a setting is off; ``None`` when it is on, unknown or absent, or off under a condition."""
    values = flow.project.namespace(path).variables.get(name, ())
    if len(values) != 1 or conditional(flow, Place(path, -1), values[0].line):
        return None
    found = next((one for one in choices(flow, _module(path, values[0])) if truth(one.value) is False), None)
    return (found, values[0]) if found is not None else None


def _on(flow: Flow, path: str, name: str) -> bool:
    values = flow.project.namespace(path).variables.get(name, ())
    return any(truth(one.value) is not False for node in values for one in choices(flow, _module(path, node)))


def _elsewhere(flow: Flow, path: str, name: str) -> bool:
    """Whether another settings module has a word of its own on a setting."""
    return any(name in flow.project.namespace(one).variables for one in flow.project.paths() if one != path)


def _talisman(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    for point in flow.calls(place):
        call = point.expression
        if not isinstance(call, Call) or chain_end(call) != "Talisman" or conditional(flow, place, call.line):
            continue
        for flag in ("force_https", "strict_transport_security"):
            given = argument(call, -1, flag)
            if given is None:
                continue
            values = list(choices(flow, Point(place, given, point.environment)))
            if any(truth(one.value) is False and not one.default for one in values):
                said = f"`Talisman({flag}=False)`: the site answers plain HTTP"
                yield _told(rule, place, given, said, f"Leave `{flag}` out", Confidence.MEDIUM, Severity.WARNING)
                break


def _told(
    rule: Rule,
    place: Place,
    node: AnyExpression,
    message: str,
    fix: str,
    confidence: Confidence,
    severity: Severity | None = None,
) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=message,
        fix=fix,
        severity=severity or rule.severity,
        confidence=confidence,
    )
