"""Tasks that a worker runs: Celery, RQ, arq, dramatiq, Huey, taskiq, procrastinate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.facts.expressions import AnyExpression, Call
from analyzer.facts.expressions import Sequence as Display
from analyzer.facts.visit import chain as chain_of
from analyzer.frameworks.backend import EntryPoint, Found
from analyzer.frameworks.registry import calls, imports_any
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place

_DECORATORS = (
    ("Celery", re.compile(r"^celery\.(?:[\w()]+\.)*(?:shared_task|task|periodic_task)$")),
    ("RQ", re.compile(r"^(?:rq|django_rq|flask_rq2)\.(?:[\w()]+\.)*job$")),
    ("dramatiq", re.compile(r"^dramatiq\.(?:\w+\.)*actor$")),
    ("Huey", re.compile(r"^huey\.(?:[\w()]+\.)*(?:db_)?(?:periodic_)?task$")),
    ("taskiq", re.compile(r"^taskiq[\w.]*\.(?:[\w()]+\.)*task$")),
    ("procrastinate", re.compile(r"^procrastinate\.(?:[\w()]+\.)*(?:task|periodic)$")),
)
"""Decorators that make a function a task, by their canonical names."""
_PACKAGES = frozenset("celery rq django_rq flask_rq2 dramatiq huey arq taskiq procrastinate".split())
_CLASSES = {
    "Celery": (re.compile(r"^celery\.(?:\w+\.)*Task$|^celery\.Celery\(\)\.Task$"), "run"),
    "dramatiq": (re.compile(r"^dramatiq\.(?:\w+\.)*GenericActor$"), "perform"),
}
"""Bases of tasks that are classes, and the method that a worker runs."""
_QUEUES = re.compile(r"^(?:rq|django_rq|flask_rq2)\.")
_NAMED = re.compile(r"\b(?:celery|huey)\w*\.(?:task|shared_task|periodic_task)$", re.IGNORECASE)
"""How a decorator is spelled whose object cannot be followed: ``@celery_app.task`` of what a factory made."""


def recognise(project: Project) -> Found | None:
    """The tasks of a project; ``None`` when it imports no library for them."""
    if not imports_any(project, _PACKAGES):
        return None
    found: dict[Place, EntryPoint] = {}
    for one in (*_decorated(project), *_classes(project), *_enqueued(project), *_workers(project)):
        found.setdefault(one.place, one)
    return Found(entrypoints=list(found.values()))


def _decorated(project: Project) -> Iterator[EntryPoint]:
    for place in project.places():
        function = project.function(place)
        for decorator in function.decorators if function is not None else ():
            call = decorator if isinstance(decorator, Call) else None
            plain = call.func if call is not None else decorator
            outside = Place(place.path, function.parent if function is not None else -1)
            framework = _framework(project, outside, plain)
            if framework:
                name = text(project, outside, argument(call, 99, "name", "actor_name", "task_name")) if call else None
                yield EntryPoint(place, "task", framework, name or project.qualified(place), place.path, decorator.line)


def _framework(project: Project, place: Place, decorator: AnyExpression) -> str:
    """The library whose decorator it is, ``""`` for none."""
    target = project.resolve_expression(place, decorator)
    if target is not None and target.ours:
        return ""
    for name, pattern in _DECORATORS if target is not None else ():
        if target is not None and pattern.match(target.dotted):
            return name
    named = _NAMED.search(chain_of(decorator))
    return "" if named is None else "Huey" if named[0].lower().startswith("huey") else "Celery"


def _classes(project: Project) -> Iterator[EntryPoint]:
    for path in project.paths():
        for index, one in enumerate(project.outline(path).classes):
            bases = project.classes.externals(path, index)
            for framework, (pattern, method) in _CLASSES.items():
                at = project.namespace(path).methods.get(index, {}).get(method)
                if at is not None and any(map(pattern.match, bases)):
                    value = project.classes.variable(path, index, "name")
                    told = text(project, Place(value[0], -1), value[1]) if value is not None else None
                    name = told or f"{project.module_name(path)}.{one.qualname}"
                    yield EntryPoint(Place(path, at), "task", framework, name, path, one.line)


def _enqueued(project: Project) -> Iterator[EntryPoint]:
    """``queue.enqueue(send, order)`` of RQ: any function is a task when it is put into a queue."""
    for place, call in calls(project, frozenset({"enqueue", "enqueue_at", "enqueue_in"})):
        queue = project.resolve_expression(place, call.func)
        if queue is None or not _QUEUES.match(queue.dotted):
            continue
        position = 0 if chain_of(call.func).endswith("enqueue") else 1
        given = argument(call, position, "f", "func")
        target = project.resolve_expression(place, given)
        if target is not None and target.kind == "function":
            yield EntryPoint(Place(target.path, target.index), "task", "RQ", target.dotted, place.path, call.line)


def _workers(project: Project) -> Iterator[EntryPoint]:
    """``functions`` and ``cron_jobs`` of arq's worker settings."""
    for path in project.paths():
        if not any(one.module.partition(".")[0] == "arq" for one in project.outline(path).imports):
            continue
        for index in range(len(project.outline(path).classes)):
            for keyword in ("functions", "cron_jobs"):
                value = project.classes.variable(path, index, keyword)
                listed = value[1] if value is not None else None
                for item in listed.items if isinstance(listed, Display) else ():
                    yield from _listed(project, Place(path, -1), item)


def _listed(project: Project, place: Place, item: AnyExpression) -> Iterator[EntryPoint]:
    """A function, or ``func(send, name="send")`` and ``cron(send, hour=1)`` around one."""
    call = item if isinstance(item, Call) else None
    inner = argument(call, 0, "coroutine") if call is not None else item
    target = project.resolve_expression(place, inner)
    if target is not None and target.kind == "function":
        name = text(project, place, argument(call, 99, "name")) if call is not None else None
        yield EntryPoint(Place(target.path, target.index), "task", "arq", name or target.dotted, place.path, item.line)
