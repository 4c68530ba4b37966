"""What names suggest. A suggestion alone never makes a role: ``roles`` asks the code first.

The vocabularies are the words the layers go by in Fowler's *Patterns of Enterprise Application Architecture*, Evans'
*Domain-Driven Design*, and in the documentation of the frameworks we read.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CLASS_WORDS = {
    "Service": "service", "Services": "service", "UseCase": "service", "Usecase": "service", "Interactor": "service",
    "Repository": "repository", "Repo": "repository", "DAO": "repository", "Dao": "repository", "CRUD": "repository",
    "Crud": "repository", "Gateway": "client", "Client": "client", "Controller": "controller",
    "Middleware": "middleware", "Settings": "settings", "Config": "settings",
}  # fmt: skip
_CLASS_PREFIXES = {"CRUD": "repository", "Crud": "repository"}

_MODULE_WORDS = {
    "service": "service", "services": "service", "use_case": "service", "use_cases": "service", "usecase": "service",
    "usecases": "service", "interactor": "service", "interactors": "service", "service_layer": "service",
    "repository": "repository", "repositories": "repository", "repo": "repository", "repos": "repository",
    "crud": "repository", "cruds": "repository", "dao": "repository", "daos": "repository", "dal": "repository",
    "selectors": "repository", "data_access": "repository",
    "models": "model", "model": "model", "entities": "model", "orm": "model",
    "routes": "controller", "router": "controller", "routers": "controller", "api": "controller",
    "endpoint": "controller", "endpoints": "controller", "view": "controller", "views": "controller",
    "controller": "controller", "controllers": "controller", "resources": "controller", "blueprints": "controller",
    "schema": "schema", "schemas": "schema", "dto": "schema", "dtos": "schema", "serializer": "schema",
    "serializers": "schema", "forms": "schema",
    "client": "client", "clients": "client", "integrations": "client",
    "settings": "settings", "config": "settings", "configuration": "settings",
    "middleware": "middleware", "middlewares": "middleware",
    "task": "task", "tasks": "task", "jobs": "task",
    "commands": "command", "cli": "command", "scripts": "command", "management": "command",
    "migrations": "migration", "alembic": "migration",
}  # fmt: skip
_AFFIXES = ("service", "usecase", "use_case", "repository", "repo", "crud", "dao", "router", "controller", "client")

_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")

COMPOSITION_WORDS = {
    "container", "containers", "di", "injection", "injector", "wiring", "bootstrap", "composition", "ioc", "providers",
    "dependencies", "deps", "registry", "factory", "app_factory",
}  # fmt: skip
"""Modules of these names may wire layers together when they do nothing else."""

ENTRY_STEMS = {"main", "__main__", "asgi", "wsgi", "manage", "server", "application", "app", "urls", "conftest"}
SIDE_FOLDERS = {"scripts", "tools", "examples", "docs", "benchmarks", "seeds", "seeders", "fixtures"}


@lru_cache(maxsize=1 << 14)
def class_hint(name: str) -> str:
    """The role a class's name suggests (``OrderService``, ``CRUDUser``), ``""`` when none."""
    for prefix, found in _CLASS_PREFIXES.items():
        if name.startswith(prefix) and name[len(prefix) : len(prefix) + 1].isupper():
            return found
    name = name.removesuffix("Impl").removesuffix("Base").removesuffix("Interface").removesuffix("Port")
    for suffix, found in _CLASS_WORDS.items():
        # A class called just ``Service`` or ``Client`` is a noun of the domain.
        if name.endswith(suffix) and name != suffix:
            return found
    words = _CAMEL.findall(name)
    # ``SqlUserRepositoryAsync``: the telling word need not be the last one.
    telling = {"Repository", "Service", "UseCase"} if len(words) > 1 else set()
    return next((_CLASS_WORDS[word] for word in reversed(words) if word in telling), "")


def segments(path: str) -> list[str]:
    """Folder names and the module's stem, without suffix and without ``__init__``, in lower case."""
    parts = path.removesuffix(".py").lower().split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts


@lru_cache(maxsize=1 << 14)
def module_hint(path: str) -> tuple[str, str]:
    """The role a module's place suggests and the word that says so, innermost first; two empty strings when none."""
    for word in reversed(segments(path)):
        found = word_hint(word)
        if found:
            return found, word
    return "", ""


@lru_cache(maxsize=1 << 14)
def word_hint(word: str) -> str:
    """The role one folder or module name suggests, ``""`` when none."""
    word = word.strip("_")
    if word in _MODULE_WORDS:
        return _MODULE_WORDS[word]
    for affix in _AFFIXES:
        if word.endswith("_" + affix) or word.startswith(affix + "_"):
            return _MODULE_WORDS[affix]
    return ""
