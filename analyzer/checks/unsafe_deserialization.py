"""BA105: request data that a loader turns into objects of any class."""

from __future__ import annotations

from collections.abc import Iterator, Set

from analyzer.checks._choices import Choice, choices, deployed
from analyzer.checks._reaching import reaching
from analyzer.facts.expressions import Call
from analyzer.facts.visit import chain
from analyzer.flow.arguments import argument, constants
from analyzer.flow.engine import Flow, Point
from analyzer.flow.parts import Part, Row
from analyzer.flow.questions import chain_end, flow_of, location, places_calling
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Rule
from analyzer.project import Place

_LOADERS = frozenset({"Loader", "UnsafeLoader", "CLoader", "CUnsafeLoader"})
"""Loaders of PyYAML that make objects of any class; ``FullLoader`` does not since 5.4."""
_TOLD = {"numpy.": ("allow_pickle", True), "torch.": ("weights_only", False)}
"""What tells a library to make objects: NumPy asks since 1.16.3, PyTorch since 2.6; who says so means it."""
_SETTINGS = ("SESSION_SERIALIZER", "CELERY_ACCEPT_CONTENT", "CELERY_TASK_SERIALIZER", "CELERY_RESULT_SERIALIZER")
_FIX = "Use the JSON serializer: what is stored then carries no code"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """Findings of BA105: calls first, then settings; in order of places."""
    says = "{data} comes from the client, and {sink} makes objects of any class of it: code of the client's choice runs"
    told = list(reaching(picture, rule, "pickle", _sent, says, counts=_makes_anything))
    yield from told
    flow = flow_of(picture)
    yield from _loaders(picture, flow, rule, {one.location for one in told})
    for path in flow.project.paths():
        if deployed(picture, path):
            yield from _settings(flow, rule, path)


def _loaders(picture: Picture, flow: Flow, rule: Rule, told: Set[Location]) -> Iterator[Finding]:
    """Calls of PyYAML that make anything of whatever they read, where nobody can say whose it is."""
    for place in places_calling(flow.project, frozenset({"load", "load_all"})):
        if not picture.is_main(place.path):
            continue
        for point in flow.calls(place):
            call = point.expression
            where = location(place, call)
            if not isinstance(call, Call) or where in told or not call.arguments:
                continue
            target = flow.project.resolve_expression(place, call.func) if chain(call.func) else None
            if target is None or target.dotted not in {"yaml.load", "yaml.load_all"}:
                continue
            value = flow.value(Point(place, call.arguments[0].value, point.environment))
            if not _makes_anything(flow, point, call) or value.constants() is not None:
                continue
            yield Finding(
                rule=rule.code,
                location=where,
                message=f"`{chain(call.func)}` is given no safe loader: it makes objects of any class of what it reads",
                fix="Read it with `yaml.safe_load`",
                severity=rule.severity,
                confidence=Confidence.MEDIUM if picture.chain_to(place) is not None else Confidence.LOW,
            )


def _sent(row: Row) -> Part | None:
    """Whatever a client sends; bytes that a decoder made of it are no less the client's."""
    return next((part for part in row if part.kind == "request"), None)


def _makes_anything(flow: Flow, point: Point, call: Call) -> bool:
    """Whether a loader makes more than plain data; those of YAML, NumPy and PyTorch only do when told to."""
    name = chain_end(call)
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    told = next((one for one in _TOLD if target is not None and target.dotted.startswith(one)), None)
    if told is not None:
        keyword, value = _TOLD[told]
        switch = argument(call, -1, keyword)
        return switch is not None and value in constants(flow, Point(point.place, switch, point.environment))
    if target is None or not target.dotted.startswith(("yaml.", "ruamel.")):
        return target is not None
    if name.startswith("unsafe_"):
        return True
    given = argument(call, 1, "Loader")
    # Without a loader PyYAML made anything until 5.1, warned until 6.0, and fails since.
    return given is None or chain(given).rpartition(".")[2] in _LOADERS


def _settings(flow: Flow, rule: Rule, path: str) -> Iterator[Finding]:
    """``SESSION_SERIALIZER = "….PickleSerializer"``: sessions and messages are read with pickle."""
    variables, place = flow.project.namespace(path).variables, Place(path, -1)
    for name in _SETTINGS:
        for value in variables.get(name, ())[-1:]:
            for choice in choices(flow, Point(place, value, {})):
                if _pickles(choice):
                    yield Finding(
                        rule=rule.code,
                        location=location(place, value),
                        message=f"`{name}` reads what is stored with pickle: whoever can write there "
                        "or knows the key runs code on the server",
                        fix=_FIX,
                        severity=rule.severity,
                        confidence=Confidence.MEDIUM,
                    )
                    break


def _pickles(choice: Choice) -> bool:
    given = choice.value if isinstance(choice.value, tuple) else (choice.value,)
    return any(isinstance(one, str) and (one.endswith("PickleSerializer") or one == "pickle") for one in given)
