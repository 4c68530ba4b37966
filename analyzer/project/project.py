"""All modules together: what every dotted chain denotes, wherever its parts were defined."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy

from analyzer.facts.expressions import AnyExpression, Call, Constant, Lambda, Name
from analyzer.facts.modules import Modules
from analyzer.facts.outline import Bodies, Class, Function, Import, Local, Outline
from analyzer.facts.statements import AnyStatement
from analyzer.facts.visit import chain as chain_of
from analyzer.project import declared
from analyzer.project.classes import Classes
from analyzer.project.held import HOLDERS, Held
from analyzer.project.layout import Layout
from analyzer.project.namespace import Namespace
from analyzer.project.renamed import Renamed
from analyzer.project.target import Place, Target

_TOKENS = re.compile(r"[^.()\[\]]+|\(\)|\[\]")
_FOREVER = 1 << 30
_CHAINS = 100_000
"""Resolved chains remembered (25 MB): more than rules ask for in a backend of 130,000 lines."""
_DEPTH = 40
"""Chains of definitions longer than this are given up: real code stays under ten, only cycles go on."""


class Project:
    """The linked modules. Look-ups are lazy and remembered; none raises on code that makes no sense."""

    def __init__(
        self,
        modules: Modules,
        documents: Mapping[str, Callable[[], str]] | None = None,
        templates: Mapping[str, Callable[[], str]] | None = None,
    ) -> None:
        self.modules = modules
        self.documents = documents or {}
        """Descriptions of HTTP interfaces by path, each read when it is called for; that may raise ``OSError``."""
        self.templates = templates or {}
        """Templates of pages that write a value unescaped, likewise."""
        self.layout = Layout(modules.outlines)
        self.classes = Classes(self)
        self.held = Held(self)
        self.renamed = Renamed(self)
        self._namespaces: dict[str, Namespace] = {}
        self._members: dict[tuple[str, str], Target | None] = {}
        self._chains: dict[tuple[Place, str, int], Target | None] = {}
        self._returned: dict[Place, Target | None] = {}
        self._busy: set[object] = set()
        self._aside: frozenset[str] = frozenset()

    # What there is

    def without(self, aside: frozenset[str]) -> Project:
        """The same project, all that is remembered shared, that leaves files aside when it is gone through: their
        names still mean what they mean."""
        found = copy(self)
        found._aside = aside
        return found

    def paths(self) -> Sequence[str]:
        """Every file, sorted."""
        return tuple(path for path in self.modules.outlines if path not in self._aside)

    def outline(self, path: str) -> Outline:
        """The outline of a file."""
        return self.modules.outlines[path]

    def namespace(self, path: str) -> Namespace:
        """The top-level names of a file."""
        if path not in self._namespaces:
            self._namespaces[path] = Namespace(self.outline(path))
        return self._namespaces[path]

    def bodies(self, path: str) -> Bodies:
        """The lowered bodies of a file's functions."""
        return self.modules.bodies(path)

    def body(self, place: Place) -> list[AnyStatement]:
        """The body of a function; the module's statements for index −1."""
        if place.index < 0:
            return self.outline(place.path).body
        return self.bodies(place.path).functions[place.index]

    def function(self, place: Place) -> Function | None:
        """The definition at a place, ``None`` for module-level code."""
        return self.outline(place.path).functions[place.index] if place.index >= 0 else None

    def owner(self, place: Place) -> Class | None:
        """The class a method belongs to; that of the enclosing method for a nested function."""
        index = self.owner_index(place)
        return self.outline(place.path).classes[index] if index >= 0 else None

    def owner_index(self, place: Place) -> int:
        """The index of :meth:`owner`, −1 where there is none."""
        functions = self.outline(place.path).functions
        index = place.index
        while index >= 0:
            if functions[index].owner >= 0:
                return functions[index].owner
            index = functions[index].parent
        return -1

    def module_name(self, path: str) -> str:
        """The dotted name of a file."""
        return self.layout.name(path)

    def qualified(self, place: Place) -> str:
        """The dotted name of a function, or of its module for index −1."""
        function = self.function(place)
        module = self.module_name(place.path)
        return f"{module}.{function.qualname}" if function else module

    def places(self) -> Iterator[Place]:
        """Every function of every file and, with index −1, every module; sorted."""
        for path in self.paths():
            yield Place(path, -1)
            for index in range(len(self.outline(path).functions)):
                yield Place(path, index)

    # What a name denotes

    def resolve(self, place: Place, chain: str, line: int = _FOREVER) -> Target | None:
        """What a chain (``Use`` notation) denotes in a function; ``None`` when that cannot be known.

        ``line`` is where it is read: an assignment further down does not count.
        """
        key = (place, chain, line)
        if key in self._chains:
            return self._chains[key]
        if key in self._busy or len(self._busy) > _DEPTH * 4:
            return None
        self._busy.add(key)
        try:
            found = self._follow(place, chain, line)
        finally:
            self._busy.discard(key)
        if len(self._chains) >= _CHAINS:
            self._chains.clear()
        self._chains[key] = found
        return found

    def resolve_expression(self, place: Place, expression: AnyExpression | None) -> Target | None:
        """What an expression denotes, as far as a chain can say it."""
        chain = chain_of(expression)
        return self.resolve(place, chain, expression.line) if chain and expression is not None else None

    def callee(self, place: Place, call: Call) -> str:
        """The canonical dotted name of what a call calls, ``""`` when unknown."""
        target = self.resolve_expression(place, call.func)
        return target.dotted if target else ""

    def variable(self, path: str, name: str) -> tuple[str, AnyExpression] | None:
        """The one value of a module-level name (or ``Class.name``), with the file it stands in.

        Imports are followed. ``None`` when the name is unknown, assigned more than once or no variable.
        """
        for _ in range(_DEPTH):
            namespace = self.namespace(path)
            values = namespace.variables.get(name)
            if values:
                if len(values) != 1 and not _alike(values):
                    return None
                value = values[0]
                if isinstance(value, Name) and value.id in namespace.variables and value.id != name:
                    name = value.id
                    continue
                return path, value
            head, _, rest = name.partition(".")
            item = next(iter(namespace.imports.get(head, ())), None)
            origin = self._origin(path, item) if item else None
            if item is None or origin is None:
                star = self._star_holder(path, head)
                if star is None:
                    return None
                path = star
            elif item.name is None or (module := self._submodule(origin, item.name)) is None:
                path, name = origin, rest if item.name is None else f"{item.name}.{rest}" if rest else item.name
            else:
                path, name = module, rest
            if not name or path.endswith("/"):
                return None
        return None

    def member(self, path: str, name: str) -> Target | None:
        """What a module's top-level name denotes: definition, import, star import, variable or submodule."""
        key = (path, name)
        if key in self._members:
            return self._members[key]
        if key in self._busy:
            return None
        self._busy.add(key)
        try:
            found = self._bound(path, name)
        finally:
            self._busy.discard(key)
        self._members[key] = found
        return found

    def module_target(self, path: str) -> Target:
        """The target that stands for a module (``path`` may be a folder without ``__init__.py``)."""
        dotted = path.rstrip("/").replace("/", ".") if path.endswith("/") else self.module_name(path)
        return Target("module", dotted, path)

    def function_target(self, path: str, index: int) -> Target:
        """The target that stands for a function."""
        return Target("function", self.qualified(Place(path, index)), path, index)

    def class_target(self, path: str, index: int, instance: bool = False) -> Target:
        """The target that stands for a class, or for an object of it."""
        name = f"{self.module_name(path)}.{self.outline(path).classes[index].qualname}"
        return Target("instance" if instance else "class", name, path, index)

    def annotated(self, place: Place, annotation: AnyExpression | None) -> Target | None:
        """The object that a declared type promises."""
        return declared.promised(self, place, annotation)

    def attribute(self, target: Target, name: str) -> Target | None:
        """``target.name``."""
        if target.kind == "external":
            return Target("external", f"{target.dotted}.{name}")
        if target.kind == "module":
            if target.path.endswith("/"):
                inner = self.layout.module(target.path[:-1], name)
                return self.module_target(inner) if inner else None
            return self.member(target.path, name)
        if target.kind in {"class", "instance"}:
            return self.classes.attribute(target, name)
        return None

    def called(self, target: Target) -> Target | None:
        """What calling a target gives."""
        if target.kind == "external":
            return Target("external", target.dotted + "()")
        if target.kind == "class":
            return Target("instance", target.dotted, target.path, target.index)
        if target.kind == "function":
            return self.returned(Place(target.path, target.index))
        if target.kind == "instance":
            inner = self.classes.attribute(target, "__call__")
            return self.called(inner) if inner and inner.kind == "function" else None
        return None

    def returned(self, place: Place) -> Target | None:
        """What a function gives back: by its declared type, else by what it returns or yields."""
        if place in self._returned:
            return self._returned[place]
        if place in self._busy:
            return None
        self._busy.add(place)
        try:
            function = self.outline(place.path).functions[place.index]
            found = self.annotated(place, function.returns)
            if found is None:
                for item in function.locals:
                    if item.target == "return":
                        found = self.resolve(place, item.source, item.line)
                        if found is not None:
                            break
        finally:
            self._busy.discard(place)
        self._returned[place] = found
        return found

    # How it is found

    def _follow(self, place: Place, chain: str, line: int) -> Target | None:
        tokens = _TOKENS.findall(chain)
        if not tokens:
            return None
        if tokens[0] == "super" and tokens[1:2] == ["()"]:
            found = self.classes.parent(place)
            tokens = tokens[1:]
        else:
            found = self._head(place, tokens[0], line)
        for number, token in enumerate(tokens[1:], 1):
            kept = self._taken_out(place, found, tokens, number, line) if tokens[number - 1] in HOLDERS else None
            if kept is not None:
                found = kept
            elif found is None:
                continue
            elif token == "()":
                found = self._import_call(place, found, line) or self.called(found)
            elif token == "[]":
                found = self._item(found)
            else:
                found = self.attribute(found, token)
                found = self._read_property(found)
        return found

    def _import_call(self, place: Place, target: Target, line: int) -> Target | None:
        """The module that ``import_module("a.b")`` gives, where it is used on the spot."""
        if target.dotted not in _IMPORTERS:
            return None
        found = {
            self.module_path(place.path, item)
            for item in self.outline(place.path).imports
            if item.dynamic and item.line == line and item.scope == place.index
        }
        origin = found.pop() if len(found) == 1 else None
        return self.module_target(origin) if origin else None

    def _taken_out(
        self, place: Place, target: Target | None, tokens: Sequence[str], number: int, line: int
    ) -> Target | None:
        """What the token at ``number`` takes out of something that the application keeps things in."""
        token = tokens[number]
        if token == "()" or (target is not None and target.kind != "external"):
            return None
        holder = target.dotted if target else ".".join(tokens[:number]).replace(".(", "(").replace(".[", "[")
        if token == "[]":
            return self.held.item(place, holder, line)
        return self.held.attribute(place, holder, token)

    def _item(self, target: Target) -> Target | None:
        if target.kind == "external":
            return Target("external", target.dotted + "[]")
        return target if target.kind == "class" else None

    def _read_property(self, target: Target | None) -> Target | None:
        if target is not None and target.kind == "function":
            function = self.outline(target.path).functions[target.index]
            if any(chain_of(item).split(".")[-1] in _PROPERTIES for item in function.decorators):
                return self.returned(Place(target.path, target.index))
        return target

    def _head(self, place: Place, name: str, line: int) -> Target | None:
        functions = self.outline(place.path).functions
        index = place.index
        while index >= 0:
            scope = Place(place.path, index)
            known, found = self._inside(scope, functions[index], name, line)
            if known:
                return found
            index, line = functions[index].parent, _FOREVER
        return self.member(place.path, name) or self._builtin(place.path, name)

    def _inside(self, scope: Place, function: Function, name: str, line: int) -> tuple[bool, Target | None]:
        namespace = self.namespace(scope.path)
        nested = namespace.nested.get(scope.index, {}).get(name)
        if nested:
            kind, index = nested
            target = self.function_target if kind == "function" else self.class_target
            return True, target(scope.path, index)
        for item in namespace.lazy.get(scope.index, ()):
            if item.bound == name:
                return True, self._imported(scope.path, item)
        assigned = [item for item in function.locals if item.target == name]
        found = self._assigned(scope, assigned, line)
        if found is not None:
            return True, found
        for parameter in function.parameters:
            if parameter.name == name:
                return True, self._parameter(scope, function, name)
        return bool(assigned), None

    def _assigned(self, scope: Place, items: list[Local], line: int) -> Target | None:
        for item in items:
            if item.how == "annotation":
                found = self.annotated(scope, declared.from_chain(item.source, item.line))
                if found is not None:
                    return found
        before = [item for item in items if item.line < line] or ([] if line != _FOREVER else items)
        for item in reversed(before):
            if item.how in {"assign", "with"}:
                found = self.resolve(scope, item.source, item.line)
                if found is not None:
                    return found
        return None

    def _parameter(self, scope: Place, function: Function, name: str) -> Target | None:
        position = next(i for i, parameter in enumerate(function.parameters) if parameter.name == name)
        parameter = function.parameters[position]
        if position == 0 and function.owner >= 0 and not _is_static(function):
            instance = name != "cls" and not _has_decorator(function, "classmethod")
            return self.class_target(scope.path, function.owner, instance)
        found = self.annotated(scope, parameter.annotation)
        if found is None and parameter.default is not None:
            found = declared.given(self, Place(scope.path, function.parent), parameter.default)
        return found

    def _bound(self, path: str, name: str) -> Target | None:
        if path.endswith("/"):
            inner = self.layout.module(path[:-1], name)
            return self.module_target(inner) if inner else None
        namespace = self.namespace(path)
        if name in namespace.classes:
            return self.class_target(path, namespace.classes[name])
        if name in namespace.functions:
            return self.function_target(path, namespace.functions[name])
        found = self._import_of(path, name)
        if found is not None:
            return found
        if name in namespace.variables:
            return self._variable_target(path, name)
        for star in namespace.stars:
            found = self._through_star(path, star, name)
            if found is not None:
                return found
        if path.endswith("__init__.py"):
            inner = self.layout.module(path[: -len("__init__.py")].rstrip("/"), name)
            if inner and inner != path:
                return self.module_target(inner)
        return None

    def _import_of(self, path: str, name: str) -> Target | None:
        """What an imported name denotes. Of a library and the code of ours that stands in for it, ours tells more."""
        first: Target | None = None
        for item in self.namespace(path).imports.get(name, ()):
            found = self._imported(path, item)
            if found is None:
                continue
            if first is None and not (found.kind == "external" and item.guard == "try"):
                return found
            if first is not None and item.guard == "fallback" and found.kind in {"function", "class", "instance"}:
                return found
            first = first or found
        return first

    def _variable_target(self, path: str, name: str) -> Target:
        place = Place(path, -1)
        for value in reversed(self.namespace(path).variables[name]):
            found = None if isinstance(value, Lambda) else self.resolve_expression(place, value)
            if found is not None and not (found.kind == "external" and found.dotted == "builtins.None"):
                return found
        for item in self.outline(path).locals:
            if item.target == name and item.how == "annotation":
                found = self.annotated(place, declared.from_chain(item.source, item.line))
                if found is not None:
                    return found
        return Target("variable", f"{self.module_name(path)}.{name}", path)

    def _through_star(self, path: str, star: Import, name: str) -> Target | None:
        origin = self.module_path(path, star)
        if origin is None:
            return None
        if not origin.endswith("/"):
            exports = self.outline(origin).exports
            if (exports is not None and name not in exports) or (exports is None and name.startswith("_")):
                return None
        return self.member(origin, name)

    def _star_holder(self, path: str, name: str) -> str | None:
        for star in self.namespace(path).stars:
            origin = self.module_path(path, star)
            if origin and not origin.endswith("/") and self.member(origin, name) is not None:
                return origin
        return None

    def _imported(self, path: str, item: Import) -> Target | None:
        origin = self.module_path(path, item)
        if item.name is None:
            if not item.aliased and not item.dynamic:
                origin = self.layout.absolute(path, item.bound)
                return self.module_target(origin) if origin else Target("external", item.bound)
            return self.module_target(origin) if origin else Target("external", item.module)
        if origin is None:
            return Target("external", f"{item.module}.{item.name}") if not item.level else None
        found = self.member(origin, item.name)
        if found is None:
            folder = origin.removesuffix("/__init__.py").rstrip("/")
            inner = self.layout.module(folder, item.name) if origin.endswith(("__init__.py", "/")) else None
            found = self.module_target(inner) if inner and inner != origin else None
        return found

    def module_path(self, path: str, item: Import) -> str | None:
        """The module an import statement names; a folder ends in a slash, ``None`` for what is not ours."""
        if item.level:
            return self.layout.relative(path, item.level, item.module)
        return self.layout.absolute(path, item.module)

    def _origin(self, path: str, item: Import) -> str | None:
        origin = self.module_path(path, item)
        return None if origin is None or origin.endswith("/") else origin

    def _submodule(self, origin: str, name: str) -> str | None:
        """The file of the module that a name of a package means, ``None`` where it means something else."""
        found = self.member(origin, name)
        return found.path if found is not None and found.kind == "module" else None

    def _builtin(self, path: str, name: str) -> Target | None:
        known = name in _BUILTINS and not self.namespace(path).stars
        return Target("external", f"builtins.{name}") if known else None


_IMPORTERS = {"importlib.import_module", "builtins.__import__"}
_PROPERTIES = {"property", "cached_property", "hybrid_property", "reify"}
_BUILTINS = frozenset(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)


def _alike(values: list[AnyExpression]) -> bool:
    """Whether all values are the same literal: written twice, but one constant."""
    texts = {repr(value.value) if isinstance(value, Constant) else "" for value in values}
    return len(texts) == 1 and "" not in texts


def _has_decorator(function: Function, name: str) -> bool:
    return any(isinstance(item, Name) and item.id == name for item in function.decorators)


def _is_static(function: Function) -> bool:
    return _has_decorator(function, "staticmethod")
