"""The part of BA303 about handlers that believe a client who it is: ``session["user_id"] = request.form["id"]``."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Compare, Constant, Name, Subscript
from analyzer.facts.statements import Assign, If, Raise, Try
from analyzer.facts.visit import assigned, chain, walk
from analyzer.flow.questions import uses_of
from analyzer.flow.sources import spelled_as_request
from analyzer.graph.picture import Picture
from analyzer.project import Place

_SESSION = re.compile(r"(?:^|\.)(?:web_|user_)?session\Z")
_WHO = re.compile(
    r"^(?:user|username|user_?id|uid|user_?name|logged_?in_?(?:user|as)|current_?user|account_?id)$", re.I
)
"""Keys of a session that say who is logged in."""
_QUIET = frozenset(
    "get redirect url_for render_template render flash jsonify strip lower int str getlist get_json reverse "
    "make_response".split()
)
"""Calls that find out nothing about anybody."""


def becomes_anybody(picture: Picture, handler: Place) -> bool:
    """Whether a handler writes into the session whoever the client names, and neither asks nor looks anything up."""
    if not any(use.kind == "write" and "session" in use.chain for use in uses_of(picture.project, handler)):
        return False
    nodes = list(walk(picture.project.body(handler)))
    sent = assigned(nodes, _of_request)
    believed = any(
        isinstance(node, Assign)
        and any(_says_who(target) for target in node.targets)
        and (_of_request(node.value) or (isinstance(node.value, Name) and node.value.id in sent))
        for node in nodes
    )
    return believed and not _asks(nodes)


def _says_who(target: AnyExpression) -> bool:
    if not isinstance(target, Subscript) or not isinstance(target.index, Constant):
        return False
    return _SESSION.search(chain(target.value)) is not None and _WHO.search(str(target.index.value)) is not None


def _of_request(value: AnyExpression | None) -> bool:
    """``request.form["id"]``, ``request.form.get("id")``"""
    if value is None:
        return False
    got = isinstance(value, Call) and chain(value.func).endswith(".get")
    spelled = chain(value.func if isinstance(value, Call) else value).replace("()", "")
    return (got or isinstance(value, Subscript)) and spelled_as_request(spelled)


def _asks(nodes: Iterable[msgspec.Struct]) -> bool:
    """Whether anything is compared, looked up or refused: all but the method of the request."""
    for node in nodes:
        if isinstance(node, If) and not (isinstance(node.test, Compare) and chain(node.test.left).endswith(".method")):
            return True
        if isinstance(node, Raise | Try):
            return True
        if isinstance(node, Call) and _name(node) not in _QUIET:
            return True
    return False


def _name(call: Call) -> str:
    return call.func.attr if isinstance(call.func, Attribute) else chain(call.func)
