"""BA402: the text of an internal error goes to the client."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from analyzer.checks._error_handlers import (
    ASKING,
    BROAD,
    INTERNAL,
    LIBRARIES,
    answering,
    handed,
    handled_classes,
    registrations,
    streamed,
)
from analyzer.checks._error_texts import TRACES, Search, parts, refuses
from analyzer.checks._kept_errors import kept, of_tasks
from analyzer.facts.expressions import (
    AnyExpression,
    Await,
    Call,
    Compare,
    Format,
    Interpolation,
    Name,
    Sequence,
    Subscript,
    Unary,
)
from analyzer.facts.outline import Function
from analyzer.facts.statements import AnyStatement, Assign, Handler, If, Return, Try
from analyzer.facts.visit import chain, children, statements, walk
from analyzer.flow.questions import flow_of, location
from analyzer.frameworks.persistence import is_schema
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Related, Rule
from analyzer.project import Place, Project

_FIXED = re.compile(r"(?:DoesNotExist|MultipleObjectsReturned|NoResultFound|MultipleResultsFound)$")
"""Library errors whose text is one fixed sentence."""
_OUTSPOKEN = re.compile(r"(?:^|\.)(?:ValueError|HTTPException|HTTPError|ValidationError|APIException)$")
"""Errors whose text is meant for whoever asked."""
_CHECKING = re.compile(r"(?:^|\.)(?:model_validate\w*|parse_(?:obj|raw)\w*|validate\w*|loads)$|\.load$")
"""Calls that check what a client sent, and raise what is wrong with it."""
_ERROR = re.compile(r"^(?:e|ex|exc|err|error|exception)$")
"""The parameter of a formatter of errors."""
_MADE = re.compile(r"(?:^|\.)(?:[A-Z]\w+|abort)$")
_FRAMEWORKS = frozenset(
    "fastapi starlette flask werkzeug quart rest_framework ninja sanic litestar falcon flask_restful "
    "flask_smorest".split()
)
_FIX = "Log the exception with its traceback, and answer with a fixed text and an id that finds it in the log"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a clause that hands its exception out, in order of places."""
    project = picture.project
    around, streams = answering(picture), streamed(picture)
    handled, registered = handled_classes(project), registrations(project)
    for place in project.places():
        function = project.function(place)
        if function is None or not picture.is_main(place.path):
            continue
        answers = place in picture.handlers() or place in around
        given = registered[place] if place in registered else handed(project, place, function)
        if given is None and _of_errors(function):
            yield from _told_by_handlers(rule, Search(project, place, answers=True, responds=True), function)
        reached = answers or given is not None or picture.chain_to(place) is not None
        if not reached and not _speaks_http(project, place, function):
            yield from _kept(picture, rule, Search(project, place, answers=False, responds=False))
            continue
        body = project.body(place)
        search = Search(
            project,
            place,
            answers=answers or (given is not None and given.registered),
            responds=answers or given is not None or reached,
            handled=handled,
            gives="stream" if place in streams else "",
        )
        for guarded, clause in [
            (node, one) for node in statements(body) if isinstance(node, Try) for one in node.handlers
        ]:
            told = _caught(picture, rule, search, body, guarded, clause)
            yield from told if reached else (_less_sure(one) for one in told)
        task = of_tasks(picture, place) if place in picture.handlers() else None
        if task is not None:
            yield _finding(rule, place, search, task, "", Confidence.MEDIUM)
        if given is not None:
            search.anew()
            found = search.leak(_unforeseen(body) if given.known else body, {given.name})
            if found is not None:
                yield _finding(rule, place, search, found, given.kind, Confidence.MEDIUM)


def _kept(picture: Picture, rule: Rule, search: Search) -> Iterator[Finding]:
    """The clauses of work in the background that keep a text which a route hands out later."""
    for node in statements(search.project.body(search.place)):
        for clause in node.handlers if isinstance(node, Try) else ():
            if _internal(search.project, search.place, clause) is not None:
                search.anew(clause.name or "")
                found = kept(picture, search, clause)
                if found is not None:
                    kind = chain(clause.kind) if clause.kind else ""
                    yield _finding(rule, search.place, search, found, kind, Confidence.MEDIUM)


def _less_sure(finding: Finding) -> Finding:
    """The same finding of a function that nothing is known to call for a request."""
    return msgspec.structs.replace(finding, confidence=min(finding.confidence, Confidence.MEDIUM))


def _speaks_http(project: Project, place: Place, function: Function) -> bool:
    """Whether a function makes a web framework's errors, which it does for requests alone, however they come to it."""
    made = (use for use in function.uses if use.kind == "call" and _MADE.search(use.chain))
    targets = (project.resolve(place, use.chain, use.line) for use in made)
    return any(one is not None and refuses(one) and one.dotted.partition(".")[0] in _FRAMEWORKS for one in targets)


def _caught(
    picture: Picture, rule: Rule, search: Search, body: list[AnyStatement], guarded: Try, clause: Handler
) -> Iterator[Finding]:
    """The finding of one clause."""
    project, place = search.project, search.place
    confidence = _internal(project, place, clause)
    if confidence is None:
        # Whatever was caught, a traceback speaks of the program.
        traced = search.leak(clause.body, set())
        if traced is not None:
            yield _finding(rule, place, search, traced, "", Confidence.HIGH)
        return
    confidence = Confidence.LOW if _only_checks(project, place, guarded) else confidence
    search.anew(clause.name or "")
    found = search.leak(clause.body, {clause.name} if clause.name else set()) or search.foreseen
    kind = chain(clause.kind) if clause.kind else ""
    if found is None and search.answers:
        found = search.later(body, guarded)
        if search.collected:  # one of many things failed, and what is told of it may be all that the client asked for
            confidence = min(confidence, Confidence.MEDIUM)
    if found is not None:
        yield _finding(rule, place, search, found, kind, confidence)
    elif not search.answers and confidence is Confidence.HIGH:
        told = list(_handed_back(picture, rule, search, body, clause))
        yield from told
        left = kept(picture, search, clause) if not told else None
        if left is not None:
            yield _finding(rule, place, search, left, kind, Confidence.MEDIUM)


def _internal(project: Project, place: Place, clause: Handler) -> Confidence | None:
    """How sure it is that what a clause catches speaks of the program; ``None`` when it may speak to the client."""
    if clause.kind is None:
        return Confidence.HIGH
    kinds = clause.kind.items if isinstance(clause.kind, Sequence) else [clause.kind]
    if any(chain(one) in BROAD for one in kinds):  # whatever is named beside it
        return Confidence.HIGH
    if len(kinds) > 1:  # beside a library's error it does not help that others may speak to the client
        others = [one for one in kinds if not _OUTSPOKEN.search(chain(one))]
        kinds = others if any(_of_machine(project, place, one) for one in others) else kinds
    best = None
    for kind in kinds:
        name = chain(kind)
        target = project.resolve_expression(place, kind)
        if target is not None and target.ours:
            return None
        if _FIXED.search(name):
            return None
        if name in INTERNAL or (target is not None and LIBRARIES.match(target.dotted)):
            best = Confidence.MEDIUM
        else:
            return None
    return best


def _of_machine(project: Project, place: Place, kind: AnyExpression) -> bool:
    """Whether an error speaks of files, hosts or statements, and not of a missing key."""
    target = project.resolve_expression(place, kind)
    library = target is not None and LIBRARIES.match(target.dotted) is not None
    return library or chain(kind) in {"OSError", "IOError", "ConnectionError", "RuntimeError"}


def _only_checks(project: Project, place: Place, guarded: Try) -> bool:
    """Whether all that is tried is to check the client's own input: the error speaks of that."""
    calls = [one for one in walk(guarded.body) if isinstance(one, Call)]
    if len(guarded.body) != 1 or not calls or any(isinstance(one, Await) for one in walk(guarded.body)):
        return False  # what is waited for asks somebody else
    for call in calls:
        target = project.resolve_expression(place, call.func)
        schema = target is not None and target.kind == "class" and is_schema(project, target.path, target.index)
        if not schema and not _CHECKING.search(chain(call.func)):
            return False
    return True


def _handed_back(
    picture: Picture, rule: Rule, search: Search, body: list[AnyStatement], clause: Handler
) -> Iterator[Finding]:
    """A text of the exception that a function gives back, and that a handler which called it puts into its answer."""
    place, made = search.place, dict(search.made)
    gave = [one.value for one in statements(body) if isinstance(one, Return) and isinstance(one.value, Name)]
    told = next((made[one.id] for one in gave if isinstance(one, Name) and one.id in made), None)
    held: frozenset[int | str] = frozenset()
    tainted = {clause.name or "", *made}
    for one in walk(clause.body) if clause.name else ():
        if told is None and isinstance(one, Return) and one.value is not None and not isinstance(one.value, Name):
            told = search.tells(one.value, tainted)
            held = parts(search, one.value, tainted) if told is not None else held
    if told is None:
        return
    for site in flow_of(picture).callers.every(place):
        if site.place not in picture.handlers():
            continue
        outer = Search(search.project, site.place, answers=True, responds=True, handled=search.handled, parts=held)
        call = f"@{site.line}:{site.column}"
        if outer.leak(search.project.body(site.place), {call}) is not None:
            yield _finding(rule, place, search, told, chain(clause.kind) if clause.kind else "", Confidence.MEDIUM)
            return


def _unforeseen(body: list[AnyStatement]) -> list[AnyStatement]:
    """What a handler of errors does when the framework's own one (``response = exception_handler(exc, context)``) did
    not know the error."""
    for number, one in enumerate(body):
        if not isinstance(one, If):
            continue
        test, refused = one.test, isinstance(one.test, Unary) and one.test.op == "not"
        if isinstance(test, Compare) and test.operators in (["is"], ["is not"]):
            refused = test.operators == ["is"]
        if refused:
            return one.then
        if one.then and isinstance(one.then[-1], Return):
            return body[number + 1 :]
        return one.otherwise
    return body


def _of_errors(function: Function) -> bool:
    """Whether a function is given an error and looks at its cause or at a traceback; its body stays closed."""
    return any(_ERROR.search(one.name) for one in function.parameters) and any(
        use.chain in TRACES or use.chain.endswith(("__cause__", "__context__")) for use in function.uses
    )


def _told_by_handlers(rule: Rule, search: Search, function: Function) -> Iterator[Finding]:
    """What functions that answer or format errors tell of what lies behind an error, whatever it is."""
    place, body = search.place, search.project.body(search.place)
    gave = [one.value for one in walk(body) if isinstance(one, Return) and one.value is not None]
    names = {chain(one) for one in gave if isinstance(one, Name)}
    given = next(one.name for one in function.parameters if _ERROR.search(one.name))
    asked = ASKING.search(function.parameters[0].name) is not None
    for node in walk(body):
        if asked and gave and isinstance(node, Call | Format) and _of_cause(node, given):
            # ``str(exc.__cause__)`` in a function that answers a request.
            yield _finding(rule, place, search, node, f"{given}.__cause__", Confidence.MEDIUM)
        elif isinstance(node, Assign) and isinstance(node.value, Call) and chain(node.value.func) in TRACES:
            # ``told["extensions"]["stack"] = traceback.format_exc()``, and ``told`` is what it gives back.
            base: AnyExpression = node.targets[0]
            while isinstance(base, Subscript):
                base = base.value
            if isinstance(node.targets[0], Subscript) and chain(base) in names:
                yield _finding(rule, place, search, node.value, given, Confidence.MEDIUM)


def _of_cause(node: Call | Format, name: str) -> bool:
    """``str(exc.__cause__)``, ``f"{exc.__context__}"``."""
    if isinstance(node, Call):
        parts = [one.value for one in node.arguments] if chain(node.func) in {"str", "repr"} else []
    else:
        parts = [one.value for one in children(node) if isinstance(one, Interpolation)]
    return any(chain(part) in {f"{name}.__cause__", f"{name}.__context__"} for part in parts)


def _finding(
    rule: Rule, place: Place, search: Search, found: AnyExpression, kind: str, confidence: Confidence
) -> Finding:
    caught = f"any `{kind}`" if kind in BROAD else f"`{kind}`" if kind else "whatever was raised"
    made = search.text(found)
    answer = Related(location(place, found), "goes into the answer here")
    return Finding(
        rule=rule.code,
        location=location(place, made),
        message=f"The text of {caught} goes into the answer: statements, paths and hosts of the server go with it",
        fix=_FIX,
        severity=rule.severity,
        confidence=confidence,
        related=(answer,) if made is not found else (),
    )
