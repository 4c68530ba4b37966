"""The part of BA202 about passwords that are stored: models, attributes, rows, documents, files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.checks._given_secrets import bound_passwords
from analyzer.checks._set_passwords import changed, looped, taken_by_keyword
from analyzer.checks._spread_passwords import copied, dumped_passwords, spread
from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Secret, Subscript
from analyzer.facts.literals import of_account
from analyzer.facts.statements import Assign
from analyzer.facts.visit import chain, walk
from analyzer.flow import sql
from analyzer.flow.arguments import argument
from analyzer.flow.callers import bound
from analyzer.flow.engine import Flow, Point
from analyzer.flow.environment import key
from analyzer.flow.executed import statement_of
from analyzer.flow.handed import handed_on
from analyzer.flow.hashing import protecting_call, protects
from analyzer.flow.named import method
from analyzer.flow.parts import Part
from analyzer.flow.passwords import as_it_is, clear_parts, clear_password, is_password_column, is_password_name, name_of
from analyzer.flow.questions import chain_end, uses_of, written
from analyzer.flow.stored import hashes_itself, persisted, setter_hashes
from analyzer.frameworks import persistence
from analyzer.model import Confidence
from analyzer.project.target import Place, Target

Told = tuple[AnyExpression, str, Confidence]
"""Where, what, how sure."""

_DOCUMENTS = frozenset(
    {"insert_one", "insert_many", "update_one", "update_many", "find_one", "replace_one", "find_one_and_update",
     "find_one_and_replace", "put_item", "insert", "save", "upsert", "set", "find", "update", "count_documents",
     "hset", "hmset"}
)  # fmt: skip
_DOCUMENTS_SURE = frozenset(
    {"insert_one", "insert_many", "update_one", "update_many", "find_one", "replace_one", "find_one_and_update",
     "find_one_and_replace", "put_item", "hset", "hmset"}
)  # fmt: skip
_DOCUMENT_LIBRARIES = (
    "pymongo",
    "motor",
    "beanie",
    "tinydb",
    "boto3",
    "google.cloud.firestore",
    "firebase_admin",
    "flask_pymongo",
)
_MANAGERS = frozenset(
    {"create", "acreate", "get_or_create", "update_or_create", "bulk_create", "update", "insert", "values"}
)
_QUERIES = frozenset(
    {"filter_by", "filter", "get", "exclude", "get_or_none", "aget", "first_or_404", "where", "find_by"}
)
_WRITING = frozenset({"write", "writelines", "write_text", "dump", "writerow", "writestr"})
SAVING = frozenset(
    {"save", "add", "commit", "flush", "asave", "add_all", "merge", "update", "bulk_save_objects", "put"}
)
STORING = _DOCUMENTS | _MANAGERS | _QUERIES | _WRITING | SAVING | {"execute", "executemany", "fetchrow", "fetch_one"}

_HASHED_THERE = re.compile(
    r"\b(?:crypt|gen_salt|encrypt|sha2?|md5|password|digest|pgp_sym_encrypt|hashbytes)\s*\(", re.IGNORECASE
)
"""Functions of databases that hash what is bound: ``crypt(%s, gen_salt('bf'))``."""
_FILES = ("builtins.open()", "io.open()", "codecs.open()", "aiofiles.open()", "csv.", "pathlib.Path()")
_SESSION = re.compile(
    r"^(?:flask|quart|sanic_session)\.session$|(?:^|\.)(?:request|req)(?:\(\))?\.session$|\.Request\(\)\.session$"
)
_PLACES = re.compile(r"\A\s*INSERT\s+(?:OR\s+\w+\s+)?INTO\s+\S+\s+VALUES\b", re.IGNORECASE)
"""A statement that fills a row in the order of its columns."""
_ROWS = re.compile(r"\b(?:INSERT|REPLACE|UPDATE|SELECT|DELETE|MERGE)\b", re.IGNORECASE)
_PASSWORD_COLUMN = re.compile(r"\b\w*(?:passw|passwd|pwd)\w*\b", re.IGNORECASE)


def kept(flow: Flow, place: Place) -> Iterator[Told]:
    """Passwords in the clear that a function stores or looks rows up by."""
    if _hashes_later(flow, place):
        return
    for point in flow.calls(place):
        call = point.expression
        assert isinstance(call, Call)
        if not call.arguments:
            continue
        yield from _constructed(flow, point, call)
        for node, secret, column in changed(flow, point, call):
            yield node, _stores(secret, column, chain_end(call)), Confidence.HIGH
        yield from _executed(flow, point, call)
        yield from _documented(flow, point, call)
    yield from _assigned(flow, place)
    for node, secret, column in looped(flow, place):
        yield node, f"{as_it_is(secret)} `setattr` gives `{column}` a password that nothing has hashed", Confidence.HIGH


def kept_already(flow: Flow, place: Place, text: str) -> bool:
    """``user.password`` of somebody whom the function treats as an account: it was hashed when it was set."""
    root = text.rpartition(".")[0]
    asked = {f"{root}.{one}" for one in _ACCOUNT}
    return bool(root) and any(use.chain in asked for use in uses_of(flow.project, place))


_ACCOUNT = ("set_password", "check_password", "set_unusable_password", "has_usable_password")
"""Methods of Django's accounts, whose attribute ``password`` is a hash."""


def _hashes_later(flow: Flow, place: Place) -> bool:
    """``user = User(…); user.set_password(password)``: what was stored first is replaced before it is saved."""
    for point in flow.calls(place):
        call = point.expression
        if isinstance(call, Call) and chain_end(call) in {"set_password", "hash_password", "encrypt_password"}:
            return protecting_call(flow, place, call) or not call.arguments
    return False


def _constructed(flow: Flow, point: Point, call: Call) -> Iterator[Told]:
    model = copied(flow, point, call)
    if model is not None and persisted(flow, model):
        yield from _spread_over(flow, point, call, model)
        return
    named = [one for one in call.arguments if one.keyword is not None and is_password_column(one.keyword)]
    if not named and not any(one.keyword is None for one in call.arguments):
        return
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    last = chain_end(call)
    if target is not None and target.kind == "class":
        if persisted(flow, target):
            yield from _given(flow, point, call, target, last)
            if any(one.star == 2 for one in call.arguments):
                yield from _spread_over(flow, point, call, target)
        return
    if target is not None and target.kind == "function":
        yield from _factory(flow, point, call, target)
        return
    manager = ".objects." in chain(call.func) or ".query." in chain(call.func) or ".objects" in written(call)
    for one in named:
        secret = clear_password(flow, Point(point.place, one.value, point.environment))
        if secret is None or kept_already(flow, point.place, secret.text):
            continue
        if target is not None and target.dotted.startswith("flask_security.") and last == "create_user":
            yield call, _stores(secret, one.keyword or "", last), Confidence.HIGH
        elif last in _QUERIES and (manager or last in {"filter_by", "get_or_none"}):
            yield call, f"A row is looked up by the password itself, `{one.keyword}={secret.text}`", Confidence.HIGH
        elif last in _MANAGERS and (manager or last in {"get_or_create", "update_or_create", "values"}):
            if _model_hashes(flow, point.place, call, one.keyword or ""):
                continue
            yield call, _stores(secret, one.keyword or "", last), Confidence.HIGH
        elif last[:1].isupper() and _foreign_model(target) and _saves(flow, point.place):
            yield call, _stores(secret, one.keyword or "", last), Confidence.MEDIUM


def _model_hashes(flow: Flow, place: Place, call: Call, column: str) -> bool:
    """Whether the model of ``User.objects.create(…)`` hashes what it gets; ``update`` passes its ``save`` by."""
    head = next((node for node in walk(call.func) if isinstance(node, Attribute) and node.attr == "objects"), None)
    model = flow.project.resolve_expression(place, head.value) if head is not None and chain(head.value) else None
    made = chain_end(call) in {"create", "acreate", "get_or_create", "update_or_create"}
    return made and model is not None and persisted(flow, model) and hashes_itself(flow, model, column)


def _given(flow: Flow, point: Point, call: Call, target: Target, shown: str) -> Iterator[Told]:
    """``User(password=…)`` of a persisted class, by keyword or through its own constructor."""
    constructor = flow.project.namespace(target.path).methods.get(target.index, {}).get("__init__")
    for one in call.arguments:
        keyword = one.keyword or ""
        if not one.star and not keyword and constructor is not None:
            function = flow.project.outline(target.path).functions[constructor]
            found = bound(function, call, True) or {}
            keyword = next((name for name, given in found.items() if given is one), "")
        if not is_password_column(keyword) or one.star:
            continue
        at = Point(point.place, one.value, point.environment)
        secret = clear_password(flow, at)
        sure = Confidence.HIGH if secret is not None else Confidence.MEDIUM
        secret = secret or handed_on(flow, at)
        if secret is not None and not hashes_itself(flow, target, keyword):
            yield _line_of(call, one.value), _stores(secret, keyword, shown), sure


def _spread_over(flow: Flow, point: Point, call: Call, model: Target) -> Iterator[Told]:
    """Every field of what a client sent, the password among them, into a row."""
    shown = model.dotted.rpartition(".")[2]
    for node, secret, column in spread(flow, point, call, model):
        if not hashes_itself(flow, model, column):
            yield _line_of(call, node), _stores(secret, column, shown), Confidence.HIGH


def _line_of(call: Call, value: AnyExpression) -> AnyExpression:
    """What is shown: the call, or in one that fills several lines the argument."""
    return call if value.line == call.line else value


def _factory(flow: Flow, point: Point, call: Call, target: Target) -> Iterator[Told]:
    """``User.create(password=…)``: a method of a persisted class that makes one without hashing."""
    for node, part, column in taken_by_keyword(flow, point, call, target):
        yield _line_of(call, node), _stores(part, column, written(call)), Confidence.HIGH
    function = flow.project.outline(target.path).functions[target.index]
    if function.owner < 0 or not persisted(flow, flow.project.class_target(target.path, function.owner)):
        return
    place = Place(target.path, target.index)
    if protects(flow, place) or not _makes_one(flow, place):
        return
    owner = flow.project.class_target(target.path, function.owner)
    arguments = bound(function, call, method(target, function, chain(call.func))) or {}
    given = {**arguments, **{one.keyword: one for one in call.arguments if one.keyword is not None}}
    for name, one in given.items():
        if is_password_column(name):
            secret = clear_password(flow, Point(point.place, one.value, point.environment))
            if secret is not None and not hashes_itself(flow, owner, name):
                yield _line_of(call, one.value), _stores(secret, name, written(call)), Confidence.HIGH


def _makes_one(flow: Flow, place: Place) -> bool:
    for point in flow.calls(place):
        call = point.expression
        target = flow.project.resolve_expression(place, call.func) if isinstance(call, Call) else None
        if target is not None and target.kind == "class" and persisted(flow, target):
            return True
    return False


def _foreign_model(target: Target | None) -> bool:
    """A class we cannot see: imported from a module of models that is not here, or from nowhere we know."""
    return target is None or (target.kind == "external" and "models" in target.dotted.split("."))


def _saves(flow: Flow, place: Place) -> bool:
    function = flow.project.function(place)
    uses = function.uses if function else []
    return any(use.kind == "call" and use.chain.rpartition(".")[2] in SAVING and "." in use.chain for use in uses)


def _stores(secret: Part, keyword: str, shown: str) -> str:
    return f"{as_it_is(secret)} `{shown}({keyword}=…)` gets a password that nothing has hashed"


def _assigned(flow: Flow, place: Place) -> Iterator[Told]:
    """``user.password = …`` on an object that is kept."""
    for statement in walk(flow.project.body(place)):
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        for target in statement.targets:
            if isinstance(target, Subscript):
                yield from _remembered(flow, place, target.value, target, statement.value)
            if not isinstance(target, Attribute) or not is_password_column(target.attr):
                continue
            state = flow.state_at(place, statement.value)
            if state is None:
                continue
            secret = clear_password(flow, Point(place, statement.value, state))
            sure = Confidence.HIGH if secret is not None else Confidence.MEDIUM
            secret = secret or handed_on(flow, Point(place, statement.value, state))
            if secret is not None and _is_kept(flow, place, target):
                told = f"{as_it_is(secret)} `{chain(target)}` gets a password that nothing has hashed"
                yield target, told, sure


def _remembered(
    flow: Flow, place: Place, holder: AnyExpression, node: AnyExpression, value: AnyExpression
) -> Iterator[Told]:
    """``USERS[name] = {"password": password}``: a variable of the module is a store as well."""
    state = flow.state_at(place, value)
    target = flow.project.resolve_expression(place, holder)
    if state is not None and _SESSION.search(target.dotted if target is not None else chain(holder)):
        secret = clear_password(flow, Point(place, value, state)) if is_password_column(name_of(node)) else None
        if secret is not None:
            yield node, f"{as_it_is(secret)} the session keeps a password that nothing has hashed", Confidence.HIGH
        return
    if state is None or target is None or target.kind != "variable":
        return
    field = _sent_whole(flow, place, value)
    if field:
        yield node, f"Nothing has hashed the field `{field}` of what is kept here as it was sent", Confidence.MEDIUM
        return
    for name, secret in _entries(flow, Point(place, value, state), 2):
        yield node, f"{as_it_is(secret)} nothing has hashed what is kept under `{name}`", Confidence.MEDIUM
        return


def _sent_whole(flow: Flow, place: Place, value: AnyExpression) -> str:
    """The password among the fields of an object that a handler keeps as it was sent: ``USERS.append(account)``."""
    function = flow.project.function(place)
    given = (
        function is not None and isinstance(value, Name) and any(one.name == value.id for one in function.parameters)
    )
    target = flow.project.resolve_expression(place, value) if given and place in flow.handlers else None
    if (
        target is None
        or target.kind != "instance"
        or not persistence.is_schema(flow.project, target.path, target.index)
    ):
        return ""
    fields = (name for name, _, _ in flow.project.classes.fields(target.path, target.index))
    touched = {f"{value.id}.{name}" for name in ("password", "hashed_password")} if isinstance(value, Name) else set()
    if function is None or any(use.kind == "write" and use.chain in touched for use in function.uses):
        return ""
    return next((name for name in fields if is_password_column(name) and "hash" not in name), "")


def _is_kept(flow: Flow, place: Place, target: Attribute) -> bool:
    owner = flow.project.resolve_expression(place, target.value)
    if owner is not None and owner.kind in {"class", "instance"}:
        return persisted(flow, owner) and not hashes_itself(flow, owner, target.attr)
    if owner is not None and owner.kind == "external" and not _foreign_model(owner):
        if persistence.operation(owner.dotted.removesuffix("()")) == "" and "odel" not in owner.dotted:
            return False
    elif key(target.value) in {"self", "cls", ""} or not _saves(flow, place):
        return False
    # Whose attribute it is cannot be told; if the project has a class that hashes it on assignment, it is that one.
    return not setter_hashes(flow, place, target.attr)


def _executed(flow: Flow, point: Point, call: Call) -> Iterator[Told]:
    """A statement on a password column that gets the password bound or written in."""
    found = statement_of(flow, point.place, call)
    if found is None:
        return
    text = flow.value(Point(point.place, found.text, point.environment))
    rows = [sql.rendered(row) for row in text.rows if sql.is_statement(row)]
    if not any(map(_on_passwords, rows)):
        return
    for one in (found.text, *found.given):
        secret = clear_password(flow, Point(point.place, one, point.environment))
        if secret is not None:
            told = f"The statement keeps or looks up `{secret.text}`, which nothing has hashed"
            yield _written_into(flow, point, found.text) if one is found.text else call, told, Confidence.HIGH
            return
    yield from _seeded(flow, point, call)


def _seeded(flow: Flow, point: Point, call: Call) -> Iterator[Told]:
    """``executemany("INSERT INTO users (name, password) VALUES (?, ?)", USERS)`` with passwords that somebody wrote."""
    for value, column, _ in bound_passwords(flow, point, call):
        one = value.expression
        text = one.value if isinstance(one, Constant) else None
        plain = isinstance(text, str) and (found := of_account(text)) is not None and found.strength == "plain"
        if plain or (isinstance(one, Secret) and one.strength == "plain"):
            yield call, f"The literals that the statement puts into `{column}` are no hashes", Confidence.MEDIUM
            return


def _on_passwords(statement: str) -> bool:
    """Whether a statement speaks of a password column, or names no columns, and the database hashes nothing."""
    named = _ROWS.search(statement) and _PASSWORD_COLUMN.search(statement)
    return bool(named or _PLACES.match(statement)) and not _HASHED_THERE.search(statement)


def _written_into(flow: Flow, point: Point, text: AnyExpression) -> AnyExpression:
    """Where a statement is put together in the function that runs it."""
    origins = flow.origins(Point(point.place, text, point.environment))
    return next((one.expression for one in origins if one.place == point.place), text)


def _documented(flow: Flow, point: Point, call: Call) -> Iterator[Told]:
    """A document or a file that holds the password under its name."""
    last = chain_end(call)
    if last == "set_cookie":
        yield from _baked(flow, point, call)
        return
    if last in {"append", "setdefault"} and isinstance(call.func, Attribute):
        target = flow.project.resolve_expression(point.place, call.func.value)
        if target is None or target.kind != "variable":
            return
    elif last in _WRITING:
        line = _line_of_a_file(flow, point, call)
        if line is not None:
            yield call, f"{as_it_is(line)} nothing has hashed what is written to the file", Confidence.MEDIUM
            return
    elif last not in _DOCUMENTS or isinstance(call.func, Name):
        return
    elif last not in _DOCUMENTS_SURE:
        target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
        if target is None or target.ours or not target.dotted.startswith(_DOCUMENT_LIBRARIES):
            return
    for one in call.arguments:
        field = _sent_whole(flow, point.place, one.value) if last in {"append", "setdefault"} else ""
        if field:
            yield call, f"Nothing has hashed the field `{field}` of what is kept here as it was sent", Confidence.MEDIUM
            return
        for name, secret in _entries(flow, Point(point.place, one.value, point.environment), 3):
            yield call, f"{as_it_is(secret)} nothing has hashed what is kept under `{name}`", Confidence.HIGH
            return


def _baked(flow: Flow, point: Point, call: Call) -> Iterator[Told]:
    """``response.set_cookie("password", password)``: kept in the browser, and sent with every request."""
    name, value = argument(call, 0, "key", "name"), argument(call, 1, "value")
    if value is None or not isinstance(name, Constant) or not is_password_name(str(name.value)):
        return
    secret = clear_password(flow, Point(point.place, value, point.environment))
    if secret is not None:
        yield call, f"{as_it_is(secret)} nothing has hashed what is kept in the cookie `{name.value}`", Confidence.HIGH


def _line_of_a_file(flow: Flow, point: Point, call: Call) -> Part | None:
    """``file.write(f"{name}:{password}")`` with a password that a client sent, into an opened file or a table."""
    target = flow.project.resolve_expression(point.place, call.func) if chain(call.func) else None
    if target is None or target.ours or not target.dotted.startswith(_FILES) or not call.arguments:
        return None
    value = flow.value(Point(point.place, call.arguments[0].value, point.environment))
    return next((part for part in clear_parts(value) if part.kind == "request"), None)


def _entries(flow: Flow, point: Point, depth: int) -> Iterator[tuple[str, Part]]:
    for origin in flow.origins(point):
        expression = origin.expression
        if isinstance(expression, Call) and not _filled_in(flow, point):
            yield from dumped_passwords(flow, Point(origin.place, expression, origin.environment))
        if isinstance(expression, Call) and chain_end(expression) in {"dumps", "dict"} and depth:
            for one in expression.arguments:
                inner = Point(origin.place, one.value, origin.environment)
                secret = clear_password(flow, inner) if one.keyword and is_password_name(one.keyword) else None
                if secret is not None and one.keyword:
                    yield one.keyword, secret
                yield from _entries(flow, inner, depth - 1)
        if not isinstance(expression, Mapping):
            continue
        named = any(isinstance(one, Constant) and is_password_column(str(one.value)) for one in expression.keys)
        for name, value in zip(expression.keys, expression.values, strict=True):
            inner = Point(origin.place, value, origin.environment)
            if (isinstance(value, Mapping) and depth) or (name is None and depth and not named):
                yield from _entries(flow, inner, depth - 1)
            elif isinstance(name, Constant) and isinstance(name.value, str) and is_password_column(name.value):
                secret = clear_password(flow, inner)
                if secret is not None:
                    yield name.value, secret


def _filled_in(flow: Flow, point: Point) -> bool:
    """Whether a mapping got a password of its own, or lost the one it had, before it is kept."""
    held = point.expression
    if not isinstance(held, Name):
        return False
    written_ = f"{held.id}["
    put = any(name.startswith(written_) and is_password_column(name) for name in point.environment)
    uses = uses_of(flow.project, point.place)
    return put or any(use.chain in {f"{held.id}.pop", f"{held.id}.update"} or use.kind == "delete" for use in uses)


def _keeps_none(flow: Flow, owner: Target, name: str) -> bool:
    return not persisted(flow, owner) or hashes_itself(flow, owner, name)


def harmless(flow: Flow, place: Place, first: int, last: int) -> bool:
    """Whether what stands on some lines is known to keep no password: the object is of a class of the project that is
    not stored, or the value went through a hash."""
    known_to_be = False
    for statement in walk(flow.project.body(place)):
        if not isinstance(statement, Assign) or not first <= statement.line <= last or statement.value is None:
            continue
        state = flow.state_at(place, statement.value)
        for target in statement.targets:
            if isinstance(target, Attribute) and is_password_column(target.attr) and state is not None:
                owner = flow.project.resolve_expression(place, target.value)
                ours = owner is not None and owner.kind in {"class", "instance"}
                ours = ours and owner is not None and _keeps_none(flow, owner, target.attr)
                ours = ours or (owner is None and setter_hashes(flow, place, target.attr))
                hashed = not clear_parts(flow.value(Point(place, statement.value, state)))
                if not (ours or hashed):
                    return False
                known_to_be = True
    for point in flow.calls(place):
        call = point.expression
        if not isinstance(call, Call) or not first <= call.line <= last:
            continue
        named = [one for one in call.arguments if one.keyword is not None and is_password_column(one.keyword)]
        target_ = flow.project.resolve_expression(place, call.func) if named and chain(call.func) else None
        for one in named:
            ours = target_ is not None and target_.kind == "class" and not persisted(flow, target_)
            if not ours and clear_parts(flow.value(Point(place, one.value, point.environment))):
                return False
            known_to_be = True
    return known_to_be
