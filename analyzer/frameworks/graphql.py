"""GraphQL: the fields of a schema's query, mutation and subscription types, by graphene, strawberry and ariadne.

A field is a route: its method is ``QUERY``, ``MUTATION`` or ``SUBSCRIPTION``, its path the field's name as clients
write it, its handler the resolver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.attachments import run_by
from analyzer.frameworks.backend import Found, Given, Route, Unresolved
from analyzer.frameworks.graphql_arguments import Spelling, of_field, of_mutation, of_resolver, of_type
from analyzer.frameworks.graphql_documents import Fields, declared_fields
from analyzer.frameworks.registry import Holder, calls, creations, holder, imports_any
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_ROOTS = {"query": "QUERY", "mutation": "MUTATION", "subscription": "SUBSCRIPTION"}
_TYPES = {"ariadne.QueryType": "QUERY", "ariadne.MutationType": "MUTATION", "ariadne.SubscriptionType": "SUBSCRIPTION"}
_OBJECTS = {"Query": "QUERY", "Mutation": "MUTATION", "Subscription": "SUBSCRIPTION"}
_MUTATING = ("mutate", "mutate_and_get_payload")
"""The method of a graphene mutation that answers, nearest to the framework last."""
_DECORATORS = frozenset({"field", "mutation", "subscription"})


def recognise(project: Project) -> Found | None:
    """The fields of GraphQL schemas; ``None`` when the project imports none of the libraries."""
    found = Found()
    used = False
    if imports_any(project, frozenset({"graphene", "graphene_django", "graphene_sqlalchemy", "strawberry"})):
        used = True
        for place, call in calls(project, frozenset({"Schema"})):
            target = project.resolve_expression(place, call.func)
            named = target.dotted if target is not None else ""
            library = "graphene" if _descends(project, target, "graphene") else named.partition(".")[0]
            if library in {"graphene", "graphene_django", "strawberry", "graphene_federation"}:
                _schema(project, place, call, "strawberry" if library == "strawberry" else "graphene", found)
    if imports_any(project, frozenset({"ariadne"})):
        used = True
        _ariadne(project, found)
    return found if used else None


def camel(name: str) -> str:
    """``delete_all_users`` → ``deleteAllUsers``, as graphene and strawberry spell fields for clients."""
    head, *rest = name.split("_")
    return head + "".join(part.title() if part else "_" for part in rest)


def _descends(project: Project, target: Target | None, library: str) -> bool:
    if target is None:
        return False
    if target.kind == "class":
        return any(name.startswith(library) for name in project.classes.externals(target.path, target.index))
    return target.dotted.startswith(f"{library}.")


def _schema(project: Project, place: Place, call: Call, library: str, found: Found) -> None:
    plain = argument(call, 99, "auto_camelcase")
    spelled = _same if getattr(plain, "value", True) is False else camel
    for position, (name, method) in enumerate(_ROOTS.items()):
        given = argument(call, position, name)
        if given is None:
            continue
        target = project.resolve_expression(place, given)
        if target is None or target.kind != "class":
            found.unresolved.append(Unresolved(place.path, call.line, f"the schema's {name} is not a plain class"))
            continue
        fields = _strawberry if library == "strawberry" else _graphene
        for field, handler, where, inputs, response in fields(project, target, spelled):
            shown = spelled(field)
            if handler is not None:
                found.routes.append(
                    Route(shown, method, handler, "GraphQL", *where, shown, inputs=inputs, response=response)
                )


def _same(name: str) -> str:
    return name


Field = tuple[str, Place | None, tuple[str, int], tuple[Given, ...], str]
"""The name of a field, what answers, where it is declared, its arguments, and its type where a declaration says it."""


def _fields(project: Project, target: Target) -> Iterator[tuple[str, AnyExpression, Place, tuple[str, int]]]:
    """The class variables of a type and of the types it is put together from, nearest first."""
    seen: set[str] = set()
    for name, path, statement in project.classes.fields(target.path, target.index):
        if statement.value is not None and name not in seen:
            seen.add(name)
            yield name, statement.value, Place(path, -1), (path, statement.line)


def _graphene(project: Project, target: Target, spelled: Spelling) -> Iterator[Field]:
    methods = dict(project.classes.methods(target.path, target.index))
    for name, value, place, where in _fields(project, target):
        if not isinstance(value, Call):
            continue
        chain = chain_of(value.func)
        if chain.endswith(".Field") and not chain.startswith("graphene."):
            made = project.resolve(place, chain.removesuffix(".Field"))
            if made is not None and made.kind == "class":
                own = dict(project.classes.methods(made.path, made.index))
                answer = next((own[one] for one in _MUTATING if one in own), None)
                yield name, answer, where, of_mutation(project, made, spelled), chain.removesuffix(".Field")
                continue
        resolver = argument(value, 99, "resolver")
        given = project.resolve_expression(place, resolver) if resolver is not None else None
        answer = run_by(project, given) or methods.get(f"resolve_{name}") or methods.get(f"subscribe_{name}")
        yield name, answer, where, of_field(project, place, value, spelled), of_type(value)


def _strawberry(project: Project, target: Target, spelled: Spelling) -> Iterator[Field]:
    for name, method in project.classes.methods(target.path, target.index):
        function = project.function(method)
        for decorator in function.decorators if function else ():
            plain = decorator.func if isinstance(decorator, Call) else decorator
            if chain_of(plain).rpartition(".")[2] in _DECORATORS:
                given = (
                    text(project, Place(method.path, -1), argument(decorator, 99, "name"))
                    if isinstance(decorator, Call)
                    else None
                )
                yield given or name, method, (method.path, decorator.line), of_resolver(project, method, spelled), ""
    for name, value, place, where in _fields(project, target):
        if isinstance(value, Call) and chain_of(value.func).rpartition(".")[2] in _DECORATORS:
            resolver = argument(value, 0, "resolver")
            answer = run_by(project, project.resolve_expression(place, resolver)) if resolver else None
            yield name, answer, where, of_resolver(project, answer, spelled), ""


def _ariadne(project: Project, found: Found) -> None:
    kinds: dict[Holder, str] = {}
    for creation in creations(project, frozenset({*_TYPES, "ariadne.ObjectType"})):
        if creation.dotted == "ariadne.ObjectType":
            named = text(project, creation.place, argument(creation.call, 0, "name"))
            kind = _OBJECTS.get(named or "", "")
        else:
            kind = _TYPES[creation.dotted]
        if kind:
            kinds[creation.holder] = kind
    told = declared_fields(project)
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function else ():
            if isinstance(decorator, Call) and function is not None:
                outside = Place(place.path, function.parent)
                _field(project, outside, decorator, place, kinds, told, found)
    for place, call in calls(project, frozenset({"set_field"})):
        target = project.resolve_expression(place, argument(call, 1, "resolver"))
        handler = run_by(project, target)
        if handler is not None:
            _field(project, place, call, handler, kinds, told, found)


def _field(
    project: Project,
    place: Place,
    call: Call,
    handler: Place,
    kinds: dict[Holder, str],
    told: Fields,
    found: Found,
) -> None:
    chain, _, name = chain_of(call.func).rpartition(".")
    if name not in {"field", "source", "set_field"} or not chain:
        return
    held = holder(project, place, chain)
    kind = kinds.get(held) if held is not None else None
    if kind is None:
        return
    field = text(project, place, argument(call, 0, "name"))
    if field is None:
        found.unresolved.append(Unresolved(place.path, call.line, "the field's name is not constant"))
    elif re.fullmatch(r"\w+", field):
        plain = of_resolver(project, handler, _same, bound=2)  # what is resolved, and the request around it
        inputs, response = told.get((kind, field), (plain, ""))
        found.routes.append(
            Route(field, kind, handler, "GraphQL", place.path, call.line, field, inputs=inputs, response=response)
        )
