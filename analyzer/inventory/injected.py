"""What containers put into a handler: dependency-injector, dishka, Litestar's providers, Flask-Injector."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Parameter, Subscript
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain, walk
from analyzer.frameworks import Route
from analyzer.frameworks.text import argument
from analyzer.graph.picture import Picture
from analyzer.project import Place

_MARKED = frozenset({"FromDishka", "FromComponent", "Injected", "Inject"})
"""dishka's and injector's generic types around what is injected."""
_PROVIDED = frozenset({"Provide", "Provider", "Closing"})
"""dependency-injector's markers: ``Provide[Container.orders]``."""
_MAKING = frozenset({"Litestar", "Router", "Controller"})


class Injected:
    """Answers about routes; the providers that whole applications have are found once."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._project = picture.project
        self._around: dict[tuple[str, ...], dict[str, str]] = {}

    def of(self, route: Route) -> tuple[str, ...]:
        """Dotted names of what a container puts into the handler (and into its class), in order of the parameters."""
        project = self._project
        function = project.function(route.handler)
        if function is None:
            return ()
        found = list(self._parameters(route, route.handler, function))
        owner = project.owner_index(route.handler)
        if owner >= 0:
            made = dict(project.classes.methods(route.handler.path, owner)).get("__init__")
            maker = project.function(made) if made is not None else None
            if made is not None and maker is not None and made != route.handler:
                found += self._parameters(route, made, maker)
        return tuple(dict.fromkeys(found))

    def _parameters(self, route: Route, place: Place, function: Function) -> Iterator[str]:
        outside = Place(place.path, function.parent)
        asked = any(chain(one).rpartition(".")[2] == "inject" for one in function.decorators)
        provided = self._providers(route) if route.framework == "Litestar" else {}
        for one in function.parameters:
            marked = next(self._marked(outside, one), "")
            if marked:
                yield marked
            elif one.name in provided:
                yield provided[one.name]
            elif asked and one.annotation is not None and route.framework in {"Flask", "Quart"}:
                target = self._project.annotated(outside, one.annotation)
                if target is not None and target.kind == "instance":
                    yield target.dotted

    def _marked(self, place: Place, parameter: Parameter) -> Iterator[str]:
        """What a marker in the annotation or the default names."""
        for node in walk([one for one in (parameter.annotation, parameter.default) if one is not None]):
            if not isinstance(node, Subscript):
                continue
            name = chain(node.value).rpartition(".")[2]
            if name in _MARKED or name in _PROVIDED:
                yield self._named(place, node.index)
            elif name == "Annotated" and isinstance(node.index, Display) and node.index.items:
                marks = [chain(one.func if isinstance(one, Call) else one) for one in node.index.items[1:]]
                if any(one.rpartition(".")[2] in _MARKED for one in marks):
                    yield self._named(place, node.index.items[0])

    def _named(self, place: Place, node: AnyExpression) -> str:
        if isinstance(node, Constant):
            return str(node.value)
        if isinstance(node, Subscript | Display):
            inner = next((one for one in walk(node) if isinstance(one, Name | Attribute)), None)
            return self._named(place, inner) if inner is not None else "…"
        target = self._project.resolve_expression(place, node)
        holder = self._project.resolve_expression(place, node.value) if isinstance(node, Attribute) else None
        if isinstance(node, Attribute) and holder is not None and holder.kind in {"class", "instance", "variable"}:
            return f"{holder.dotted}.{node.attr}"  # ``Container.orders``: the provider, not what it gives
        return target.dotted if target is not None else chain(node)

    def _providers(self, route: Route) -> dict[str, str]:
        """Litestar's providers by parameter: of the application, the controller and the handler, the nearest wins."""
        project, handler = self._project, route.handler
        found = dict(self._of_application(handler.path))
        owner = project.owner_index(handler)
        value = project.classes.variable(handler.path, owner, "dependencies") if owner >= 0 else None
        if value is not None:
            found.update(self._table(Place(value[0], -1), value[1]))
        function = project.function(handler)
        for decorator in function.decorators if function is not None else ():
            if isinstance(decorator, Call):
                found.update(self._table(Place(handler.path, -1), argument(decorator, 99, "dependencies")))
        return found

    def _of_application(self, path: str) -> dict[str, str]:
        modules = self._picture.application(path)
        if modules not in self._around:
            found: dict[str, str] = {}
            for module in modules:
                outline = self._project.outline(module)
                for index in range(-1, len(outline.functions)):
                    uses = outline.functions[index].uses if index >= 0 else outline.uses
                    if not any(use.kind == "call" and use.chain.rpartition(".")[2] in _MAKING for use in uses):
                        continue
                    place = Place(module, index)
                    for node in walk(self._project.body(place)):
                        if isinstance(node, Call) and chain(node.func).rpartition(".")[2] in _MAKING:
                            found.update(self._table(place, argument(node, 99, "dependencies")))
            self._around[modules] = found
        return self._around[modules]

    def _table(self, place: Place, value: AnyExpression | None) -> dict[str, str]:
        """``{"orders": Provide(provide_orders)}``, also as part of a union of tables."""
        found: dict[str, str] = {}
        if isinstance(value, Name):
            variable = self._project.variable(place.path, value.id)
            if variable is not None:
                place, value = Place(variable[0], -1), variable[1]
        for node in walk(value) if value is not None else ():
            if not isinstance(node, Mapping):
                continue
            for key, given in zip(node.keys, node.values, strict=True):
                if not isinstance(key, Constant) or not isinstance(key.value, str):
                    continue
                provider = given.arguments[0].value if isinstance(given, Call) and given.arguments else given
                name = chain(given.func).rpartition(".")[2] if isinstance(given, Call) else ""
                if (name == "Provide" or isinstance(given, Name | Attribute)) and chain(provider):
                    found[key.value] = self._named(place, provider)
        return found
