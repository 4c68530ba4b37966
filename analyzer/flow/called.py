"""What calls give: casts, text methods, look-ups of configuration, and functions of the project followed inside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.facts.expressions import (
    AnyExpression,
    Argument,
    Attribute,
    Await,
    Call,
    Constant,
    Lambda,
    Mapping,
    Name,
)
from analyzer.facts.visit import chain
from analyzer.flow import dumped, forms, named, paths, sources
from analyzer.flow.environment import Definition, Environment, key
from analyzer.flow.followed import by_value, followed, may_follow, returned
from analyzer.flow.formats import braces, dollars, filled
from analyzer.flow.parts import Part, Row, Value, concat, harmless, single, union
from analyzer.flow.patterns import admits_anything
from analyzer.flow.pieces import exact, grown, pieces
from analyzer.frameworks.started import started
from analyzer.knowledge import known
from analyzer.project.target import Target

if TYPE_CHECKING:
    from analyzer.flow.values import Evaluation

_KEPT = frozenset(
    {
        "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "encode", "decode", "ljust",
        "rjust", "zfill", "center", "expandtabs", "swapcase", "removeprefix", "removesuffix", "get_secret_value",
        "translate", "as_posix", "__str__", "split", "rsplit", "splitlines", "partition", "rpartition", "copy",
    }
)  # fmt: skip
"""Methods of text that give back what they were given, in another shape."""

_TRANSPARENT = frozenset({"str", "repr", "cast", "dedent", "cleandoc", "text", "TextClause", "SQL", "bytes", "SafeText",
    "mark_safe", "force_str", "smart_str", "unescape", "unquote", "unquote_plus", "url2pathname", "list", "tuple",
    "set", "sorted", "reversed", "fspath", "dict", "frozenset", "iter", "next", "deepcopy", "min", "max"})  # fmt: skip
"""Functions whose result is made of their argument."""

_NUMBERS = frozenset(
    {
        "int", "float", "bool", "len", "hash", "id", "round", "abs", "sum", "ord", "complex", "Decimal", "UUID",
        "uuid1",
        "uuid3", "uuid4", "uuid5", "uuid7", "hexdigest", "token_hex", "isoformat", "timestamp", "time", "now", "utcnow",
        "today", "date", "datetime", "timedelta", "strptime", "fromisoformat", "fromtimestamp", "count", "index",
        "randint", "randrange", "ObjectId", "total_seconds", "perf_counter", "monotonic", "ip_address", "ip_network",
        "range", "b64encode", "urlsafe_b64encode", "b32encode", "b16encode", "hexlify", "toordinal", "year", "month",
        "day", "crc32", "token_urlsafe", "from_param", "bit_length",
    }
)  # fmt: skip
"""Calls whose result holds no quote, space or keyword, whatever goes in."""

_PICKING = frozenset({"get", "pop", "setdefault", "getlist", "getall", "getone", "get_all", "getfirst", "getvalue"})
"""Methods of mappings, forms and multi-dictionaries that give what is kept under a name."""

_READING = frozenset({"read", "readline", "readlines", "getvalue"})
"""Methods of a file that give what is in it: an upload's content is as much the client's as its name."""

_GROUPS = frozenset({"group", "groups", "groupdict"})
"""Methods of a match of a regular expression."""

_REVEALING = frozenset({"get_secret_value"})
"""Methods of secret types that give the value inside."""

_THREADS = frozenset(
    {"to_thread", "run_in_executor", "run_in_threadpool", "run_sync", "sync_to_async()", "database_sync_to_async()"}
)
"""Calls that run their argument elsewhere and give what it gives."""

_JOINING = frozenset({"os.path.join", "posixpath.join", "os.path.normpath", "os.path.abspath", "os.path.expanduser",
    "os.path.realpath", "os.path.splitext", "os.path.dirname", *paths.CLASSES})  # fmt: skip
"""Functions on paths that keep every part of them (``basename`` does not)."""

_OPENING = frozenset({"builtins.open", "open", "io.open", "codecs.open", "aiofiles.open", "anyio.open_file",
    "gzip.open", "bz2.open", "lzma.open", "os.fdopen"})  # fmt: skip
"""What opens a file: a client that chose its path has not written what is in it."""

_STORAGES = ("django.core.files.storage.",)
"""Where Django keeps files: ``default_storage.save(name, content)`` gives back the name, made unique."""

_QUOTING = re.compile(
    r"(?<!un)(?:quote|escape)|^(?:Identifier|Literal|Placeholder|mogrify|sqlescape|ident|bindparam|literal)$"
)
"""Names of functions and methods that make text safe to stand in a statement (``connection.ops.quote_name``,
``psycopg.sql.Identifier``, ``pymysql.converters.escape_string``)."""

_COMPOSED = frozenset({"sqlalchemy.column", "sqlalchemy.table", "sqlalchemy.sql.column", "sqlalchemy.sql.table",
    "sqlalchemy.sql.expression.column", "sqlalchemy.sql.expression.table", "sqlalchemy.bindparam"})  # fmt: skip
"""Objects that quote themselves when they are written out."""

_ENVIRONMENT = re.compile(
    r"(?:^|\.)(?:getenv|environ\.get|environ\.setdefault|get_env_value|get_env|env|config)$|^os\.environ|^decouple\."
    r"|^environ\."
    r"|^django\.conf\.settings|settings(?:\(\))?\.get$|config(?:\(\))?\.get$"
)


def value(run: Evaluation, call: Call, state: Environment) -> Value:
    """What a call gives."""
    from analyzer.flow.values import spelled

    name = chain(call.func)
    last = call.func.attr if isinstance(call.func, Attribute) else name.rsplit(".", 1)[-1]
    full = key(call.func) or name
    if sources.request_data(run.flow.project, run.place, full, state):
        return single(_cast(call) or "request", _picked(call) or spelled(call), call.line)
    positional = [argument.value for argument in call.arguments if argument.keyword is None and not argument.star]
    if isinstance(call.func, Attribute) and last in _REVEALING and not call.arguments:
        return run.value(call.func.value, state)
    if isinstance(call.func, Attribute) and last == "get" and positional:
        brought = forms.brought(run, call.func.value, positional[0], state)
        if brought:
            return single(brought, _picked(call), call.line)
    if isinstance(call.func, Attribute):
        found = _method(run, call, call.func, last, positional, state)
        if found is not None:
            return found
        if last in sources.asked_methods() and _given_by_client(run, call.func.value, state):
            return single("request", spelled(call), call.line)
    target = run.flow.project.resolve_expression(run.place, call.func) if name else None
    if target is not None and target.ours:
        found = followed(run, call, target, state)
        if found is not None:
            return found
        if sources.enumeration(run.flow.project, target):
            return single("enum", spelled(call), call.line)
        sent = _filled(run, call, state)
        if sent is not None:
            return sent
        if not _QUOTING.search(last) and last not in _TRANSPARENT:
            return single("call", spelled(call), call.line)
    made = by_value(run, call, state) if target is None or target.kind == "variable" else None
    if made is not None:
        return made
    hasher = known().hasher(target.dotted, name) if target is not None else None
    if hasher is not None and hasher.kind != "fast":
        return single("hashed", spelled(call), call.line)
    if last in _NUMBERS:
        return single("number", spelled(call), call.line)
    if last == "save" and positional and target is not None and target.dotted.startswith(_STORAGES):
        return run.value(positional[0], state)  # the name it was saved under
    if (target.dotted if target is not None else name) in _OPENING:
        return single("call", spelled(call), call.line)
    if target is not None and target.dotted in _JOINING:
        return concat(run.value(one, state) for one in positional)
    if last == "basename" and positional and target is not None and not target.ours:
        return paths.last_part(run.value(positional[0], state))
    if last in _THREADS:
        return _elsewhere(run, call, last, state)
    if _QUOTING.search(last) or (target is not None and target.dotted in _COMPOSED):
        return _joined(run, call, state, "quoted")
    if last in _TRANSPARENT and positional:
        return run.value(positional[-1 if last == "cast" else 0], state)
    if _ENVIRONMENT.search(target.dotted if target else name):
        return single("setting", spelled(call), call.line)
    if last == "getattr" and len(positional) > 1:
        return single("attribute", spelled(call), call.line)
    return _carried(run, call, target, state)


def _filled(run: Evaluation, call: Call, state: Environment) -> Value | None:
    """What an object is made of that is filled with a whole request."""
    from analyzer.flow.fields import filled

    return filled(run, call, state)


def _given_by_client(run: Evaluation, held: AnyExpression, state: Environment) -> bool:
    """Whether an object is the request, or the websocket, that a framework hands to a handler under any name."""
    known_as = state.get(held.id, ()) if isinstance(held, Name) else ()
    if len(known_as) == 1 and run.defined(known_as[0]).asking:
        return True
    return (
        run.place in run.flow.handlers
        and len(known_as) == 1
        and known_as[0].how == "parameter"
        and all(part.kind == "request" for part in run.defined(known_as[0]).parts())
    )


def _cast(call: Call) -> str:
    """``number`` for ``request.args.get("page", type=int)``."""
    for argument in call.arguments:
        if argument.keyword == "type" and chain(argument.value).rsplit(".", 1)[-1] in sources.HARMLESS:
            return "number"
    return ""


def escapes(run: Evaluation, expression: AnyExpression, state: Environment) -> bool:
    """Whether an expression is a text that escapes what is put into it: ``Markup("<b>%s</b>")``."""
    for origin in run.flow_origins(expression, state):
        if isinstance(origin.expression, Call) and chain(origin.expression.func).rsplit(".", 1)[-1] == "Markup":
            target = run.flow.project.resolve_expression(origin.place, origin.expression.func)
            return target is not None and not target.ours
    return False


def _elsewhere(run: Evaluation, call: Call, last: str, state: Environment) -> Value:
    """``to_thread(function, argument)`` gives what ``function(argument)`` gives."""
    asked = started(call)
    if asked is None or asked.function is None:
        return single("call", last, call.line)
    inner = Call(call.line, call.column, call.end_line, call.end_column, asked.function, asked.arguments)
    return run.value(inner, state)


def applied(run: Evaluation, function: AnyExpression, argument: Value) -> Value:
    """What calling a function by its name with one argument gives."""
    name = chain(function)
    last = name.rsplit(".", 1)[-1]
    target = run.flow.project.resolve_expression(run.place, function) if name else None
    if target is not None and target.kind == "function" and may_follow(run, target):
        definition = run.flow.project.outline(target.path).functions[target.index]
        found = returned(run, target, {one.name: argument for one in definition.parameters[-1:]})
        if found is not None:
            return found
    if last in _NUMBERS:
        return harmless(argument, "number", name, function.line)
    if _QUOTING.search(last):
        return harmless(argument, "quoted", name, function.line)
    return argument


def _method(
    run: Evaluation, call: Call, func: Attribute, last: str, positional: list[AnyExpression], state: Environment
) -> Value | None:
    """Methods of text, bytes, mappings and enumerations; ``None`` for everything else."""
    if last == "join" and len(positional) == 1:
        return _join(run, func.value, positional[0], state)
    if last == "format":
        if escapes(run, func.value, state):
            return concat((run.value(func.value, state), _joined(run, call, state, "quoted")))
        return _formatted(run, call, func, positional, state)
    if last in {"substitute", "safe_substitute"}:
        return _substituted(run, call, func, state)
    if last == "replace" and len(positional) >= 2:
        return _replaced(run, func, positional, state)
    if last in _PICKING and positional:
        return _got(run, func, positional, state)
    if last in {"pop", "popleft"} and not positional:
        items = exact(run, func.value, state)
        return items[0 if last == "popleft" else -1].value() if items else run.value(func.value, state)
    if last in _GROUPS:
        return _matched(run, func, state)
    if last == "open" and paths.is_path(run, func.value, state):
        return single("call", f"{chain(func)}()", call.line)
    if last in paths.SAME | {"joinpath"} and paths.is_path(run, func.value, state):
        return concat(run.value(one, state) for one in (func.value, *positional))
    if last in _READING and (sent := run.value(func.value, state)).sources():
        return sent if all(part.type != "object" for part in sent.parts()) else None
    if last == "geturl" and not positional:
        return _put_together(run, func, state)
    if last in _KEPT or (last in dumped.METHODS and not positional):
        return run.value(func.value, state)
    if last in {"keys", "values", "items"} and not positional:
        found = pieces(run, call, state)
        return union(piece.value() for piece in found) if found else run.value(func.value, state)
    if last in {"strftime"}:
        return single("number", last, call.line)
    if last in {"sub", "subn"} and positional:
        return _substitution(run, call, func, positional, state)
    return None


def _put_together(run: Evaluation, func: Attribute, state: Environment) -> Value | None:
    """``urlparse(url).geturl()`` is the URL again."""
    for origin in run.flow_origins(func.value, state):
        made = origin.expression
        taken = isinstance(made, Call) and chain(made.func).rpartition(".")[2] in {"urlparse", "urlsplit"}
        if taken and isinstance(made, Call) and made.arguments and origin.place == run.place:
            return run.value(made.arguments[0].value, origin.environment)
    return None


def _join(run: Evaluation, separator: AnyExpression, items: AnyExpression, state: Environment) -> Value | None:
    glue = run.value(separator, state)
    found = pieces(run, items, state)
    if found is None:
        # ``prefix.join(text)`` puts the prefix between the letters: both are in it.
        held = run.value(items, state)
        return held if all(part.kind == "text" for part in glue.parts()) else concat((glue, held))
    if any(part.kind != "text" for part in glue.parts()) and not found:
        return None
    row: list[Value] = []
    for piece in found:
        row.extend((piece.value(), glue))
    return concat(row[:-1])


def _formatted(
    run: Evaluation, call: Call, func: Attribute, positional: list[AnyExpression], state: Environment
) -> Value:
    template = run.value(func.value, state)
    named = {one.keyword: one.value for one in call.arguments if one.keyword is not None}
    spread = [one.value for one in call.arguments if one.star]

    def supply(what: int | str) -> Value:
        if isinstance(what, int):
            if what < len(positional):
                return run.value(positional[what], state)
        elif what in named:
            return run.value(named[what], state)
        for one in spread:
            for origin in run.flow_origins(one, state):
                if isinstance(origin.expression, Mapping):
                    for name, inner in zip(origin.expression.keys, origin.expression.values, strict=True):
                        if isinstance(name, Constant) and name.value == what:
                            return run.value(inner, origin.environment)
            if isinstance(one, Call) and chain(one.func) == "locals" and isinstance(what, str) and what in state:
                return union(run.defined(definition) for definition in state[what])
            return run.value(one, state)
        return single("unknown", str(what), call.line)

    return filled(template, braces, supply)


def _substituted(run: Evaluation, call: Call, func: Attribute, state: Environment) -> Value | None:
    template = None
    for origin in run.flow_origins(func.value, state):
        inner = origin.expression
        if isinstance(inner, Call) and chain(inner.func).rsplit(".", 1)[-1] == "Template" and inner.arguments:
            template = run.value(inner.arguments[0].value, origin.environment)
    if template is None:
        return None
    named = {one.keyword: one.value for one in call.arguments if one.keyword is not None}
    rest = next((one.value for one in call.arguments if one.keyword is None), None)

    def supply(what: int | str) -> Value:
        if what in named:
            return run.value(named[what], state)
        return run.value(rest, state) if rest is not None else single("unknown", str(what), call.line)

    return filled(template, dollars, supply)


def _replaced(run: Evaluation, func: Attribute, positional: list[AnyExpression], state: Environment) -> Value:
    base = run.value(func.value, state)
    old, new = run.value(positional[0], state).constant(), run.value(positional[1], state)
    if old in {"'", '"', "`", "]"} and new.constant() == old * 2:
        # Doubling the quote is how SQL escapes it (ISO/IEC 9075-2, 5.3 and 5.2).
        return harmless(base, "quoted", "", func.line)
    if old in {"<", "</"} and all(part.type == "object" for part in base.sources()):
        return harmless(base, "quoted", "", func.line)  # JSON that cannot end the script it stands in
    if old and not any(part.kind != "text" for part in base.parts()):
        rows: list[Row] = []
        for row in base.rows:
            before, found, after = "".join(part.text for part in row).partition(old)
            line = row[0].line if row else 0
            rows.extend(
                concat(
                    (single("text", before, line), new if found else single("text", ""), single("text", after, line))
                ).rows
            )
        return Value(tuple(rows))
    return concat((base, *([new] if new.sources() else [])))


def _got(run: Evaluation, func: Attribute, positional: list[AnyExpression], state: Environment) -> Value | None:
    """``mapping.get(key, default)``: of a mapping display one of its values, of anything else what it holds."""
    put = _put(func, positional, state)
    if put:
        return union(run.defined(definition) for definition in put)
    bases = run.flow_origins(func.value, state)
    other = named.elsewhere(run, bases)
    for origin in bases:
        if isinstance(origin.expression, Mapping) and (origin.expression.values or (positional[1:] and not other)):
            inner = run if origin.place == run.place else run.flow.evaluation(origin.place)
            wanted = positional[0].value if isinstance(positional[0], Constant) else None
            found = [
                inner.value(one, origin.environment)
                for name, one in zip(origin.expression.keys, origin.expression.values, strict=True)
                if wanted is None or not isinstance(name, Constant) or name.value == wanted
            ]
            found.extend(run.value(one, state) for one in positional[1:2])
            found.extend(
                run.value(one.expression, one.environment or {})
                for one in grown(state, func.value)
                if one.expression is not None
                and (wanted is None or not isinstance(one.item, Constant) or one.item.value == wanted)
            )
            if other:
                found.append(single(other, _picked(Call(0, 0, 0, 0, func, [Argument(positional[0])])), func.line))
            return union(found) if found else None
    field = dumped.item(run, func.value, positional[0], state)
    if field is not None:
        return field
    base = run.value(func.value, state)
    kinds = {part.kind for part in base.sources()}
    for kind in ("request", "parameter"):
        if kind in kinds:
            return single(kind, _picked(Call(0, 0, 0, 0, func, [Argument(positional[0])])), func.line)
    return None


def _put(func: Attribute, names: list[AnyExpression], state: Environment) -> tuple[Definition, ...]:
    """What was put under the constant name that is asked for; under two of them in a configuration parser."""
    base = key(func.value)
    keys = [f"[{one.value!r}]" for one in names if isinstance(one, Constant)]
    found = (state.get(base + "".join(keys[:count])) for count in (2, 1) if base and len(keys) >= count)
    return next((one for one in found if one), ())


def _matched(run: Evaluation, func: Attribute, state: Environment) -> Value | None:
    """What a match cut out of a text: as harmless as the expression leaves it."""
    for origin in run.flow_origins(func.value, state):
        made = origin.expression
        if not isinstance(made, Call) or chain(made.func).rpartition(".")[2] not in _MATCHING or not made.arguments:
            continue
        inner = run if origin.place == run.place else run.flow.evaluation(origin.place)
        subject = inner.value(made.arguments[-1].value, origin.environment)
        pattern = inner.value(made.arguments[0].value, origin.environment).constant() if made.arguments[1:] else None
        if any(part.kind in {"request", "parameter"} for part in subject.sources()):
            safe = pattern is not None and not admits_anything(pattern)
            return harmless(subject, "allowed", "", func.line) if safe else subject
    return None


_MATCHING = frozenset({"match", "search", "fullmatch", "finditer"})


def _picked(call: Call) -> str:
    """``mapping['key']`` for ``mapping.get("key")``, so that a message can name what was read."""
    from analyzer.flow.values import spelled

    first = call.arguments[0].value if call.arguments else None
    if isinstance(call.func, Attribute) and isinstance(first, Constant) and isinstance(first.value, str):
        return f"{spelled(call.func.value)}[{first.value!r}]"
    return spelled(call.func.value) if isinstance(call.func, Attribute) else spelled(call)


def _substitution(
    run: Evaluation, call: Call, func: Attribute, positional: list[AnyExpression], state: Environment
) -> Value | None:
    """``re.sub``: a pattern that is a negated class of harmless characters leaves only those."""
    by_module = isinstance(func.value, Name) and func.value.id in {"re", "regex"}
    subject = positional[2] if by_module and len(positional) > 2 else positional[-1]
    pattern = run.value(positional[0], state).constant() if by_module else None
    if not by_module:
        for origin in run.flow_origins(func.value, state):
            if isinstance(origin.expression, Call) and origin.expression.arguments:
                pattern = run.value(origin.expression.arguments[0].value, origin.environment).constant()
    value_ = run.value(subject, state)
    if pattern and re.fullmatch(r"\[\^[\w\-.\\]*\]\+?|\\W\+?|\\D\+?", pattern):
        return harmless(value_, "allowed", "", call.line)
    return value_


def _joined(run: Evaluation, call: Call, state: Environment, kind: str) -> Value:
    return concat(
        harmless(run.value(argument.value, state), kind, chain(call.func), call.line) for argument in call.arguments
    )


def _carried(run: Evaluation, call: Call, target: Target | None, state: Environment) -> Value:
    """A library call we know nothing of gives what it was given; one of nothing foreign gives a call result."""
    from analyzer.flow.values import spelled

    kept = chain(call.func).rpartition(".")[2] in _FETCHING
    kept = kept or (target is not None and target.dotted.startswith(_STORES))
    if target is not None and not target.ours and not kept and len(run.stack) < 8:
        found: list[Part] = []
        for argument in _values(call):
            found.extend(part for part in run.value(argument, state).sources() if part.kind in {"request", "parameter"})
        if found:
            return Value((tuple(dict.fromkeys(Part(one.kind, one.text, one.line, "object") for one in found)),))
    return single("call", spelled(call), call.line)


_FETCHING = frozenset(
    "find_one find_one_and_update fetchone fetchall fetchmany fetch_one fetch_all fetchrow fetchval first first_or_404 "
    "one one_or_none one_or_404 scalar scalar_one scalar_one_or_none scalars get_or_none get_object_or_404 get_item "
    "find_first find_unique get_or_404 hget hgetall hmget mget lrange lindex smembers zrange getdel getex".split()
)
"""Methods of databases that give what is kept there, whatever it was looked up by."""

_STORES = ("redis.", "aioredis.", "fakeredis.", "pymemcache.", "memcache.", "aiocache.", "django.core.cache.",
    "flask_caching.", "cachetools.")  # fmt: skip
"""Packages of stores all of whose calls give what is kept there."""


def _values(call: Call) -> list[AnyExpression]:
    arguments: list[Argument] = call.arguments[:6]
    return [
        one.value.value if isinstance(one.value, Await) else one.value
        for one in arguments
        if not isinstance(one.value, Lambda)
    ]
