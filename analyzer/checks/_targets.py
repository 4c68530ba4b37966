"""The part of BA104 and BA108 about URLs: who decides on the host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Compare, Constant, Name
from analyzer.facts.outline import Function, Use
from analyzer.facts.visit import chain, walk
from analyzer.flow.engine import Flow
from analyzer.flow.parts import Part, Row
from analyzer.project import Project
from analyzer.project.target import Place

_OPEN = re.compile(r"\A(?:https?|(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?)\Z")
"""The text before a part leaves the host open: nothing, a scheme, or a host that is not finished (RFC 3986, 3.2)."""


_OWN = re.compile(
    r"(?:^|\.)request\.(?:url|path|full_path|base_url|host_url|url_root|script_root|build_absolute_uri)\b"
)
"""The address that was asked for itself: a client who changes it only leads itself astray."""
_CHECK = re.compile(
    r"allowed_?hosts?|is_?safe|safe_?(?:url|redirect|next)|(?:valid|check|verify|ensure|assert|allow|sanitiz|restrict|guard)\w*_?"
    r"(?:url|uri|redirect|next|target|host|domain|origin|link)|(?:url|uri|redirect|host|origin)\w*_?(?:valid|safe|allowed|ok)"
    r"|same_?origin|is_?(?:local|internal|relative)_?url|is_?absolute|ssrf|whitelist|allowlist",
    re.IGNORECASE,
)
"""Functions that look at where a URL leads, by what they are called."""
_OBJECTS = ("Request", "Response", "Error", "Exception", "Schema", "Model")
"""Ends of names of classes that hold or tell something, and look at nothing."""
_PARSERS = frozenset({"urlparse", "urlsplit", "URL", "url_parse", "make_url", "ip_address"})
_HOSTS = frozenset(
    {
        "netloc",
        "hostname",
        "host",
        "scheme",
        "port",
        "is_private",
        "is_loopback",
        "is_global",
        "is_absolute",
        "ip_address",
    }
)
"""What of a URL says where it leads."""
_REST = frozenset({"path", "query", "fragment", "params", "_replace", "geturl"})


def checked(flow: Flow, place: Place, *, callers: bool = True, host: bool = False) -> bool:
    """Whether the code around looks at where a URL leads: a checking function in the function itself, in what runs
    around it (and in its ``callers``) or in what it calls, or a parser of URLs. What they make of it is not followed,
    so the rule stays silent. Where the ``host`` must be settled, looking at the scheme alone is no check."""
    project = flow.project
    function = project.function(place)
    here = function.uses if function is not None else []
    if _parsed(here, host):
        return not _only_searched(project, place)
    for use in here:
        target = project.resolve(place, use.chain, use.line) if use.kind == "call" else None
        called = project.function(Place(target.path, target.index)) if target and target.kind == "function" else None
        if called is not None and (_parsed(called.uses, host) or any(_looks(one) for one in called.uses)):
            return True
    if any(_looks(use) for use in here):
        return True
    return any(_parsed(one.uses, host) or any(map(_looks, one.uses)) for one in _around(flow, place, callers))


def _around(flow: Flow, place: Place, callers: bool) -> Iterator[Function]:
    """What runs around a function: the constructor of its object, the module's hooks, its decorators, and where asked
    for the functions that call it."""
    project = flow.project
    owner = project.owner_index(place)
    for one in project.outline(place.path).functions:
        hooked = any("before" in chain(item) or "middleware" in chain(item) for item in one.decorators)
        if hooked or (owner >= 0 and one.owner == owner and one.name in _ALWAYS):
            yield one
    for caller in {site.place for site in flow.callers.every(place)} if callers else ():
        function = project.function(caller)
        if function is not None:
            yield function
    yield from _decorating(project, place)


_ALWAYS = frozenset({"__init__", "__new__", "__call__", "prepare", "dispatch", "setup", "initial", "before_request"})
"""Methods that run before any other of an object."""


def _decorating(project: Project, place: Place) -> Iterator[Function]:
    function = project.function(place)
    for item in function.decorators if function is not None else ():
        named = item.func if isinstance(item, Call) else item
        target = project.resolve_expression(Place(place.path, -1), named) if chain(named) else None
        if target is not None and target.kind == "function":
            functions = project.outline(target.path).functions
            yield functions[target.index]
            yield from (one for one in functions if one.parent == target.index)


def _only_searched(project: Project, place: Place) -> bool:
    """Whether all that is asked of a host is that a name of ours stands somewhere in it: ``"shop.org" in url.netloc``,
    as it does in ``shop.org.evil.net``."""
    asked = [
        node
        for node in walk(project.body(place))
        if isinstance(node, Compare | Call) and any(chain(one).endswith(_ENDS) for one in _sides(node))
    ]
    return bool(asked) and all(
        isinstance(node, Compare)
        and node.operators[0] in {"in", "not in"}
        and chain(node.comparators[0]).endswith(_ENDS)
        and _text(project, place, node.left)
        for node in asked
    )


_ENDS = (".netloc", ".hostname", ".host")


def _sides(node: Compare | Call) -> list[AnyExpression]:
    if isinstance(node, Compare):
        return [node.left, *node.comparators]
    return [node.func.value] if isinstance(node.func, Attribute) else []


def _text(project: Project, place: Place, expression: AnyExpression) -> bool:
    value = expression
    if isinstance(expression, Name):
        found = project.variable(place.path, expression.id)
        value = found[1] if found is not None else expression
    return isinstance(value, Constant) and isinstance(value.value, str)


def _parsed(uses: Iterable[Use], host: bool) -> bool:
    """Whether a URL is taken apart and its scheme or host is read, or something else is made of it than its path."""
    uses = list(uses)
    parsers = {use.chain.rpartition(".")[2] for use in uses if use.kind == "call"} & _PARSERS
    read = {use.chain.rpartition(".")[2] for use in uses}
    if host and {use.chain.rpartition(".")[2] for use in uses if "." in use.chain} & (_HOSTS | _REST) == {"scheme"}:
        return False
    return bool(parsers) and (bool(read & _HOSTS) or not read & _REST)


def _looks(use: Use) -> bool:
    last = use.chain.rpartition(".")[2]
    return use.kind == "call" and _CHECK.search(last) is not None and not last.endswith(_OBJECTS)


def chosen(row: Row) -> Part | None:
    """The part of a URL that a client sends and that stands where the scheme or the host does; ``None`` for none.

    Once a part of ours (a setting, a number, what a call gave) stands in front, the host is taken for decided.
    """
    before = ""
    for part in row:
        if part.kind == "text":
            before += part.text
        elif part.kind == "request" and part.type != "object" and not _OWN.search(part.text):
            return part if _OPEN.match(before) else None
        else:
            return None
        if not _OPEN.match(before):
            return None
    return None
