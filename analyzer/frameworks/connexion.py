"""connexion: operations of an OpenAPI document, joined with the functions that they name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call, Constant
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import Attachment, Found, Route, Unresolved
from analyzer.frameworks.openapi_documents import Operation, base_path, operations, parse
from analyzer.frameworks.registry import calls, creations, holder, imports_any
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_APPLICATIONS = frozenset(
    f"connexion.{name}" for name in ("App", "FlaskApp", "AsyncApp", "AioHttpApp", "FlaskApp.FlaskApp")
)
_RESOLVERS = frozenset({"RestyResolver", "MethodResolver", "MethodViewResolver", "RelativeResolver"})
_CONVERTED = re.compile(r"\{(\w+)\}")
VERIFIED = "connexion.security.verify_security"
"""What stands for connexion's own check where the document names no function for it."""


def recognise(project: Project) -> Found | None:
    """The routes of connexion; ``None`` when the project does not import it."""
    if not imports_any(project, frozenset({"connexion"})):
        return None
    found = Found()
    folders = {
        one.holder: (one.place.path, text(project, one.place, argument(one.call, 1, "specification_dir")) or "")
        for one in creations(project, _APPLICATIONS)
    }
    for place, call in calls(project, frozenset({"add_api"})):
        held = holder(project, place, chain_of(call.func).rpartition(".")[0])
        module, folder = folders.get(held, (place.path, "")) if held is not None else (place.path, "")
        name = _file_name(project, place, argument(call, 0, "specification", "swagger_file"))
        paths = _documents(project, module, folder, name) if name else []
        if len(paths) != 1:
            why = "the description of the interface is not a file of the tree"
            found.unresolved.append(Unresolved(place.path, call.line, why))
            continue
        _read(project, place, call, paths[0], found)
    return found


def _file_name(project: Project, place: Place, given: AnyExpression | None) -> str:
    """``"api.yml"``, ``Path(__file__).parent / "api.yml"``, ``os.path.join(here, "api.yml")``: the last constant."""
    whole = text(project, place, given) if given is not None else None
    if whole:
        return whole
    named = [one.value for one in walk([given] if given else []) if isinstance(one, Constant)]
    return next((one for one in reversed(named) if isinstance(one, str) and "." in one), "")


def _documents(project: Project, module: str, folder: str, name: str) -> list[str]:
    """The file a name means: below the folder of the module, else the only one that ends so."""
    near = posixpath.normpath(posixpath.join(posixpath.dirname(module), folder, name))
    if near in project.documents:
        return [near]
    last = posixpath.normpath(name).lstrip("./")
    return [path for path in project.documents if path == last or path.endswith("/" + last)]


def _read(project: Project, place: Place, call: Call, path: str, found: Found) -> None:
    try:
        written = project.documents[path]()
        document = parse(written)
    except (OSError, ValueError) as error:
        found.unresolved.append(Unresolved(place.path, call.line, f"the description of the interface: {error}"))
        return
    prefix = text(project, place, argument(call, 1, "base_path")) if argument(call, 1, "base_path") else None
    prefix = (prefix if prefix is not None else base_path(document)).rstrip("/")
    resolver = _resolver(project, place, argument(call, 99, "resolver"))
    for one in operations(document, written):
        handler = _function(project, place, one.answer or _resolved(resolver, one))
        if handler is None:
            found.unresolved.append(Unresolved(path, one.line, f"no function is seen for {one.method} {one.path}"))
            continue
        whole = prefix + one.path
        attached = tuple(_checks(project, place, path, one))
        found.routes.append(
            Route(
                whole,
                one.method,
                handler,
                "connexion",
                path,
                one.line,
                whole,
                attached=attached,
                statuses=one.statuses,
                inputs=one.inputs,
                response=one.response,
            )
        )


def _checks(project: Project, place: Place, path: str, one: Operation) -> Iterator[Attachment]:
    """The functions that find out who is asking; connexion answers 401 itself when one of them gives nothing."""
    if not one.secured:
        return
    said = "scope" if one.scopes else ""
    for dotted in one.checks:
        function = _function(project, place, dotted)
        if function is None or not _says_yes(project, function):
            yield Attachment("handler", Place("", -1), VERIFIED, path, one.line, one.scopes, asks=said)
    if not one.checks:
        yield Attachment("handler", Place("", -1), VERIFIED, path, one.line, one.scopes, asks=said)


def _says_yes(project: Project, place: Place) -> bool:
    """Whether a function knows everybody: it calls nothing, raises nothing, and never gives nothing."""
    function = project.function(place)
    return function is not None and not any(use.kind in {"call", "read"} for use in function.uses)


def _function(project: Project, place: Place, dotted: str) -> Place | None:
    """The function that ``package.module.function`` or ``module.Class.method`` names."""
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        module = project.layout.absolute(place.path, ".".join(parts[:cut]))
        if module is None or module.endswith("/"):
            continue
        target = project.member(module, parts[cut])
        for name in parts[cut + 1 :]:
            target = project.attribute(target, name) if target is not None else None
        if target is not None and target.kind == "function":
            return Place(target.path, target.index)
    return None


def _resolver(project: Project, place: Place, given: AnyExpression | None) -> str:
    """``RestyResolver("api")``: the module that answers operations without a name."""
    if isinstance(given, Call) and chain_of(given.func).rpartition(".")[2] in _RESOLVERS:
        return text(project, place, argument(given, 0, "default_module_name", "root_path")) or ""
    return ""


def _resolved(module: str, one: Operation) -> str:
    """The function that the resolver takes: ``GET /pets`` → ``api.pets.search``, ``GET /pets/{id}`` → ``….get``."""
    words = [part for part in one.path.strip("/").split("/") if part and not _CONVERTED.search(part)]
    if not module or not words:
        return ""
    listed = one.method == "GET" and not one.path.rstrip("/").endswith("}")
    return f"{module}.{words[0]}.{'search' if listed else one.method.lower()}"
