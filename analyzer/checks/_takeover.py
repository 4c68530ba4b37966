"""The part of BA303 about open routes that set somebody's password and ask for nothing that only they have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.checks import _public
from analyzer.facts.expressions import Call, Constant, Mapping
from analyzer.facts.outline import Use
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow.passwords import is_password_column
from analyzer.flow.questions import uses_of
from analyzer.frameworks import Route
from analyzer.graph.picture import Picture
from analyzer.project import Place

_CHANGING = frozenset({"POST", "PUT", "PATCH"})
_RENEWING = frozenset({"reset", "forgot", "forgotten", "recover", "recovery", "change", "update", "new", "set"})
_PROOF = re.compile(
    r"token|code|otp|\bpin\b|old|current|existing|answer|question|uidb?64|signature|nonce|(?:^|\.)session(?:$|[.\[])|decode|verif|check"
    r"|authenticat|secret|api_?key|compare|cookie|authorization|confirm_?key|hash_?id|link|sign_?in|login|\bkey\b",
    re.IGNORECASE,
)
"""Words of what only the owner of an account has, or of code that asks for it. A heuristic: it only makes the rule
silent."""
_FOUND = frozenset(
    "first one one_or_none scalar scalar_one scalar_one_or_none get get_or_404 first_or_404 get_object_or_404 find_one "
    "filter_by fetchone get_or_none".split()
)
"""Calls that bring one record."""
_LONGEST = 40
"""Code points of a key; longer text is a message."""


def takes_over(picture: Picture, handler: Place, routes: Sequence[Route]) -> bool:
    """Whether a handler sets the password of a record that the client names, without a proof of who is asking."""
    function = picture.project.function(handler)
    sends = any(route.method in _CHANGING for route in routes)
    if function is None or not (sends or _public.reads_posted(picture, handler)):
        return False
    parts = [part for route in routes for part in route.path.split("/")[-2:]]
    words = {word for name in (function.name, *parts) for word in _public.words_of(name)}
    if words.isdisjoint(_RENEWING) or not _sets_password(picture, handler):
        return False
    return not any(_PROOF.search(one) for one in _said(picture, handler))


def _sets_password(picture: Picture, handler: Place) -> bool:
    """``user.password = …`` of a record that was looked up, in the handler itself, or an update of its column."""
    body = picture.project.body(handler)
    found = set()
    for node in walk(body):
        if isinstance(node, Assign) and node.value is not None:
            calls = (one for one in walk(node.value) if isinstance(one, Call))
            if any(chain(one.func).rpartition(".")[2] in _FOUND for one in calls):
                found |= {chain(target) for target in node.targets}
    if any(isinstance(node, Call) and _updates(node) for node in walk(body)):
        return True
    for use in uses_of(picture.project, handler):
        head, _, last = use.chain.rpartition(".")
        if head in found and ((use.kind == "write" and is_password_column(last)) or last == "set_password"):
            return True
    return False


def _updates(call: Call) -> bool:
    """``users.update_one({"email": email}, {"$set": {"password": password}})``, ``filter(…).update(password=…)`` and
    ``UPDATE users SET password = …``."""
    last = chain(call.func).rpartition(".")[2] or getattr(call.func, "attr", "")
    if last in _UPDATING:
        named = [one.keyword for one in call.arguments if one.keyword is not None]
        named += [
            str(name.value)
            for one in call.arguments[-1:]
            for node in walk(one.value)
            if isinstance(node, Mapping)
            for name in node.keys
            if isinstance(name, Constant)
        ]
        return any(map(is_password_column, named))
    return last in _EXECUTING and any(
        isinstance(node, Constant) and isinstance(node.value, str) and _STATEMENT.search(node.value) is not None
        for one in call.arguments[:1]
        for node in walk(one.value)
    )


_UPDATING = frozenset({"update", "update_one", "update_many", "find_one_and_update"})
_EXECUTING = frozenset({"execute", "text", "fetchrow", "query"})
_STATEMENT = re.compile(r"\bUPDATE\b.*\bSET\b[^;]*\b\w*passw\w*\s*=", re.IGNORECASE | re.DOTALL)


def _said(picture: Picture, handler: Place) -> Iterator[str]:
    """Every name of what a handler is given and reads, and of what is called on the way."""
    function = picture.project.function(handler)
    for parameter in function.parameters if function is not None else ():
        yield "" if _of_database(uses_of(picture.project, handler), parameter.name) else parameter.name
    yield from _public.taken(picture, handler)
    for place in _public.below(picture, handler):
        uses = uses_of(picture.project, place)
        database = _of_database(uses, "session")
        for use in uses:
            if use.kind not in {"annotate", "decorate"}:
                yield _OF_DATABASE.sub("", use.chain) if database else use.chain
    nodes = list(walk(picture.project.body(handler)))
    # Where somebody is sent afterwards, and what they are told, was asked of nobody.
    after = {id(inner) for node in nodes if isinstance(node, Call) and _tells(node) for inner in walk(node.arguments)}
    for node in nodes:
        text = node.value if isinstance(node, Constant) and id(node) not in after else None
        if isinstance(text, str) and len(text) <= _LONGEST:
            yield text


def _of_database(uses: Sequence[Use], name: str) -> bool:
    """Whether what is called a session is the database's."""
    return name.endswith("session") and any(_DATABASE.search(use.chain) for use in uses)


def _tells(call: Call) -> bool:
    return (chain(call.func).rpartition(".")[2] or getattr(call.func, "attr", "")) in _TELLING


_TELLING = frozenset(
    "redirect url_for reverse render render_template flash success error info warning jsonify RedirectResponse "
    "Response TemplateResponse HttpResponse HttpResponseRedirect JsonResponse JSONResponse HTTPException "
    "json_response".split()
)
_DATABASE = re.compile(r"(?:^|[._])session\.(?:add|commit|exec|execute|query|scalars?|refresh|flush|merge)\b")
"""Uses that tell that a ``session`` is the database's."""
_OF_DATABASE = re.compile(r"^(?:\w+\.)*\w*session\b")
