"""Tornado: handler lists of applications, ``URLSpec`` and ``Rule``, nested applications, handlers added later."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Binary, Call, Comprehension, Constant, Name, Sequence, Starred
from analyzer.facts.statements import Assign, Augment, For, Return
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import Found, Route, Unresolved
from analyzer.frameworks.imported import imported
from analyzer.frameworks.loops import constant_items, rounds_of, substitute
from analyzer.frameworks.registry import VERBS, Holder, answering, holder, imports_any
from analyzer.frameworks.rewritten import copies, named_inside, rewritten
from analyzer.frameworks.text import argument, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_APPLICATIONS = frozenset(
    {"tornado.web.Application", "tornado.routing.RuleRouter", "tornado.routing.ReversibleRuleRouter"}
)
_RULES = frozenset({"tornado.web.URLSpec", "tornado.web.url", "tornado.routing.URLSpec", "tornado.routing.Rule"})
_SOCKET = "tornado.websocket.WebSocketHandler"
_MATCHES = "tornado.routing.PathMatches"
_DEPTH = 8
_Item = tuple[Place, AnyExpression]


def recognise(project: Project) -> Found | None:
    """The routes of Tornado; ``None`` when the project does not import it."""
    if not imports_any(project, frozenset({"tornado"})):
        return None
    found = Found()
    nested: set[int] = set()
    tables: list[tuple[Place, Call, AnyExpression]] = []
    for place in project.places():
        function = project.function(place)
        uses = function.uses if function else project.outline(place.path).uses
        if not any(use.kind == "call" and _registers(project, place, use.chain, use.line) for use in uses):
            continue
        for node in walk(project.body(place)):
            if isinstance(node, Call) and _registers(project, place, chain_of(node.func), node.line):
                added = chain_of(node.func).endswith(".add_handlers")
                given = argument(node, 1 if added else 0, "host_handlers" if added else "handlers", "rules")
                if given is not None:
                    tables.append((place, node, given))
    for place, _, given in tables:
        _note_nested(project, place, given, nested, 0)
    for place, call, given in tables:
        if id(call) not in nested:
            _listed(project, place, given, "", found, (place.path, call.line), 0)
    return found


def _registers(project: Project, place: Place, chain: str, line: int) -> bool:
    """Whether calling a chain gives an application its handlers."""
    if chain == "super().__init__":
        owner = project.owner_index(place)
        return owner >= 0 and project.classes.descends(place.path, owner, _APPLICATIONS)
    head, _, name = chain.rpartition(".")
    if name in {"add_handlers", "__init__"}:
        target = project.resolve(place, head, line)
    elif name[:1].isupper():
        target = project.resolve(place, chain, line)
        own = project.attribute(target, "__init__") if target is not None and target.kind == "class" else None
        if own is not None and own.kind == "function":
            # Its own constructor takes what it likes, and hands the handlers on.
            return False
        return target is not None and _is_application(project, target)
    else:
        return False
    return target is not None and _is_application(project, target)


def _is_application(project: Project, target: Target) -> bool:
    if target.kind in {"class", "instance"}:
        return project.classes.descends(target.path, target.index, _APPLICATIONS)
    return target.dotted.removesuffix("()") in _APPLICATIONS


def _note_nested(project: Project, place: Place, given: AnyExpression, nested: set[int], depth: int) -> None:
    """Applications written inside the table of another one answer below its prefix only."""
    for at, item in _items(project, place, given, None, depth):
        target = _destination(project, at, item)[1]
        if isinstance(target, Call) and _registers(project, at, chain_of(target.func), target.line):
            nested.add(id(target))


def _items(
    project: Project, place: Place, given: AnyExpression | None, found: Found | None, depth: int
) -> Iterator[_Item]:
    """The entries of a table: displays, sums, stars, and variables with all that is added to them."""
    if depth > _DEPTH or given is None:
        return
    if isinstance(given, Binary) and given.op == "+":
        yield from _items(project, place, given.left, found, depth + 1)
        yield from _items(project, place, given.right, found, depth + 1)
    elif isinstance(given, Sequence):
        for item in given.items:
            if isinstance(item, Starred):
                yield from _items(project, place, item.value, found, depth + 1)
            else:
                yield place, item
    elif isinstance(given, Comprehension) and (made := _comprehended(project, place, given)) is not None:
        yield from made
    else:
        held = _held(project, place, given)
        taken = [Holder(path, -1, name) for path, name in imported(project, place, given)]
        stores = taken or ([held] if held is not None else [])
        entries = [entry for one in stores for entry in _stored(project, one, found, depth)]
        yield from entries
        if not entries and not taken and found is not None and not isinstance(given, Constant):
            found.unresolved.append(Unresolved(place.path, given.line, "the list of handlers is not constant"))


def _comprehended(project: Project, place: Place, given: Comprehension) -> list[_Item] | None:
    """``[(BASE + pattern, handler) for pattern, handler in table]``; the entry itself, with what it is made of unknown,
    where the table is not constant but the entry tells its pattern; ``None`` where neither is."""
    items = constant_items(project, place, given)
    if items is not None:
        return items
    return [(place, given.element)] if text(project, place, _destination(project, place, given.element)[0]) else None


def _held(project: Project, place: Place, given: AnyExpression) -> Holder | None:
    chain = chain_of(given)
    if chain.endswith("()"):
        target = project.resolve(place, chain.removesuffix("()"))
        if target is None or target.kind != "function":
            return None
        return Holder(target.path, target.index, "return")
    function = project.function(place)
    named = function is not None and isinstance(given, Name)
    if named and any(_sets(node, chain) for node in walk(project.body(place))):
        return Holder(place.path, place.index, chain)
    return holder(project, place, chain)


def _stored(project: Project, held: Holder, found: Found | None, depth: int) -> Iterator[_Item]:
    """What a variable (or the result of a function) holds: its first value and what is appended to it."""
    at = Place(held.path, held.scope)
    if held.scope < -1:
        index = -2 - held.scope
        for name, value in _class_values(project, held.path, index):
            if name == held.name:
                yield from _items(project, Place(held.path, -1), value, found, depth + 1)
        return
    body = project.body(at)
    loops = {id(node): loop for loop in walk(body) if isinstance(loop, For) for node in walk(loop.body)}
    for node in walk(body):
        if (held.name == "return" and isinstance(node, Return)) or _sets(node, held.name):
            yield from _items(project, at, getattr(node, "value", None), found, depth + 1)
        elif isinstance(node, Call) and chain_of(node.func) == f"{held.name}.extend":
            yield from _items(project, at, argument(node, 0), found, depth + 1)
        elif isinstance(node, Call) and chain_of(node.func) in {f"{held.name}.append", f"{held.name}.insert"}:
            item = argument(node, 1 if chain_of(node.func).endswith("insert") else 0)
            loop = loops.get(id(node))
            entry = named_inside(item, loop) if item is not None and loop is not None else None
            written = list(_written_out(project, at, entry, loop)) if entry is not None and loop is not None else []
            if written:
                yield from written
            elif loop is not None and entry is not None and copies(entry, loop):
                table = _items(project, at, loop.iterable, found, depth + 1)
                yield from rewritten(project, at, entry, loop, list(table))
            elif item is not None:
                yield at, item


def _written_out(project: Project, place: Place, entry: AnyExpression, loop: For) -> Iterator[_Item]:
    """An entry that a loop over a constant list adds, once an item; nothing where its pattern is not constant then."""
    found: list[_Item] = []
    for names in rounds_of(project, place, loop) or ():
        origins: dict[int, Place] = {}
        made: AnyExpression = substitute(entry, names, origins)  # type: ignore[assignment]
        at = next((origins[id(node)] for node in walk(made) if id(node) in origins), place)
        if text(project, at, _destination(project, at, made)[0]) is None:
            return
        found.append((at, made))
    yield from found


def _sets(node: msgspec.Struct, name: str) -> bool:
    """Whether a statement gives a variable its value, or adds to it."""
    if isinstance(node, Assign):
        return any(chain_of(target) == name for target in node.targets)
    return isinstance(node, Augment) and chain_of(node.target) == name


def _class_values(project: Project, path: str, index: int) -> Iterator[tuple[str, AnyExpression]]:
    """Class attributes and what methods assign to ``self``."""
    for statement in project.outline(path).classes[index].body:
        if isinstance(statement, Assign) and statement.value is not None:
            for target in statement.targets:
                yield chain_of(target), statement.value
    for at in project.namespace(path).methods.get(index, {}).values():
        for node in walk(project.body(Place(path, at))):
            if isinstance(node, Assign) and node.value is not None:
                for target in node.targets:
                    if chain_of(target).startswith("self."):
                        yield chain_of(target).removeprefix("self."), node.value


def _destination(
    project: Project, place: Place, item: AnyExpression
) -> tuple[AnyExpression | None, AnyExpression | None]:
    """Pattern and target of an entry: a tuple, a ``URLSpec`` or a ``Rule``; nothing when it is neither."""
    if isinstance(item, Sequence) and len(item.items) >= 2:
        pattern, target = item.items[0], item.items[1]
    elif isinstance(item, Call) and project.callee(place, item) in _RULES:
        first = argument(item, 0, "pattern", "matcher")
        second = argument(item, 1, "handler", "target")
        if first is None or second is None:
            return None, None
        pattern, target = first, second
    else:
        return None, None
    if isinstance(pattern, Call) and project.callee(place, pattern) == _MATCHES:
        return argument(pattern, 0, "path_pattern"), target
    return pattern, target


def _listed(
    project: Project,
    place: Place,
    given: AnyExpression,
    prefix: str,
    found: Found,
    where: tuple[str, int],
    depth: int,
) -> None:
    for at, item in _items(project, place, given, found, depth):
        pattern, target = _destination(project, at, item)
        line = (at.path, item.line)
        if isinstance(item, Name | Call) and target is None:
            inner = _held(project, at, item)
            if inner is None or inner.name == "return":
                found.unresolved.append(Unresolved(*line, "the entry is no tuple and no URLSpec"))
                continue
            for value_at, value in _single(project, inner):
                pattern, target = _destination(project, value_at, value)
                at = value_at
        rule = text(project, at, pattern)
        if isinstance(target, Sequence) or (
            isinstance(target, Call) and _registers(project, at, chain_of(target.func), target.line)
        ):
            # A matched path is not shortened: the inner table's own patterns say the whole path.
            inside = argument(target, 0, "handlers", "rules") if isinstance(target, Call) else target
            if inside is not None and depth < _DEPTH:
                _listed(project, at, inside, prefix, found, where, depth + 1)
            continue
        _add(project, found, at, rule, target, line)


def _single(project: Project, held: Holder) -> Iterator[_Item]:
    if held.scope >= -1:
        at = Place(held.path, held.scope)
        for node in walk(project.body(at)):
            if isinstance(node, Assign) and node.value is not None and _sets(node, held.name):
                yield at, node.value


def _class(project: Project, place: Place, given: AnyExpression | None) -> Target | None:
    """The handler class, by name or by its dotted name in a text."""
    dotted = text(project, place, given) if isinstance(given, Constant) else None
    if dotted is None:
        return project.resolve_expression(place, given)
    module, _, name = dotted.rpartition(".")
    path = project.layout.absolute(place.path, module) if module else place.path
    return project.member(path, name) if path else None


def _add(
    project: Project,
    found: Found,
    place: Place,
    rule: str | None,
    given: AnyExpression | None,
    where: tuple[str, int],
) -> None:
    target = _class(project, place, given)
    if target is not None and target.kind == "external" and target.dotted.startswith("tornado."):
        return  # Static files, redirects and errors: the library's own handlers.
    if rule is None or target is None or target.kind != "class":
        why = "the pattern is not constant" if rule is None else "the handler is no class of the project"
        found.unresolved.append(Unresolved(*where, why))
        return
    socket = project.classes.descends(target.path, target.index, {_SOCKET})
    listed = project.classes.variable(target.path, target.index, "SUPPORTED_METHODS")
    allowed = texts(project, Place(listed[0], -1), listed[1]) if listed is not None else None
    for name, method in sorted(answering(project, target).items()):
        if name in VERBS and name != "trace" and (not allowed or name.upper() in allowed):
            shown = _shown(project, rule, method)
            found.routes.append(Route(shown, name.upper(), method, "Tornado", *where, rule))
        elif socket and name == "on_message":
            shown = _shown(project, rule, method)
            found.routes.append(Route(shown, "WEBSOCKET", method, "Tornado", *where, rule))


def _shown(project: Project, rule: str, method: Place) -> str:
    """The path of a pattern; groups without a name are called after the method's parameters."""
    function = project.function(method)
    names = [item.name for item in function.parameters[1:] if item.kind in {"positional", "normal"}] if function else []
    if function is not None and function.name == "on_message":
        names = []
    path, position, index = "", 0, 0
    pattern = rule.removesuffix("$").removeprefix("^")
    while position < len(pattern):
        character = pattern[position]
        if character == "\\" and position + 1 < len(pattern):
            path += pattern[position + 1]
            position += 2
        elif character == "(":
            end = _closing(pattern, position)
            group = pattern[position : end + 1]
            named = re.match(r"\(\?P<(\w+)>", group)
            if named:
                path += "{" + named[1] + "}"
            elif group.startswith("(?"):
                path += group
            else:
                path += "{" + (names[index] if index < len(names) else f"arg{index}") + "}"
                index += 1
            position = end + 1
        else:
            path += character
            position += 1
    return path if path.startswith("/") else "/" + path


def _closing(pattern: str, start: int) -> int:
    """Where the group that starts at a position ends."""
    depth, position, inside = 0, start, False
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            position += 1
        elif character == "[":
            inside = True
        elif character == "]":
            inside = False
        elif character == "(" and not inside:
            depth += 1
        elif character == ")" and not inside:
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return len(pattern) - 1
