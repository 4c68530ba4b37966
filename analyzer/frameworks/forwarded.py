"""Registrations in functions of the project that hand on what they are given: calls as they come out for each caller.

``def register(view, url): app.add_url_rule(url, view_func=view.as_view(url))`` registers once a call of ``register``,
and a decorator of the project that calls ``add_url_rule`` once a function it stands above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from analyzer.facts.expressions import AnyExpression, Argument, Attribute, Call, Constant, Name
from analyzer.facts.outline import Function
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.loops import Item, Registration, registrations, substitute
from analyzer.frameworks.text import text
from analyzer.project.project import Project
from analyzer.project.target import Place

_ROUTING = re.compile(r"\.(?:Flask|Quart|Blueprint|APIFlask|APIBlueprint|OpenAPI|Api|Namespace)$")
_MOST = 400
"""Callers of one function; what more than that call registers no routes."""


class Given(msgspec.Struct):
    """What a function is given at one call: its parameters, and what goes into ``*args`` and ``**kwargs``."""

    known: dict[str, Item]
    place: Place
    line: int
    positional: list[AnyExpression]
    named: list[Argument]


def forwarded(project: Project, one: Registration) -> list[tuple[Registration, tuple[str, int]]]:
    """A registration once for each caller of the function it stands in, with the file and line of that caller; nothing
    when it does not hang on what the function is given."""
    place, call = one.place, one.call
    function = project.function(place)
    if function is None or not _hangs(project, place, call):
        return []
    found = []
    for given in _givens(project, place, function):
        origins = dict(one.origins)
        known = {**given.known, **locals_of(project, place, given, origins)}
        made = substitute(_starred(call, _parameters(project, place), given), known, origins)
        if isinstance(made, Call):
            found.append((Registration(place, made, origins), (given.place.path, given.line)))
    return found[:_MOST]


def _parameters(project: Project, place: Place) -> dict[str, str]:
    """The parameters of a function and of those around it with their kinds, ``self`` left out."""
    found: dict[str, str] = {}
    functions, index = project.outline(place.path).functions, place.index
    while index >= 0:
        found = {one.name: one.kind for one in functions[index].parameters if one.name != "self"} | found
        index = functions[index].parent
    return found


def _hangs(project: Project, place: Place, call: Call) -> bool:
    """Whether an argument of a call is made of a parameter, itself or through a local variable."""
    names = set(_parameters(project, place))
    for node in walk(project.body(place)):
        if isinstance(node, Assign) and node.value is not None and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, Name) and any(isinstance(one, Name) and one.id in names for one in walk(node.value)):
                names.add(target.id)
    return any(isinstance(node, Name) and node.id in names for one in call.arguments for node in walk(one.value))


def _givens(project: Project, place: Place, function: Function) -> Iterator[Given]:
    yield from called(project, place, function)
    if function.parent >= 0 and function.parameters:
        yield from _decorating(project, place, function)


def called(project: Project, place: Place, function: Function) -> Iterator[Given]:
    """What the callers of a function give it."""
    names = {function.name}
    making = function.name == "__init__" and function.owner >= 0
    if making:
        below = project.classes.below(place.path, function.owner)
        names = {project.outline(place.path).classes[function.owner].name}
        names |= {one.dotted.rpartition(".")[2] for one in below}
    for site in registrations(project, frozenset(names)):
        target = project.resolve_expression(site.place, site.call.func)
        if target is None or (target.kind == "class") != making:
            continue
        if making:
            meant = dict(project.classes.methods(target.path, target.index)).get("__init__")
        else:
            meant = Place(target.path, target.index)
        if meant == place:
            yield given_by(project, place, function, site)


def given_by(project: Project, place: Place, function: Function, site: Registration) -> Given:
    """What one call gives a function."""
    bound = function.owner >= 0 and _bound(function)
    parameters = [one.name for one in function.parameters[1 if bound else 0 :] if one.kind in _PLAIN]
    given = _given(project, site, Place(place.path, -1), function, parameters)
    if bound:
        _object(project, place, function, site, given)
    return given


_PLAIN = ("positional", "normal", "keyword")


def _bound(function: Function) -> bool:
    return bool(function.parameters) and function.parameters[0].name in {"self", "cls"}


def _decorating(project: Project, place: Place, function: Function) -> Iterator[Given]:
    """What a decorator of the project is given where it stands above a function: its arguments, and the function."""
    outer = Place(place.path, function.parent)
    maker = project.function(outer)
    if maker is None or not any(one.target == "return" and one.source == function.name for one in maker.locals):
        return
    for at in project.places():
        decorated = project.function(at)
        for decorator in decorated.decorators if decorated is not None else ():
            if decorated is None or not isinstance(decorator, Call):
                continue
            outside = Place(at.path, decorated.parent)
            if chain_of(decorator.func).rpartition(".")[2] != maker.name:
                continue
            target = project.resolve_expression(outside, decorator.func)
            if target is None or (target.path, target.index) != (outer.path, outer.index):
                continue
            bound = maker.owner >= 0 and _bound(maker)
            parameters = [one.name for one in maker.parameters[1 if bound else 0 :] if one.kind in _PLAIN]
            site = Registration(outside, decorator)
            given = _given(project, site, Place(place.path, -1), maker, parameters)
            if bound:
                _object(project, outer, maker, site, given)
            line = decorated.line
            given.known[function.parameters[0].name] = outside, Name(line, 1, line, 1, decorated.name)
            yield given


def _object(project: Project, place: Place, function: Function, site: Registration, given: Given) -> None:
    """``Users.register(app)`` tells what ``cls`` is; ``shop.page("/x", view)`` what ``self`` is where it is a router of
    the project's own class."""
    first = function.parameters[0].name
    routing = project.classes.externals(place.path, function.owner)
    if isinstance(site.call.func, Attribute) and (first == "cls" or any(map(_ROUTING.search, routing))):
        given.known[first] = site.where(site.call.func), site.call.func.value


def _given(project: Project, site: Registration, home: Place, function: Function, parameters: list[str]) -> Given:
    """The arguments of a call by parameter; constant texts arrive as such, wherever they are put together."""
    given = Given({}, site.place, site.call.line, [], [])
    names = {one.name for one in function.parameters}
    position = 0
    for one in site.call.arguments:
        if one.star:
            continue
        value, at = one.value, site.where(one.value)
        constant = text(project, at, value)
        if constant is not None:
            value = Constant(value.line, value.column, value.end_line, value.end_column, constant)
        if one.keyword is None and position < len(parameters):
            given.known[parameters[position]] = at, value
            position += 1
        elif one.keyword is None:
            given.positional.append(value)
        elif one.keyword in names:
            given.known[one.keyword] = at, value
        else:
            given.named.append(Argument(value, one.keyword))
    for parameter in function.parameters:
        if parameter.default is not None and parameter.name not in given.known:
            given.known[parameter.name] = home, parameter.default
    return given


def locals_of(project: Project, place: Place, given: Given, origins: dict[int, Place]) -> dict[str, Item]:
    """What the function's variables come to that are written once, with its parameters known."""
    written: dict[str, list[AnyExpression]] = {}
    for node in walk(project.body(place)):
        if isinstance(node, Assign) and node.value is not None:
            for target in node.targets:
                written.setdefault(chain_of(target), []).append(node.value)
    found: dict[str, Item] = {}
    for name, values in written.items():
        if len(values) == 1 and "." not in name and name not in given.known:
            value: AnyExpression = substitute(values[0], {**given.known, **found}, origins)  # type: ignore[assignment]
            inner = (origins[id(node)] for node in walk(value) if id(node) in origins)
            found[name] = next(inner, place), value
    return found


def _starred(call: Call, kinds: Mapping[str, str], given: Given) -> Call:
    """A call with ``*args`` and ``**kwargs`` of its function written out."""
    arguments: list[Argument] = []
    for one in call.arguments:
        kind = kinds.get(one.value.id) if one.star and isinstance(one.value, Name) else None
        if kind == "args":
            arguments += [Argument(value) for value in given.positional]
        elif kind == "kwargs":
            arguments += given.named
        else:
            arguments.append(one)
    return msgspec.structs.replace(call, arguments=arguments)
