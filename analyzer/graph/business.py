"""What a handler works out itself: evidence of business logic, counted from its lowered body and shown with lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from analyzer.facts.expressions import Constant
from analyzer.facts.visit import walk
from analyzer.graph.picture import Picture
from analyzer.graph.storing import Storing
from analyzer.graph.transport import sends
from analyzer.graph.workings import STORED, THERE, Piece, Reader
from analyzer.project import Place

WEIGHTS = {
    "arithmetic": 1.0,
    "branch": 1.5,
    "loop": 2.0,
    "sum": 2.0,
    "change": 0.75,
    "write": 1.0,
    "transaction": 1.0,
    "outbound": 2.0,
    "crypto": 1.0,
    "collaborator": 0.75,
    "limit": 1.0,
    "rule": 1.5,
    "read": 0.5,
    "file": 1.0,
    "job": 1.0,
}
"""What one piece of evidence counts. A judgement, in the order of the smells of Aniche et al. (EMSE 2018, Brain and
Meddling); what is calibrated is the sum (docs/calibration.md)."""
FREE = {"rule": 1, "change": 1, "write": 1, "collaborator": 2, "read": 2, "file": 1}
"""Pieces of each kind that a thin handler may have: it may call two collaborators, set a field, write once, refuse for
the state of a record."""
MOST = {
    "arithmetic": 6, "branch": 5, "loop": 3, "sum": 2, "change": 6, "write": 5, "transaction": 1, "outbound": 2,
    "crypto": 2, "collaborator": 4, "limit": 3, "rule": 3, "read": 6, "file": 3, "job": 2,
}  # fmt: skip
"""Pieces that still add to the sum; a hundred additions are not a hundred times worse than one."""

_CHANGE = re.compile(r"\s*(?:INSERT\s+INTO\s+\S|UPDATE\s+\S+\s+SET\b|DELETE\s+FROM\s+\S)", re.IGNORECASE)
_SELECT = re.compile(r"\s*SELECT\s.*\sFROM\s", re.IGNORECASE | re.DOTALL)
_SOFT = {"collaborator": 2, "read": 1_000}
"""Kinds that say little by themselves: how many more than the free ones make one of the kinds that are mixed."""
_HEAVY = frozenset({"branch", "loop", "sum", "limit", "outbound", "crypto", "job"})
"""Work beside which a rule about records is one step of a use case."""
_CHANGING = {"write", "change", "transaction"}
_OPENERS = {"atomic", "begin", "begin_nested", "transaction"}


class Business(msgspec.Struct, frozen=True):
    """A handler's evidence in source order, its weighted sum, and how many kinds of work it mixes."""

    pieces: tuple[Piece, ...]
    score: float
    kinds: int


def business(picture: Picture, place: Place) -> Business:
    """The evidence of business logic in one handler's own body."""
    found, stored = set[Piece](), set[Piece]()
    for part in (place, *_inside(picture, place)):
        reader = Reader(picture, part)
        reader.read(picture.project.body(part))
        found |= {*reader.found}
        stored |= {*_stored(picture, part)}
    reads = any(piece.kind == "read" for piece in stored)
    # Where a cursor's calls show that rows are read, the statements need not say so again.
    told = {(piece.kind, piece.line) for piece in stored}
    spoken = {piece for piece in _statements(picture, place) if piece.kind == "write" or not reads}
    spoken = {piece for piece in spoken if (piece.kind, piece.line) not in told}
    pieces = found | stored | spoken
    if not any(piece.kind in _CHANGING for piece in pieces) and not _stores(picture, place):
        pieces = {piece for piece in pieces if piece.kind != "rule"}  # what only answers may say that it does not
    counts: dict[str, set[int]] = {}
    for piece in pieces:
        counts.setdefault(piece.kind, set()).add(piece.line)
    names = {piece.text for piece in pieces if piece.kind == "collaborator"}
    sizes = {kind: len(names) if kind == "collaborator" else len(lines) for kind, lines in counts.items()}
    # Who works a stored value out (``product.stock -= quantity``) maps nothing: then no change or write is free; no
    # write is where a decision says what is stored.
    computed = any(piece.kind == "change" and piece.text.startswith("changes ") for piece in pieces)
    chosen = any(piece.kind == "branch" and piece.text.endswith(STORED) for piece in pieces)
    paid = {"change", "write", "file"} if computed else {"write"} if chosen or "sum" in counts else set()
    if _HEAVY & counts.keys() and _is_step(pieces):
        paid = {*paid, "rule"}  # a refusal is a check until it decides whether more is worked out
    free = {kind: number for kind, number in FREE.items() if kind not in paid}
    score = sum(WEIGHTS[kind] * min(MOST[kind], max(0, size - free.get(kind, 0))) for kind, size in sizes.items())
    # What is put together in a loop and handed from one to the next is a use case sooner.
    soft = {**_SOFT, "collaborator": 1} if {"sum", "loop"} & sizes.keys() else _SOFT
    kinds = sum(1 for kind, size in sizes.items() if size > free.get(kind, 0) + soft.get(kind, 0))
    return Business(tuple(sorted(pieces)), score, kinds)


def length(picture: Picture, place: Place) -> int:
    """How many lines a handler and its private helpers have."""
    functions = picture.project.outline(place.path).functions
    return sum(functions[one.index].end_line - functions[one.index].line for one in (place, *_helpers(picture, place)))


def _is_step(pieces: Iterable[Piece]) -> bool:
    """Whether a rule belongs to what the handler works out; who lets others create may ask whether there is one."""
    kinds = {piece.kind for piece in pieces}
    return bool(_CHANGING & kinds) or any(piece.kind == "rule" and not piece.text.endswith(THERE) for piece in pieces)


def _stores(picture: Picture, place: Place) -> bool:
    storing = picture.shared(Storing)
    return any(storing.at(site) for site in picture.calls_of(place))


def _inside(picture: Picture, place: Place) -> Iterator[Place]:
    """The functions that stand in a handler's own body, and its private helpers; those that give one thing after the
    other stream an answer."""
    helpers = _helpers(picture, place)
    for index, function in enumerate(picture.project.outline(place.path).functions):
        inner = Place(place.path, index)
        within = (function.parent == place.index and function.owner < 0) or inner in helpers
        if within and not function.is_generator and not function.decorators and inner not in picture.handlers():
            yield inner


def _helpers(picture: Picture, place: Place) -> set[Place]:
    """The functions beside a handler, private to its module or class, that it alone calls."""
    own = picture.project.outline(place.path).functions
    found = set()
    for site in picture.calls_of(place):
        target = site.target
        if target.kind != "function" or target.path != place.path or target.index == place.index:
            continue
        function = own[target.index]
        private = function.name.startswith("_") and not function.name.startswith("__")
        beside = function.owner == own[place.index].owner and function.parent < 0
        if private and beside and picture.target_role(target).name in {"utility", "controller"}:
            found.add(Place(target.path, target.index))
    if found:
        for index in range(len(own)):
            if index != place.index:
                found -= {
                    Place(one.target.path, one.target.index) for one in picture.calls_of(Place(place.path, index))
                }
    return found


def _statements(picture: Picture, place: Place) -> set[Piece]:
    """The statements of SQL that stand in a body, whoever runs them: ``run("UPDATE …")`` changes rows like a method of
    a session does."""
    found = set()
    for node in walk(picture.project.body(place)):
        if not isinstance(node, Constant) or not isinstance(node.value, str):
            continue
        text = node.value
        if _CHANGE.match(text):
            found.add(Piece(node.line, "write", "changes rows with SQL"))
        elif _SELECT.match(text):
            found.add(Piece(node.line, "read", "reads rows with SQL"))
    return found


def _stored(picture: Picture, place: Place) -> Iterator[Piece]:
    for access in picture.accesses_of(place):
        if access.kind == "write":
            yield Piece(access.line, "write", f"writes with `{access.shown}`")
        elif access.kind == "transaction" and access.shown.rpartition(".")[2] in _OPENERS:
            yield Piece(access.line, "transaction", "opens a transaction")
        elif access.kind == "read":
            yield Piece(access.line, "read", f"reads with `{access.shown}`")
    for site in picture.calls_of(place):
        if sends(site.shown):
            continue  # told as a call of another system
        role = picture.target_role(site.target).name
        if role in {"service", "repository", "client"}:
            name = (
                site.target.dotted.removeprefix(picture.project.module_name(site.target.path) + ".")
                if site.target.path
                else site.shown
            )
            yield Piece(site.line, "collaborator", f"calls `{name}`")
