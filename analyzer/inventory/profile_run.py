"""How the backend runs: Python, server, framework, and where it is deployed."""

from __future__ import annotations

import re

from analyzer.inventory.profile import Line, Material, Seen, line
from analyzer.inventory.project_files import DataFile, toml
from analyzer.inventory.stack import EXTENSIONS, FRAMEWORKS, SERVERLESS, SERVERS

_IMAGE = re.compile(r"^\s*FROM\s+(?:--platform=\S+\s+)?\S*python:(\d+\.\d+)", re.IGNORECASE | re.MULTILINE)
_PLAIN_VERSION = re.compile(r"^\s*(?:python-)?(\d+\.\d+)", re.MULTILINE)
_RUN = re.compile(r"^\s*(?:CMD|ENTRYPOINT|RUN|command|web)\b.*$", re.IGNORECASE | re.MULTILINE)
_PLATFORMS = {
    "Procfile": "platform (Procfile)", "fly.toml": "platform (Fly.io)", "app.yaml": "platform (App Engine)",
    "render.yaml": "platform (Render)", "vercel.json": "serverless (Vercel)", "netlify.toml": "serverless (Netlify)",
    "serverless.yml": "serverless (Serverless Framework)", "serverless.yaml": "serverless (Serverless Framework)",
    "zappa_settings.json": "serverless (Zappa)", "Chart.yaml": "Kubernetes (Helm)",
}  # fmt: skip


def runtime(material: Material) -> Line:
    """Python's version, the server, whether handlers are asynchronous."""
    parts, evidence = [], []
    for found in (_python(material), _server(material), _concurrency(material), _functions(material)):
        if found is not None:
            parts.append(found[0])
            evidence.append(found[1])
    return line("runtime", parts, evidence)


def _python(material: Material) -> tuple[str, Seen] | None:
    for file in material.files:
        if file.name == "pyproject.toml":
            tables = toml(file)
            project = tables.get("project")
            wanted = project.get("requires-python") if isinstance(project, dict) else None
            if wanted is None:
                try:
                    wanted = tables["tool"]["poetry"]["dependencies"]["python"]
                except (KeyError, TypeError):
                    continue
            if isinstance(wanted, str):
                number = file.line_of("requires-python" if "requires-python" in file.text else "python =")
                return f"Python {wanted}", Seen("declared Python version", file.path, number)
    for file in material.files:
        if "Dockerfile" in file.name:
            found = _IMAGE.search(file.text)
            if found:
                return f"Python {found[1]}", Seen("base image", file.path, _line_at(file, found.start(1)))
        elif file.name in {".python-version", "runtime.txt"}:
            found = _PLAIN_VERSION.search(file.text)
            if found:
                return f"Python {found[1]}", Seen("pinned Python version", file.path, 1)
    return None


def _line_at(file: DataFile, position: int) -> int:
    return file.text.count("\n", 0, position) + 1


def _server(material: Material) -> tuple[str, Seen] | None:
    """The server that is started; one that is only asked for counts where none is."""
    for file in material.files:
        if "Dockerfile" in file.name or file.name == "Procfile" or "compose" in file.name:
            for command in _RUN.finditer(file.text):
                if re.search(r"\bfastapi\W+run\b", command[0]):  # FastAPI's own command starts uvicorn
                    return "uvicorn", Seen("starts fastapi run", file.path, _line_at(file, command.start()))
                for server in SERVERS:
                    if re.search(rf"\b{server}\b", command[0]):
                        return server, Seen(f"starts {server}", file.path, _line_at(file, command.start()))
    for server in SERVERS:
        seen = material.importing(server)
        if seen:
            return server, seen[0]
        asked = material.asks_for(server)
        if asked is not None:
            return server, asked
    return None


def _concurrency(material: Material) -> tuple[str, Seen] | None:
    project = material.picture.project
    functions = [(place, project.function(place)) for place in material.picture.handlers()]
    known = [(place, function) for place, function in functions if function is not None]
    if not known:
        return None
    count = sum(1 for _, function in known if function.is_async)
    place, function = max(known, key=lambda pair: (pair[1].is_async == (2 * count >= len(known)), pair[0].path))
    word = "async" if count == len(known) else "sync" if not count else "async and sync"
    return word, Seen(f"{count} of {len(known)} handlers are async", place.path, function.line)


def _functions(material: Material) -> tuple[str, Seen] | None:
    for package, name in SERVERLESS.items():
        seen = material.importing(package.replace("-", "_"))
        if seen:
            return f"serverless ({name})", seen[0]
    return None


def framework(material: Material) -> Line:
    """Frameworks by how many files import them, then what extends them."""
    counts = material.packages()
    for package, module in (("aiohttp", "aiohttp.web"), ("http", "http.server")):
        if package in counts:
            counts[package] = len(material.importing(module))
    registered = set(material.picture.backend.frameworks)
    known = {package: counts[package] for package in FRAMEWORKS if counts[package]}
    if "fastapi" in known:
        known.pop("starlette", None)
    if len(known) > 1:
        known.pop("http", None) if "http.server" not in registered else None
    most = max(known.values(), default=0)
    # A second framework counts when it answers requests, or a fifth as many files use it: less is a helper's import.
    names = [
        package
        for package in sorted(known, key=lambda package: (-known[package], package))
        if FRAMEWORKS[package] in registered or 5 * known[package] >= most
    ]
    more = [package for package in EXTENSIONS if counts[package]]
    evidence = []
    for package in (*names, *more):
        seen = material.importing("aiohttp.web" if package == "aiohttp" else package)
        evidence += seen[:1]
    parts = [FRAMEWORKS[package] for package in names] + [EXTENSIONS[package] for package in more]
    return line("framework", parts, evidence)


def deployment(material: Material) -> Line:
    """Container, platform, serverless or a server of one's own, by the files that each needs."""
    parts: dict[str, Seen] = {}
    for file in material.files:
        if file.name == ".python-version" or file.name.startswith("requirements"):
            continue
        if "Dockerfile" in file.name:
            parts.setdefault("container (Dockerfile)", Seen("Dockerfile", file.path, 1))
        elif "compose" in file.name:
            parts.setdefault("container (compose)", Seen("compose file", file.path, 1))
        elif file.name.endswith(".service"):
            parts.setdefault("server (systemd)", Seen("systemd unit", file.path, 1))
        elif file.name == "template.yaml" and "AWS::Serverless" in file.text:
            parts.setdefault("serverless (AWS SAM)", Seen("SAM template", file.path, 1))
        elif file.name in _PLATFORMS:
            parts.setdefault(_PLATFORMS[file.name], Seen(file.name, file.path, 1))
    return line("deployment", list(parts), list(parts.values()))
