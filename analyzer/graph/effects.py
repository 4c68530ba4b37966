"""What single calls of a handler's body bring about: files, caches, queues, credentials, sums; by what they call."""

from __future__ import annotations

import re
from functools import lru_cache

from analyzer.facts.expressions import (
    AnyExpression,
    Attribute,
    Call,
    Comprehension,
    Constant,
    Mapping,
    Sequence,
    Subscript,
)
from analyzer.facts.statements import Assign, Delete
from analyzer.facts.visit import chain as chain_of
from analyzer.graph.transport import outbound, secrecy, sends
from analyzer.knowledge import known
from analyzer.project import Place, Project

_FILES = re.compile(
    r"^(?:os\.(?:remove|unlink|rename|renames|replace|makedirs|mkdir|rmdir|removedirs|chmod|symlink|link)"
    r"|shutil\.(?:move|copy\w*|rmtree|unpack_archive|make_archive)"
    r"|(?:zipfile\.ZipFile|tarfile\.(?:TarFile\.)?open|tarfile\.TarFile)\(\)\.(?:extract|extractall|write|writestr|add|addfile)"
    r"|PIL\.Image\..*\.save|(?:flask|quart)\.request\.files\b.*\.save)$"
)
_FILE_METHODS = frozenset({"write_bytes", "write_text", "unlink", "symlink_to"})
_OPENING = frozenset({"builtins.open", "io.open", "aiofiles.open", "gzip.open", "codecs.open"})
_CACHES = re.compile(
    r"^(?:django\.core\.cache\.(?:cache|caches\[\])|flask_caching\.(?:[\w.]+\.)?Cache\(\)"
    r"|(?:redis|aioredis)\.(?:[\w.]+\.)?(?:Redis|StrictRedis|RedisCluster|from_url)\(\)"
    r"|litestar\.stores\.[\w.]+\(\)(?:\.get\(\))?)"
    r"\.(?:set|setex|psetex|setnx|set_many|delete|delete_many|delete_pattern|incr|incrby|decr|hset|hdel|expire|clear|sadd|srem|zadd)$"
)
_QUEUES = re.compile(r"\.(?:apply_async|delay|send_task|enqueue|enqueue_job)$")
_CREDENTIALS = re.compile(
    r"(?:^|\.)(?:a?check_password|verify_password|(?:get_|create_|make_|generate_)?(?:password_hash|hashed_password)|hash_password)$"
)
_HANDING = re.compile(r"(?:^|\.)a?set_password$")
_TOKENS = re.compile(r"^(?:jwt|jose\.jwt|joserfc\.jwt|authlib\.jose\.jwt)\.encode$")
_SQL_SUMS = re.compile(
    r"^(?:sqlalchemy\.(?:sql\.(?:expression\.)?)?func\.(?:sum|avg)|django\.db\.models\.(?:Sum|Avg|StdDev)"
    r"|statistics\.\w+|functools\.reduce|math\.fsum)$"
)
_FILLING = frozenset("append extend insert remove pop popitem clear update setdefault add discard appendleft".split())
_HOLDERS = frozenset({"dict", "list", "set", "defaultdict", "OrderedDict", "deque", "Counter"})


def reaches_out(project: Project, place: Place, call: Call) -> bool:
    """Whether a call leaves the process: HTTP, mail, somebody's SDK."""
    chain = chain_of(call.func)
    if not chain:
        return False
    dotted = project.callee(place, call)
    return sends(chain) or sends(dotted) or outbound(dotted) or _by_client(dotted)


@lru_cache(maxsize=1 << 12)
def _by_client(dotted: str) -> bool:
    """``openai.OpenAI().chat.completions.create``: a method of what a library makes to speak to another system."""
    head, _, rest = dotted.partition("()")
    return (
        rest.startswith(".")
        and "()" not in rest
        and not _CACHES.match(dotted)
        and known().client(head)
        and (not head.startswith(("redis.", "aioredis.")))
    )


def keeps_secret(project: Project, place: Place, call: Call) -> bool:
    """Whether a call hashes, signs, draws a secret, or compares a password with what is known of it."""
    chain = chain_of(call.func)
    if not chain:
        return False
    if _CREDENTIALS.search(chain):
        return True
    dotted = project.callee(place, call)
    return secrecy(dotted) or _TOKENS.match(dotted) is not None


def gives_password(call: Call) -> str:
    """Whom a call gives a new password (``user`` of ``user.set_password(…)``), ``""`` when none."""
    chain = chain_of(call.func)
    return chain.rpartition(".")[0] if _HANDING.search(chain) else ""


def works_on_files(project: Project, place: Place, call: Call) -> bool:
    """Whether a call changes files or folders; reading them is no work."""
    if isinstance(call.func, Attribute) and call.func.attr in _FILE_METHODS:
        return True
    if not chain_of(call.func):
        return False
    dotted = project.callee(place, call)
    return _FILES.match(dotted) is not None or (dotted in _OPENING and _writes(call))


def _writes(call: Call) -> bool:
    given = [one.value for one in call.arguments if one.keyword == "mode"]
    given += [one.value for one in call.arguments[1:2] if one.keyword is None and not one.star]
    return any(
        isinstance(one, Constant) and isinstance(one.value, str) and set(one.value) & set("wax+") for one in given
    )


def effect(project: Project, place: Place, call: Call, memory: bool) -> tuple[str, str]:
    """What a call brings about, as a kind of evidence and a phrase; two empty strings for nothing.

    ``memory`` says whether containers of the application count; who answers a websocket keeps its connections in one.
    """
    chain = chain_of(call.func)
    given = gives_password(call)
    held = changed_by_call(project, place, call) if memory else ""
    if given:
        return "change", f"gives `{given}` a password"
    if held:
        return "write", f"changes `{held}`"
    if works_on_files(project, place, call):
        return "file", f"works on files with `{chain or attribute(call)}`"
    if not chain:
        return "", ""
    if _QUEUES.search(chain):
        return "job", f"hands on a job with `{chain}`"
    if reaches_out(project, place, call):
        return "outbound", f"calls out with `{chain}`"
    if keeps_secret(project, place, call):
        return "crypto", f"makes or checks a secret with `{chain}`"
    if fills_cache(project, place, call):
        return "write", f"changes a cache with `{chain}`"
    if adds_up(project, place, call):
        return "sum", f"works a value out with `{chain}`"
    return "", ""


def attribute(call: Call) -> str:
    """The last word of what is called."""
    return call.func.attr if isinstance(call.func, Attribute) else ""


def fills_cache(project: Project, place: Place, call: Call) -> bool:
    """Whether a call changes what a cache holds."""
    return bool(chain_of(call.func)) and _CACHES.match(project.callee(place, call)) is not None


def adds_up(project: Project, place: Place, call: Call) -> bool:
    """Whether a call works one value out of many: ``sum`` of what rows hold, ``func.sum``; counting is none."""
    if not chain_of(call.func):
        return False
    dotted = project.callee(place, call)
    if dotted == "builtins.sum":
        given = call.arguments[0].value if call.arguments else None
        return isinstance(given, Comprehension) and not isinstance(given.element, Constant)
    return _SQL_SUMS.match(dotted) is not None


def kept(project: Project, place: Place, node: AnyExpression) -> str:
    """The dotted name of a container of the application that outlives a request (``ORDERS``, ``store.orders``), where
    an expression is one or lies in one; ``""`` otherwise."""
    chain = chain_of(node).replace("[]", "").replace(".get()", "")
    if not chain or "()" in chain:
        return ""
    target = project.resolve(place, chain, node.line)
    if target is None or target.kind != "variable" or not target.path:
        return ""
    found = project.variable(target.path, target.dotted.removeprefix(project.module_name(target.path) + "."))
    return target.dotted if found is not None and _is_container(found[1]) else ""


def _is_container(value: AnyExpression) -> bool:
    if isinstance(value, Call):
        return chain_of(value.func).rpartition(".")[2] in _HOLDERS
    return isinstance(value, Mapping | Sequence) and not (isinstance(value, Sequence) and value.kind == "tuple")


def changed_by_call(project: Project, place: Place, call: Call) -> str:
    """The container of the application that a method call changes, ``""`` when none."""
    if isinstance(call.func, Attribute) and call.func.attr in _FILLING:
        return kept(project, place, call.func.value)
    return ""


def changed_by_statement(project: Project, place: Place, statement: Assign | Delete) -> str:
    """The container of the application whose entry is set or deleted, ``""`` when none."""
    for target in statement.targets:
        if isinstance(target, Subscript):
            found = kept(project, place, target.value)
            if found:
                return found
    return ""
