"""Databases as frameworks see them: what a session, a manager or a model is, and what an operation on one does.

Everything is asked of canonical dotted names (:class:`~analyzer.project.target.Target`), never of spelling.
"""

from __future__ import annotations

import re

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name
from analyzer.facts.statements import Assign
from analyzer.project.project import Project

_HANDLES = re.compile(
    r"""^(?:
      sqlalchemy\.(?:[\w.]+\.)?(?:Session|AsyncSession|Connection|AsyncConnection|Engine|AsyncEngine)\(\)
    | sqlalchemy\.(?:[\w.]+\.)?(?:scoped_session|async_scoped_session)\(\)(?:\(\))?
    | sqlalchemy\.(?:[\w.]+\.)?(?:sessionmaker|async_sessionmaker)\(\)(?:\(\)|\.begin\(\))
    | sqlalchemy\.(?:[\w.]+\.)?(?:create_engine|create_async_engine)\(\)(?:\.(?:connect|begin)\(\))?
    | sqlmodel\.(?:[\w.]+\.)?(?:Session|AsyncSession)\(\)
    | flask_sqlalchemy\.(?:[\w.]+\.)?SQLAlchemy\(\)\.session(?:\(\))?
    | fastapi_(?:async_)?sqlalchemy\.(?:[\w.]+\.)?db(?:\(\))?\.session
    | (?:sqlite3|aiosqlite|psycopg2?|psycopg2\.pool|pymysql|MySQLdb|mysql\.connector|oracledb|cx_Oracle|pyodbc
        |duckdb|asyncpg|aiomysql|aiopg)
      \.(?:connect|create_pool|(?:connection\.)?Connection|AsyncConnection\.connect|Connection\.connect|Cursor|pool\.\w+
        |extensions\.(?:connection|cursor)|acquire)\(\)
      (?:\.(?:cursor|acquire|connection|getconn)\(\))*
    | django\.db\.(?:connection|connections\[\])(?:\.cursor\(\))?
    | pymongo\.(?:[\w.]+\.)?(?:Async)?(?:MongoClient|Database|Collection)(?:\[\])?\(\)(?:\.\w+|\[\])*
    | motor\.[\w.]*AsyncIOMotor(?:Client|Database|Collection)(?:\[\])?\(\)(?:\.\w+|\[\])*
    | flask_pymongo\.(?:[\w.]+\.)?PyMongo\(\)(?:\.\w+|\[\])*
    | databases\.Database\(\)
    )$""",
    re.VERBOSE,
)

_MANAGED = re.compile(
    r"django\.(?:db\.models\.(?:[\w.]+\.)?(?:Manager|QuerySet|BaseManager)"
    r"|contrib\.auth\.(?:models|base_user)\.(?:BaseUserManager|UserManager))(?:\.\w+\(\))?\(\)\.(.+)$"
)
"""An operation on a hand-made manager or query set."""

_READ = {
    "query", "get", "get_one", "scalar", "scalars", "execute", "exec", "stream", "stream_scalars", "refresh",
    "fetch", "fetchrow", "fetchval", "fetchone", "fetchall", "fetchmany", "fetch_one", "fetch_all", "fetch_val",
    "find", "find_one", "aggregate", "count_documents", "distinct", "iterate", "exec_driver_sql",
}  # fmt: skip
_WRITE = {
    "add", "add_all", "delete", "merge", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings",
    "executemany", "executescript", "insert_one", "insert_many", "update_one", "update_many", "replace_one",
    "delete_one", "delete_many", "find_one_and_update", "find_one_and_delete", "find_one_and_replace", "bulk_write",
    "execute_many", "copy_records_to_table",
}  # fmt: skip
_TRANSACTION = {"commit", "rollback", "begin", "begin_nested", "flush", "transaction", "atomic"}

_MANAGER_READ = {
    "all", "filter", "exclude", "get", "first", "last", "values", "values_list", "count", "exists", "aggregate",
    "annotate", "order_by", "select_related", "prefetch_related", "raw", "in_bulk", "only", "defer", "latest",
    "earliest", "none", "distinct", "aget", "afirst", "acount", "aexists", "using", "iterator", "select_for_update",
    "get_or_404", "first_or_404", "one_or_404",
}  # fmt: skip
_MANAGER_WRITE = {
    "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "update", "delete", "acreate",
    "save", "asave", "aget_or_create", "aupdate_or_create", "abulk_create", "aupdate", "adelete",
    "create_user", "create_superuser",
}  # fmt: skip

_LOOKED_UP = re.compile(r"django\.shortcuts\.a?get_object_or_404\(\)\.a?(?:save|delete)$")
"""Changing the record that a short-cut of Django found."""
_SHORTCUTS = {
    "django.shortcuts.get_object_or_404", "django.shortcuts.get_list_or_404", "django.shortcuts.aget_object_or_404",
}  # fmt: skip
_INSTANCE = re.compile(
    r"(?:django\.db\.models|django\.contrib\.auth\.models|tortoise|peewee|mongoengine|beanie|odmantic|ormar|piccolo)"
    r"\.[\w.]+\(\)\.(save|asave|delete|adelete|insert|replace|update|refresh_from_db|save_base|delete_instance)$"
)
"""An operation of an active record: ``order.save()``."""

_CLASS_WIDE = re.compile(
    r"^(?:tortoise(?:\.models)?\.Model|peewee\.Model|beanie(?:\.\w+)*\.Document|edgy\.Model|gino\.Gino\(\)\.Model"
    r"|piccolo\.table\.Table)\.(?=[a-z])(.+)$"
)
"""An operation that a model's class has itself: ``User.create`` of Tortoise and Peewee, ``User.find_all`` of Beanie."""
_CLASS_READ = {
    "find", "find_one", "find_all", "find_many", "get_or_none", "get_by_id", "select", "to_list", "fetch_all",
}  # fmt: skip
_CLASS_WRITE = {
    "insert", "insert_one", "insert_many", "insert_all", "replace_many", "update_all", "delete_all", "delete_by_id",
    "set_by_id", "delete_instance", "upsert", "set",
}  # fmt: skip

_MODEL_BASES = {
    "django.db.models.Model", "django.contrib.auth.models.AbstractUser", "django.contrib.auth.models.AbstractBaseUser",
    "django.contrib.gis.db.models.Model", "sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta",
    "sqlalchemy.orm.declarative_base()", "sqlalchemy.ext.declarative.declarative_base()",
    "sqlalchemy.orm.decl_api.DeclarativeBase", "flask_sqlalchemy.SQLAlchemy().Model", "tortoise.models.Model",
    "tortoise.Model", "peewee.Model", "mongoengine.Document", "mongoengine.EmbeddedDocument",
    "mongoengine.DynamicDocument", "flask_mongoengine.MongoEngine().Document", "beanie.Document", "odmantic.Model",
    "pony.orm.Database().Entity", "ormar.Model", "flask_appbuilder.Model", "flask_appbuilder.models.sqla.Model",
    "advanced_alchemy.base.UUIDBase", "advanced_alchemy.base.UUIDAuditBase", "advanced_alchemy.base.BigIntAuditBase",
    "advanced_alchemy.base.BigIntBase", "advanced_alchemy.base.UUIDv7AuditBase", "advanced_alchemy.base.UUIDv7Base",
    "gino.Gino().Model", "piccolo.table.Table", "edgy.Model", "django.contrib.auth.models.User",
    "cassandra.cqlengine.models.Model", "neomodel.StructuredNode", "pynamodb.models.Model",
}  # fmt: skip
_SCHEMA_BASES = {
    "pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel", "pydantic.RootModel",
    "pydantic.generics.GenericModel",
    "marshmallow.Schema", "flask_marshmallow.Marshmallow().Schema",
    "flask_marshmallow.Marshmallow().SQLAlchemyAutoSchema",
    "marshmallow_sqlalchemy.SQLAlchemyAutoSchema", "rest_framework.serializers.Serializer",
    "rest_framework.serializers.ModelSerializer", "rest_framework.serializers.BaseSerializer",
    "rest_framework.serializers.HyperlinkedModelSerializer", "rest_framework.serializers.ListSerializer",
    "msgspec.Struct", "ninja.Schema", "ninja.ModelSchema", "ninja.FilterSchema", "ninja.schema.Schema",
    "ninja.orm.ModelSchema", "ninja_schema.Schema", "ninja_schema.ModelSchema", "typing.TypedDict",
    "typing_extensions.TypedDict",
    "wtforms.Form", "flask_wtf.FlaskForm", "django.forms.Form", "django.forms.ModelForm",
}  # fmt: skip


def is_handle(dotted: str) -> bool:
    """Whether a name is a session, connection, cursor, pool, database or collection object."""
    return _HANDLES.match(dotted) is not None


def operation(dotted: str) -> str:
    """What calling a name does to a database: ``read``, ``write``, ``transaction``, or ``""`` for nothing.

    ``dotted`` is the canonical name of the callee, without the call's own ``()``. Django and SQLAlchemy managers on
    models (``….objects.filter``, ``….query.filter_by``) count; ``execute`` counts as a read unless its text says more.
    """
    holder, _, name = dotted.rpartition(".")
    if not holder:
        return ""
    manager = _manager_operation(dotted)
    if manager:
        return manager
    while holder and not is_handle(holder):
        # ``session.query(X).filter(Y).first``: the first operation on the handle is the one that counts.
        holder, _, name = holder.rpartition(".")
        name = name.removesuffix("()")
        if not holder:
            return ""
    if dotted.startswith("django.db.transaction."):
        return "transaction"
    return _kind(name)


def _kind(name: str) -> str:
    if name in _WRITE:
        return "write"
    if name in _TRANSACTION:
        return "transaction"
    return "read" if name in _READ else ""


def _manager_operation(dotted: str) -> str:
    if dotted in {"django.db.transaction.atomic", "django.db.transaction.on_commit"}:
        return "transaction"
    if dotted in _SHORTCUTS:
        return "read"
    if _LOOKED_UP.match(dotted):
        return "write"
    own = _INSTANCE.match(dotted)
    if own is not None:
        return "read" if own[1] == "refresh_from_db" else "write"
    wide = _CLASS_WIDE.match(dotted)
    if wide is not None:
        steps = {part.removesuffix("()") for part in wide[1].split(".")}
        if steps & (_CLASS_WRITE | _MANAGER_WRITE):
            return "write"
        return "read" if steps & (_CLASS_READ | _MANAGER_READ) else ""
    match = _MANAGED.match(dotted)
    if match is not None:
        called = match[1]
    else:
        match = re.search(r"\.(?:objects|query|_default_manager|all_objects)\.(.+)$", dotted)
        if match is None or not _has_manager(dotted[: match.start()]):
            return ""
        called = match[1]
    names = [part.removesuffix("()") for part in called.split(".")]
    if any(name in _MANAGER_WRITE for name in names):
        return "write"
    return "read" if any(name in _MANAGER_READ or name in {"filter_by", "one", "paginate"} for name in names) else ""


def _has_manager(holder: str) -> bool:
    base = holder.removesuffix("()")
    return base in _MODEL_BASES or base.endswith((".Model", ".Document", "get_user_model()"))


def is_model(project: Project, path: str, index: int) -> bool:
    """Whether a class is persisted: a table or document of a known mapper."""
    if project.classes.descends(path, index, _MODEL_BASES):
        return True
    for target in project.classes.order(path, index):
        if target.kind == "external" and target.dotted in {"sqlmodel.SQLModel", "sqlmodel.main.SQLModel"}:
            return any(
                keyword == "table" and isinstance(value, Constant) and value.value is True
                for keyword, value in project.outline(path).classes[index].keywords
            )
    return _has_table(project, path, index)


def _has_table(project: Project, path: str, index: int) -> bool:
    """A ``__tablename__`` or ``__table__`` of its own marks a mapped class whatever its bases are called."""
    for statement in project.outline(path).classes[index].body:
        if isinstance(statement, Assign):
            for target in statement.targets:
                if isinstance(target, Name) and target.id in {"__tablename__", "__table__"}:
                    return True
    return False


def is_schema(project: Project, path: str, index: int) -> bool:
    """Whether a class describes data at the boundary: pydantic, marshmallow, serializers, forms, typed dicts."""
    if is_model(project, path, index):
        return False
    names = set(project.classes.externals(path, index))
    return bool(names & _SCHEMA_BASES) or bool(names & {"sqlmodel.SQLModel", "sqlmodel.main.SQLModel"})


def keeps_extra(project: Project, path: str, index: int) -> bool:
    """Whether a pydantic model keeps fields that it does not declare: ``extra="allow"``, however that is said."""
    return "allow" in _said_of_extra(project, path, index)


def refuses_extra(project: Project, path: str, index: int) -> bool:
    """Whether a schema refuses fields that it does not declare: ``extra="forbid"`` of pydantic, what marshmallow does
    from version 3 on where it is not told otherwise, and a structure of msgspec with ``forbid_unknown_fields``."""
    if "forbid" in _said_of_extra(project, path, index):
        return True
    if not any(_OF_MARSHMALLOW.match(one) for one in project.classes.externals(path, index)):
        return False
    for item in project.classes.order(path, index):
        inner = project.namespace(item.path).inner_classes.get(item.index, {}) if item.kind == "class" else {}
        said = project.classes.variable(item.path, inner["Meta"], "unknown") if "Meta" in inner else None
        if said is not None:
            return _last(said[1]) == "RAISE"
    return True


_OF_MARSHMALLOW = re.compile(r"(?:flask_)?marshmallow(?:_\w+)?\..*Schema$")


def _said_of_extra(project: Project, path: str, index: int) -> set[str]:
    """What a model, or the nearest of its bases that speaks of it, does with undeclared fields."""
    for item in project.classes.order(path, index):
        if item.kind != "class" or item.index < 0:
            continue
        own = project.outline(item.path).classes[item.index]
        said = [value for name, value in own.keywords if name == "extra"]
        if any(name == "forbid_unknown_fields" and _is_true(value) for name, value in own.keywords):
            return {"forbid"}
        configured = project.classes.variable(item.path, item.index, "model_config")
        if configured is not None and isinstance(configured[1], Call):
            said += [one.value for one in configured[1].arguments if one.keyword == "extra"]
        elif configured is not None and isinstance(configured[1], Mapping):
            pairs = zip(configured[1].keys, configured[1].values, strict=True)
            said += [value for key, value in pairs if isinstance(key, Constant) and key.value == "extra"]
        inner = project.namespace(item.path).inner_classes.get(item.index, {}).get("Config")
        if inner is not None:
            variable = project.classes.variable(item.path, inner, "extra")
            said += [variable[1]] if variable is not None else []
        if said:
            return {_last(one) for one in said}
    return set()


def _is_true(value: AnyExpression) -> bool:
    return isinstance(value, Constant) and value.value is True


def _last(value: AnyExpression) -> str:
    """``forbid`` of ``"forbid"`` and ``Extra.forbid``."""
    if isinstance(value, Constant):
        return str(value.value)
    return value.attr if isinstance(value, Attribute) else value.id if isinstance(value, Name) else ""
