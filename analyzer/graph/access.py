"""What a function does to a database by its own hand, and whom it calls."""

from __future__ import annotations

import re

import msgspec

from analyzer.facts.expressions import Call, Name
from analyzer.facts.outline import Use
from analyzer.facts.visit import calls, chain, walk
from analyzer.frameworks import persistence
from analyzer.project import Place, Project, Target

_VERBS = (
    "query|get|get_one|get_or_404|first_or_404|scalar|scalars|execute|exec|stream|stream_scalars|refresh|fetch|fetchrow"
    "|fetchval|fetchone|fetchall|fetchmany|fetch_one|fetch_all|fetch_val|find|find_one|aggregate|count_documents"
    "|distinct|iterate|exec_driver_sql|add|add_all|delete|merge|bulk_save_objects|bulk_insert_mappings"
    "|bulk_update_mappings|executemany|executescript|insert_one|insert_many|update_one|update_many|replace_one"
    "|delete_one|delete_many|find_one_and_update|find_one_and_delete|find_one_and_replace|bulk_write|execute_many"
    "|commit|rollback|begin|begin_nested|flush|transaction|atomic|objects|save|create|update|insert|select|asave"
    "|adelete|acreate|bulk_create|get_or_create|update_or_create|to_list|sort|skip|limit|all|filter|filter_by|exists|count|first"
    "|get_or_none|get_by_id|find_all|find_many|insert_all|delete_all|delete_by_id|delete_instance|upsert|set"
)
_MAYBE = re.compile(rf"\.(?:{_VERBS})(?:$|[.(])|atomic|get_object_or_404|get_list_or_404")
"""Chains worth resolving; everything else cannot be an operation and is not looked at."""

_PLAIN_HANDLE = re.compile(
    r"(?:^|[._])(?:db|db_session|database|sess|session|cursor|cur|conn|connection|pool|engine)(?:\(\))?$"
)
_TELLING = {
    "execute": "read", "executemany": "write", "executescript": "write", "fetchone": "read", "fetchall": "read",
    "fetchmany": "read", "fetchrow": "read", "fetchval": "read", "fetch_one": "read", "fetch_all": "read",
    "query": "read", "scalars": "read", "add_all": "write", "commit": "transaction", "rollback": "transaction",
    "fetch": "read", "insert_one": "write", "update_one": "write", "delete_one": "write", "find_one": "read",
}  # fmt: skip
"""Methods that only a database object has, told by name where the receiver's type is unknown."""


_SESSION = re.compile(r"(?:^|[._])(?:session|sess)(?:\(\))?$")
_DOCUMENTS = {
    "insert_one": "write", "insert_many": "write", "update_one": "write", "update_many": "write", "delete_one": "write",
    "delete_many": "write", "replace_one": "write", "find_one_and_update": "write", "find_one_and_delete": "write",
    "find_one_and_replace": "write", "find_one": "read", "count_documents": "read",
}  # fmt: skip
"""Methods of collections of documents: nothing else has methods of these names, whoever holds the collection."""
_CURSOR = re.compile(r"\.(?:find|aggregate)\(\)\.(?:sort|skip|limit|to_list)(?:$|[.(])")
_STATEMENTS = frozenset(
    {
        f"sqlalchemy{module}.{name}"
        for module in ("", ".sql", ".future")
        for name in "select insert update delete".split()
    }
    | {"sqlmodel.select", "sqlmodel.delete", "sqlmodel.update", "sqlmodel.insert", "sqlalchemy.text"}
)
_RUNNING = {"execute": "read", "scalars": "read", "scalar": "read", "exec": "read", "stream": "read", "add": "write"}
"""Methods that are given a statement or a record, whoever has them."""


_GENERIC = re.compile(r"(?:CRUD|Crud|Repository|Repo|DAO)\w*(?:\[\])?\(\)\.\w+$")
"""Methods of a library's generic repository: a call of one is a call of a repository of ours."""


_UNTYPED = re.compile(r"\.state\.|^flask\.(?:g|current_app)\b|^quart\.(?:g|current_app)\b|\.app\[\]|\.extensions\[\]")
"""Attributes that frameworks keep for the application: nobody declares what they hold."""
_RECORD = {"save", "delete", "asave", "adelete"}


class Access(msgspec.Struct, frozen=True):
    """One operation on a database in a function's own body.

    ``kind`` is ``read``, ``write`` or ``transaction``; ``shown`` the chain as written (``session.query``); ``sure`` is
    false when only names say so, because nobody declares what the object is.
    """

    kind: str
    shown: str
    dotted: str
    line: int
    column: int
    end_line: int
    end_column: int
    sure: bool


class CallSite(msgspec.Struct, frozen=True):
    """A call whose callee is a symbol of the project."""

    target: Target
    shown: str
    line: int
    column: int
    end_line: int
    end_column: int


class Accesses:
    """Database operations and calls, a function at a time, remembered."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._found: dict[Place, tuple[Access, ...]] = {}
        self._calls: dict[Place, tuple[CallSite, ...]] = {}

    def of(self, place: Place) -> tuple[Access, ...]:
        """The operations a function performs itself, in source order; chains on one object count once a line."""
        if place not in self._found:
            found: dict[tuple[int, str], Access] = {}
            for use in self._uses(place):
                if use.kind in {"call", "decorate"} and _MAYBE.search(use.chain):
                    access = self._access(place, use)
                    if access is not None:
                        found.setdefault((access.line, access.kind), access)
            self._found[place] = tuple(found.values())
        return self._found[place]

    def calls(self, place: Place) -> tuple[CallSite, ...]:
        """The calls of functions, methods and classes of the project in a function's own body, in source order."""
        if place not in self._calls:
            found = []
            for use in self._uses(place):
                if use.kind != "call":
                    continue
                target = self._project.resolve(place, use.chain, use.line)
                if target is None:
                    continue
                if target.kind in {"function", "class", "instance"} or (
                    target.kind == "external" and _GENERIC.search(target.dotted)
                ):
                    found.append(CallSite(target, use.chain, use.line, use.column, use.end_line, use.end_column))
            self._calls[place] = tuple(found)
        return self._calls[place]

    def _uses(self, place: Place) -> list[Use]:
        function = self._project.function(place)
        return function.uses if function else self._project.outline(place.path).uses

    def _access(self, place: Place, use: Use) -> Access | None:
        target = self._project.resolve(place, use.chain, use.line)
        sure = True
        if target is not None:
            kind, dotted = operation(self._project, target), target.dotted
        else:
            kind, dotted = self._through_model(place, use)
        if not kind and (target is None or target.kind == "external"):
            kind, dotted = self._of_record(place, use)
        if not kind and (target is None or _UNTYPED.search(target.dotted)):
            kind, sure = _by_name(use.chain) or self._given(place, use), False
        if not kind:
            return None
        return Access(kind, use.chain, dotted, use.line, use.column, use.end_line, use.end_column, sure)

    def _of_record(self, place: Place, use: Use) -> tuple[str, str]:
        """``tag.save()`` of an object of a model of ours, whoever gave its class the method."""
        head, _, name = use.chain.rpartition(".")
        target = self._project.resolve(place, head, use.line) if name in _RECORD and head else None
        if target is None or target.kind != "instance" or target.index < 0:
            return "", ""
        known = persistence.is_model(self._project, target.path, target.index)
        return ("write", f"{target.dotted}.{name}") if known else ("", "")

    def _given(self, place: Place, use: Use) -> str:
        """What a method of somebody unknown does that is handed a statement (``select(…)``) or a new record."""
        kind = _RUNNING.get(use.chain.rpartition(".")[2], "")
        if not kind or not any(self._made(place, one, kind) for one in self._uses(place)):
            return ""
        for call in calls(self._project.body(place)):
            if (call.func.line, call.func.column) == (use.line, use.column) and call.arguments:
                given = call.arguments[0].value
                if isinstance(given, Name) and kind == "read":
                    return kind  # the statement that is made here
                inner = (one for one in walk(given) if isinstance(one, Call))
                spelled = (Use(chain(one.func), "call", one.line, 0, 0, 0) for one in inner)
                return kind if any(self._made(place, one, kind) for one in spelled) else ""
        return ""

    def _made(self, place: Place, use: Use, kind: str) -> bool:
        """Whether a call makes a statement, or a record to ``write``."""
        if use.kind != "call":
            return False
        target = self._project.resolve(place, use.chain.partition("()")[0], use.line)
        if target is None or target.kind != "class":
            return kind == "read" and target is not None and target.dotted in _STATEMENTS
        return kind == "write" and persistence.is_model(self._project, target.path, target.index)

    def _through_model(self, place: Place, use: Use) -> tuple[str, str]:
        """``User.objects.filter`` on a model of ours, whatever its manager is."""
        head, _, rest = use.chain.partition(".objects.")
        if not rest:
            return "", ""
        target = self._project.resolve(place, head, use.line)
        if target is None or target.kind != "class":
            return "", ""
        if not persistence.is_model(self._project, target.path, target.index):
            return "", ""
        return persistence.operation(f"django.db.models.Model.objects.{rest}"), f"{target.dotted}.objects.{rest}"


def operation(project: Project, target: Target) -> str:
    """``read``, ``write``, ``transaction`` or ``""``: what calling a target does to a database directly."""
    if target.kind == "external":
        return persistence.operation(target.dotted)
    name = target.dotted.rpartition(".")[2]
    if target.kind == "function" and name in _RECORD:
        owner = project.outline(target.path).functions[target.index].owner
        if owner >= 0 and _is_record(project, target.path, owner):
            return "write"  # an active record whose ``save`` is extended, or brought by a mixin
    return ""


def _is_record(project: Project, path: str, owner: int) -> bool:
    """Whether a class is a model, or something that models alone are made with."""
    if persistence.is_model(project, path, owner):
        return True
    below = project.classes.below(path, owner)
    return bool(below) and all(persistence.is_model(project, one.path, one.index) for one in below)


def _documents(chain: str) -> str:
    return "read" if _CURSOR.search(chain) else _DOCUMENTS.get(chain.rpartition(".")[2], "")


def _by_name(chain: str) -> str:
    holder, _, name = chain.rpartition(".")
    if name in {"add", "merge"} and _SESSION.search(holder):
        return "write"
    while holder and not _PLAIN_HANDLE.search(holder):
        holder, _, name = holder.rpartition(".")
        name = name.removesuffix("()")
    return _TELLING.get(name, "") if holder else _documents(chain)
