"""What clients talk (REST, GraphQL, RPC, HTML), and how they prove who they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import Call, Compare, Constant, Name, Subscript
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.inventory.profile import Line, Material, Seen, line
from analyzer.inventory.stack import GRAPHQL, NAMES, OAUTH, RPC, SESSIONS, TEMPLATES, TOKENS
from analyzer.project import Place

_RENDER = re.compile(r"(?:^|\.)(?:render|template)$")
_ROLE_FIELD = re.compile(r"^(?:is_superuser|(?:is_)?admin|is_staff|role|roles|user_role|role_id|permissions)$")
_API_KEY = re.compile(r"^(?:x-)?api[-_]?key$", re.IGNORECASE)
_MANY, _SOME = 0.5, 0.15
"""Shares of handlers that answer with HTML: from the half on it is the style, from a seventh on one of two."""


def style(material: Material) -> Line:
    """GraphQL and RPC by their libraries; HTML by the handlers that render templates; REST is what remains."""
    parts: list[str] = []
    evidence: list[Seen] = []
    counts = material.packages()
    for names, label in ((GRAPHQL, "GraphQL"), (RPC, "RPC")):
        package = next((name for name in sorted(names) if counts[name]), "")
        if package.startswith("grpc") and not _serves(material):
            continue
        if package:
            parts.append(label)
            evidence.append(material.importing(package)[0])
    handlers = [place for place in material.picture.handlers() if place.path in set(material.paths)]
    pages = [(place, number) for place in handlers if (number := _renders(material, place))]
    share = len(pages) / len(handlers) if handlers else 0
    if share >= _SOME:
        parts.append("HTML")
        place, number = pages[0]
        evidence.append(Seen(f"{len(pages)} of {len(handlers)} handlers render templates", place.path, number))
    if share < _MANY and handlers and "GraphQL" not in parts:
        parts.insert(0, "REST")
        other = next(place for place in handlers if place not in {page for page, _ in pages})
        function = material.picture.project.function(other)
        evidence.insert(
            0,
            Seen(
                f"{len(handlers) - len(pages)} of {len(handlers)} handlers answer with data",
                other.path,
                function.line if function else 1,
            ),
        )
    if not parts:
        for package in ("rest_framework", "fastapi", "litestar", "flask_restful", "connexion"):
            if counts[package]:
                return line("API style", ["REST"], material.importing(package)[:1])
    return line("API style", parts, evidence)


def _serves(material: Material) -> bool:
    """Whether a class of ours is a gRPC servicer: the library alone may as well be there to call others."""
    project = material.picture.project
    return any(
        chain(base).endswith(("Servicer", "ServiceBase", "Base")) and "grpc" in chain(base).lower()
        for path in material.paths
        for item in project.outline(path).classes
        for base in item.bases
    )


def _renders(material: Material, place: Place) -> int:
    """The line where a handler renders a template, 0 where it does not."""
    project = material.picture.project
    function = project.function(place)
    if function is None:
        return 0
    for use in function.uses:
        name = use.chain.rpartition(".")[2]
        if use.kind in {"call", "decorate"} and (name in TEMPLATES or _RENDER.search(use.chain)):
            return use.line
    owner = project.owner_index(place)
    if owner >= 0:
        for target in project.classes.order(place.path, owner):
            if target.kind == "class":
                item = project.outline(target.path).classes[target.index]
                if f"{item.qualname}.template_name" in project.namespace(target.path).variables:
                    return function.line
    return 0


def authentication(material: Material) -> Line:
    """Every way to authenticate that main code imports or writes, and roles where a user has some."""
    found: dict[str, Seen] = {}
    for path, item in material.imports():
        whole = f"{item.module}.{item.name}" if item.name else item.module
        for modules, label in ((TOKENS, "JWT"), (SESSIONS, "session"), (OAUTH, "OAuth")):
            if any(whole == module or whole.startswith(module + ".") for module in modules):
                found.setdefault(label, Seen(f"imports {whole}", path, item.line))
        named = NAMES.get(whole)
        if named == "API key" and _bears_tokens(material, path):
            continue
        if named:
            found.setdefault(named, Seen(f"imports {whole}", path, item.line))
    for label, seen in _written(material):
        found.setdefault(label, seen)
    if found:
        for seen in _roles(material):
            found.setdefault("roles", seen)
    order = ("JWT", "session", "OAuth", "API key", "HTTP Basic", "roles")
    parts = [label for label in order if label in found]
    return line("authentication", parts, [found[label] for label in parts])


def _bears_tokens(material: Material, path: str) -> bool:
    """An API key that is looked for in ``Authorization`` is a token under another name."""
    texts = [node for node in walk(material.picture.project.outline(path).body) if isinstance(node, Constant)]
    return any(node.value == "Authorization" for node in texts)


def _written(material: Material) -> Iterator[tuple[str, Seen]]:
    """Session cookies set by hand, API keys taken from headers, tokens demanded by a framework's own settings."""
    project = material.picture.project
    for path in material.paths:
        outline = project.outline(path)
        for index, function in enumerate(outline.functions):
            names = {use.chain.rpartition(".")[2] for use in function.uses}
            if "set_cookie" in names or any("headers" in use.chain for use in function.uses):
                for node in walk(project.body(Place(path, index))):
                    if isinstance(node, Call):
                        yield from _call(path, node)
                    elif isinstance(node, Subscript | Compare):
                        yield from _looked_up(path, node)


def _call(path: str, node: Call) -> Iterator[tuple[str, Seen]]:
    name = chain(node.func)
    first = node.arguments[0].value if node.arguments else None
    text = first.value if isinstance(first, Constant) and isinstance(first.value, str) else ""
    if name.endswith("set_cookie") and "sess" in text.lower():
        yield "session", Seen("sets a session cookie", path, node.line)
    elif "headers" in name and _API_KEY.match(text):
        yield "API key", Seen("reads an API key from a header", path, node.line)


def _looked_up(path: str, node: Subscript | Compare) -> Iterator[tuple[str, Seen]]:
    """``request.headers["X-API-Key"]`` and ``"X-API-Key" in request.headers``."""
    if isinstance(node, Subscript):
        key, holder = node.index, chain(node.value)
    else:
        key, holder = node.left, chain(node.comparators[0])
    of_request = holder.endswith("request.headers") or holder == "self.headers"
    if of_request and isinstance(key, Constant) and isinstance(key.value, str) and _API_KEY.match(key.value):
        yield "API key", Seen("reads an API key from a header", path, node.line)


def _roles(material: Material) -> Iterator[Seen]:
    """A column or field of a user that says what the user may do."""
    project = material.picture.project
    for path in material.paths:
        for item in project.outline(path).classes:
            if re.search(r"user|account|member|role", item.name, re.IGNORECASE):
                for statement in item.body:
                    for target in statement.targets if isinstance(statement, Assign) else ():
                        if isinstance(target, Name) and _ROLE_FIELD.match(target.id):
                            yield Seen(f"{item.name}.{target.id}", path, statement.line)
