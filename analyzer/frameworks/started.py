"""Calls that leave a call to somebody else: a worker, a thread, an executor, the event loop.

What each takes is from the documentation of Celery 5, dramatiq 2, RQ 2, arq, Huey 2, taskiq, procrastinate 3,
django-q2, Starlette, APScheduler 3 and the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Argument, Call, Constant, Mapping, Name, Sequence
from analyzer.facts.outline import Function
from analyzer.facts.visit import chain
from analyzer.frameworks.backend import EntryPoint
from analyzer.project.project import Project
from analyzer.project.target import Place

TASK_METHODS = frozenset(
    {
        "delay", "delay_on_commit", "apply_async", "apply_async_on_commit", "s", "si", "signature", "subtask",  # Celery
        "send", "send_with_options", "message", "message_with_options",  # dramatiq
        "kiq",  # taskiq
        "defer", "defer_async",  # procrastinate
        "schedule",  # Huey, django-q
    }
)  # fmt: skip
"""Methods of a function that became a task: calling one runs the function elsewhere, with what is given."""
_WHOLE = frozenset(
    {
        "apply_async", "apply_async_on_commit", "signature", "subtask", "send_with_options", "message_with_options",
        "schedule",
    }
)  # fmt: skip
"""Those of them that take the arguments as one tuple and one mapping."""
_FOLLOWING = frozenset({"s", "signature", "subtask"})
"""Signatures: in a chain the result of the task before comes first."""

_FIRST = {
    **dict.fromkeys(
        (
            "add_task", "BackgroundTask", "enqueue", "to_thread", "run_in_threadpool", "run_sync", "submit",
            "call_soon", "call_soon_threadsafe", "start_soon", "async_task", "start_background_task", "spawn",
            "deferToThread", "partial", "add_callback", "spawn_callback", "callInThread", "add_background_task",
        ),
        0,
    ),
    **dict.fromkeys(
        (
            "run_in_executor", "call_later", "call_at", "enqueue_in", "enqueue_at", "deferToThreadPool", "callLater",
        ),
        1,
    ),
}  # fmt: skip
"""Calls that take a function and then its arguments, and where the function stands."""
_APART = {"Thread": (1, "target"), "Process": (1, "target"), "Timer": (1, "function"), "apply_async": (0, "func"),
          "add_job": (0, "func"), "enqueue_call": (0, "func")}  # fmt: skip
"""Calls that take a function, and its arguments as one tuple and one mapping."""
_CURRIED = frozenset({"sync_to_async", "database_sync_to_async", "async_to_sync"})
BY_NAME = frozenset({"enqueue_job", "send_task"})
"""Calls that name a task instead."""
STARTERS = frozenset({*_FIRST, *_APART, *BY_NAME, *(f"{name}()" for name in _CURRIED)})
"""The last words of all such calls."""


class Started(msgspec.Struct, frozen=True):
    """A function that is to be called elsewhere, as the code spells it (``""`` and its task's ``name`` where only that
    is said), and the arguments it will get."""

    function: AnyExpression | None
    arguments: list[Argument]
    name: str = ""


def started(call: Call) -> Started | None:
    """The call that another call asks for; ``None`` when it asks for none."""
    spelled = chain(call.func)
    last = spelled.rpartition(".")[2]
    if isinstance(call.func, Call) and last.removesuffix("()") in _CURRIED and call.func.arguments:
        return Started(call.func.arguments[0].value, call.arguments)
    if last in BY_NAME:
        return _named(call, last)
    if last in _APART:
        position, keyword = _APART[last]
        function = _taken(call, position, keyword)
        return (
            Started(function, list(_unpacked(call, position + (2 if last in {"Thread", "Process"} else 1))))
            if function
            else None
        )
    if last not in _FIRST:
        return None
    function = _taken(call, _FIRST[last], "func", "function")
    if function is None:
        return None
    if last.startswith("enqueue") and any(one.keyword in {"args", "kwargs"} for one in call.arguments):
        return Started(function, list(_unpacked(call, len(call.arguments))))
    plain = [one for one in call.arguments if one.keyword is None]
    after = plain[_FIRST[last] + 1 :] if plain[: _FIRST[last] + 1] else []
    named = (one for one in call.arguments if one.keyword not in {None, "func", "function"})
    return Started(function, [*after, *named])


def by_method(call: Call, function: Function) -> list[Argument]:
    """What a function gets when a method of its task is called."""
    last = chain(call.func).rpartition(".")[2]
    given = list(_unpacked(call, 0)) if last in _WHOLE else call.arguments
    needed = [one for one in function.parameters if one.kind in {"positional", "normal"} and one.default is None]
    follows = last in _FOLLOWING and len(given) == len(needed) - 1 - bound_task(function)
    return [UNKNOWN, *given] if follows else given


def bound_task(function: Function) -> bool:
    """Whether a task is handed itself, or the context of its job, before its arguments."""
    told = [one for decorator in function.decorators if isinstance(decorator, Call) for one in decorator.arguments]
    return any(
        one.keyword in {"bind", "pass_context"} and isinstance(one.value, Constant) and one.value.value is True
        for one in told
    )


def before_method(chain: str) -> str:
    """``send`` of ``send.delay`` and of ``send.configure().defer``: the function whose task's method is called; ``""``
    for any other chain."""
    before, _, last = chain.rpartition(".")
    while last in TASK_METHODS and before.endswith("()") and "." in before:
        before = before.removesuffix("()").rpartition(".")[0]
    return before if last in TASK_METHODS else ""


def named_tasks(project: Project, doors: Iterable[EntryPoint]) -> dict[str, list[Place]]:
    """Tasks by the names they can be asked for by."""
    found: dict[str, list[Place]] = {}
    for door in doors:
        function = project.function(door.place)
        if function is not None and door.kind == "task":
            for name in {door.name, function.qualname} if door.framework == "arq" else {door.name}:
                found.setdefault(name, []).append(door.place)
    return found


def _named(call: Call, last: str) -> Started | None:
    """``enqueue_job("send", order)`` of arq, ``send_task("shop.send", args=[order])`` of Celery."""
    named = _taken(call, 0, "name", "function")
    if not isinstance(named, Constant) or not isinstance(named.value, str):
        return None
    if last == "send_task":
        return Started(None, list(_unpacked(call, 1)), named.value)
    rest = [one for one in call.arguments if one.value is not named]
    return Started(None, rest, named.value)


def _taken(call: Call, position: int, *keywords: str) -> AnyExpression | None:
    named = next((one.value for one in call.arguments if one.keyword in keywords), None)
    plain = [one for one in call.arguments if one.keyword is None]
    if named is not None or position >= len(plain) or any(one.star for one in plain[: position + 1]):
        return named
    return plain[position].value


def _unpacked(call: Call, position: int) -> Iterator[Argument]:
    """The arguments in ``args=(order,)`` and ``kwargs={"order": order}``, or where these stand without a keyword."""
    whole, named = _taken(call, position, "args"), _taken(call, position + 1, "kwargs")
    if isinstance(whole, Sequence):
        yield from (Argument(one) for one in whole.items)
    elif whole is not None:
        yield Argument(whole, star=1)
    if isinstance(named, Mapping):
        for name, value in zip(named.keys, named.values, strict=True):
            if isinstance(name, Constant) and isinstance(name.value, str):
                yield Argument(value, name.value)
    elif isinstance(named, Call) and chain(named.func) == "dict":
        yield from named.arguments


UNKNOWN = Argument(Call(0, 0, 0, 0, Name(0, 0, 0, 0, "worker"), []))
"""What a worker fills in, and nobody hands over."""
