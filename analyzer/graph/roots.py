"""Composition roots: the modules that put an application together and may know all of it."""

from __future__ import annotations

from analyzer.facts.outline import Use
from analyzer.graph.names import COMPOSITION_WORDS, ENTRY_STEMS, segments
from analyzer.project import Place, Project

_APPS = {
    "FastAPI", "Flask", "Starlette", "Litestar", "Quart", "Sanic", "Application", "APIFlask", "OpenAPI", "FastHTML",
    "BlackSheep", "Falcon", "Bottle", "Chalice", "App", "FastMCP", "get_wsgi_application", "get_asgi_application",
}  # fmt: skip
_FRAMEWORKS = {
    "fastapi", "flask", "starlette", "litestar", "quart", "sanic", "aiohttp", "apiflask", "flask_openapi3", "connexion",
    "falcon", "bottle", "chalice", "django", "tornado", "blacksheep",
}  # fmt: skip
_STARTERS = _FRAMEWORKS | {"uvicorn", "hypercorn", "granian", "waitress", "gunicorn"}
_REGISTRATIONS = {"include_router", "register_blueprint", "add_middleware", "add_exception_handler", "init_app", "wire"}
_FOLDERS = {"di", "ioc", "container", "containers", "bootstrap", "injection"}
_LOOSE = frozenset({"application", "app", "server"})
"""Names of entrypoints that other modules have as well."""
FEW = 3
"""Handlers a module may hold and still be the place that wires the application (a health check, an index page)."""


def is_application(dotted: str) -> bool:
    """Whether a canonical name is the application object of a framework: ``flask.Flask()``."""
    made = dotted.removesuffix("()")
    return made != dotted and made.split(".")[0] in _FRAMEWORKS and made.rpartition(".")[2] in _APPS


def wiring(project: Project, path: str) -> str:
    """Why a module is the one that puts the application together, ``""`` when it is not."""
    stem = segments(path)[-1] if segments(path) else ""
    if stem in {"__main__", "asgi", "wsgi"} or (stem == "manage" and "." not in project.module_name(path)):
        return f"is called {stem}.py"
    namespace = project.namespace(path)
    if "urlpatterns" in namespace.variables:
        return "holds the URL table"
    outline = project.outline(path)
    for index, item in enumerate(outline.classes):
        if any(
            name.endswith(("DeclarativeContainer", "DynamicContainer")) for name in _externals(project, path, index)
        ):
            return f"declares the container {item.name}"
    if any(
        not item.level and item.module.split(".")[0] in _FRAMEWORKS and (item.name in _APPS or item.name in (None, "*"))
        for item in outline.imports
    ):
        for place, use in _calls(project, path):
            name = use.chain.rpartition(".")[2]
            # A method that mounts an application of its own is a plug-in, no place where everything is wired.
            if name in _APPS and project.owner_index(place) < 0:
                target = project.resolve(place, use.chain, use.line)
                if target is not None and target.kind == "external" and target.dotted.split(".")[0] in _FRAMEWORKS:
                    return f"creates the application ({name})"
    for use in outline.uses:
        if use.kind == "call" and use.chain.endswith(".run"):
            target = project.resolve(Place(path, -1), use.chain, use.line)
            if target is not None and target.kind == "external" and target.dotted.split(".")[0] in _STARTERS:
                return "starts the application"
    return ""


def is_root(project: Project, path: str, handlers: int) -> bool:
    """Whether a module may import every layer: it creates, wires or starts the application, or is a container."""
    words = segments(path)
    if path.endswith("__init__.py"):
        words = [*words, ""]
    stem = words[-1] if words else ""
    if wiring(project, path):
        return handlers <= FEW or stem in ENTRY_STEMS
    if stem in COMPOSITION_WORDS or (len(words) > 1 and words[-2] in _FOLDERS):
        return True
    if stem in _LOOSE and project.module_name(path).count(".") > 1 and not _speaks(project, path):
        return False  # ``units/application.py``: a word of the domain, deep inside
    if stem in ENTRY_STEMS | {"apps", "admin", "celery", "celery_app", "worker", "cli", "lifespan", "startup"}:
        return not handlers
    return any(use.chain.rpartition(".")[2] in _REGISTRATIONS for _, use in _calls(project, path)) and handlers <= FEW


def _speaks(project: Project, path: str) -> bool:
    """Whether a module imports a web framework or what starts one."""
    return any(not item.level and item.module.split(".")[0] in _STARTERS for item in project.outline(path).imports)


def _externals(project: Project, path: str, index: int) -> tuple[str, ...]:
    bases = project.outline(path).classes[index].bases
    return project.classes.externals(path, index) if bases else ()


def _calls(project: Project, path: str) -> list[tuple[Place, Use]]:
    outline = project.outline(path)
    found = [(Place(path, -1), use) for use in outline.uses if use.kind == "call"]
    for index, function in enumerate(outline.functions):
        found.extend((Place(path, index), use) for use in function.uses if use.kind == "call")
    return found
