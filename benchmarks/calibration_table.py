"""The calibration as the data that rules read, and ``docs/calibration.md`` that explains it."""

from __future__ import annotations

from analyzer.knowledge.schema import Calibration, Measured

HEAD = """\
# What real backends look like: the values that 70, 80, 90 and 95 percent of the code do not exceed, a role at a time.
# Written by `python -m benchmarks calibrate`; docs/calibration.md explains it. Rules read it when they run.
"""
MEASURES = {
    "controller-collaborators": (
        "collaborators a controller",
        "services, repositories and clients that the handlers of one class, or of one module, call, and persisted "
        "classes that they query themselves",
    ),
    "controller-routes": ("routes a controller", "handlers of one class, or of one module outside classes"),
    "handler-evidence": (
        "evidence a handler",
        "the weighted sum of BA501 over handlers that work anything out themselves",
    ),
    "method-branches": (
        "branches a repository method",
        "decisions after McCabe (1976), but for an `if` that only sets an optional field or adds an optional filter",
    ),
    "method-operations": (
        "operations a repository method",
        "queries and writes on the longest way through it; preparing a write, fetching what a statement gave and "
        "ending a transaction are none",
    ),
    "repository-entities": (
        "entities a repository",
        "persisted classes that its methods begin their queries with",
    ),
}
"""A name and a definition for each measure."""

RULES = [
    [
        "[BA501](../rules/BA501-business-logic-in-controller/README.md)",
        "a handler that mixes two kinds of work or more",
        "evidence at or above 80 %; from 90 % on the confidence is high",
    ],
    [
        "[BA509](../rules/BA509-overloaded-controller/README.md)",
        "a controller that is about two things or more",
        "routes and collaborators both beyond 80 %; both beyond 90 %: high confidence; one alone beyond 95 %: low",
    ],
    [
        "[BA510](../rules/BA510-laborious-repository/README.md) (pedantic)",
        "a method, or a repository of many entities",
        "operations or branches beyond 95 %; entities beyond 80 %",
    ],
]
"""Which rule reads which threshold."""
SMELLS = [
    [
        "Brain Controller",
        "a controller with too much flow control, measured by what its methods call",
        "BA501 counts decisions on domain data, arithmetic, state and writes a handler; guard clauses, parsing and "
        "mapping are a controller's work and do not count",
    ],
    [
        "Promiscuous Controller",
        "more than 10 routes, or more than 3 services",
        "BA509: both at once, since twenty routes on one service are a large resource and no mixture; persisted "
        "classes that handlers query themselves count as well, since many applications have no services",
    ],
    [
        "Brain Repository",
        "complex control flow and complex SQL",
        "BA510: decisions only, without optional filters and optional fields; the SQL is hidden in query builders",
    ],
    [
        "Fat Repository",
        "more than one entity",
        "BA510: more entities than 80 % of the code keeps to; a second one is normal, half of the code has it",
    ],
    [
        "Laborious Repository Method",
        "more than one action on the database",
        "BA510: more actions on one way through than 95 % of the code has; looking a record up and writing it are two "
        "already",
    ],
    ["Meddling Service", "a service that runs SQL itself", "a question of who queries, not of a threshold"],
]
"""A smell, what it is in the catalogue, and what it is here."""


def written(found: Calibration) -> str:
    """The calibration as TOML."""
    lines = [HEAD, "[calibration]", f'date = "{found.date}"']
    for system in found.backends:
        lines += ["", "[[calibration.backends]]", f'name = "{system.name}"', f'version = "{system.version}"']
        lines += [f"lines = {system.lines}", f"handlers = {system.handlers}", f"methods = {system.methods}"]
    for item in found.measured:
        at = ", ".join(f"{share} = {value:g}" for share, value in item.at.items())
        lines += ["", "[[calibration.measured]]", f'name = "{item.name}"', f"systems = {item.systems}"]
        lines += [f"units = {item.units}", f"at = {{ {at} }}"]
    return "\n".join(lines) + "\n"


def document(found: Calibration) -> str:
    """The whole document."""
    shares = [int(share) for share in found.measured[0].at]
    head = ["Measure", "Backends", "Units", *(f"{share} %" for share in shares)]
    backends = [
        [f"{item.name} {item.version}", f"{item.lines:,}", str(item.handlers), str(item.methods)]
        for item in found.backends
    ]
    return f"""# Where the thresholds come from

Made by `python -m benchmarks calibrate` on {found.date}, from {len(found.backends)} released backends. The
table is kept as data in [`analyzer/knowledge/calibration.toml`](../analyzer/knowledge/calibration.toml), and
the rules read it when they run.

## The table

{_table(head, [_row(item) for item in found.measured])}

A row says: this share of the code does not exceed this value. Code at or above the value of 90 % is like the
most extreme tenth.

{_definitions(found.measured)}

## Who reads what

{_table(["Rule", "Reported", "Threshold"], RULES)}

## How it is made

The method is that of Alves, Ypma and Visser, *Deriving metric thresholds from benchmark data* (ICSM 2010):

1. Every unit of a backend is measured, and weighs as many lines of code as it has. One long handler counts for
   more than ten that return a constant, because more of the program is in it.
2. The weights of a backend sum up to one, so a backend of a million lines says as much as one of twenty
   thousand.
3. All units are put in the order of their value. The value at which 70, 80, 90 or 95 % of the weight is reached
   is the threshold.

A backend has a say about a role only with ten functions of that role or more, and about the evidence of
handlers only with ten handlers that have any.

That thresholds belong to a role is the idea of Aniche, Treude, Zaidman, van Deursen and Gerosa, *SATT:
Tailoring code metric thresholds for different software architectures* (SCAM 2016). They test first whether a
role differs from the rest of the system (Wilcoxon, Cliff's delta). We do not: a service has no routes and a
controller no entities, so nearly all of these measures exist in one role only. The role is the one that the
picture infers, with all its mistakes; what is not recognised is not measured.

## What the evidence of a handler weighs

The weights (`WEIGHTS` in [`business.py`](../analyzer/graph/business.py)) are a judgement and are not
calibrated: no data says how much worse a state-changing loop is than an addition. What is calibrated is the
sum.

Files, caches, containers in memory, jobs, credentials and totals became evidence on 2026-11-28, after the table
was made; the thresholds are still those of the table. More handlers reach them than it says: on the 1,071 handlers
of open-webui, superset and pretix 69 instead of 56. Refusals of a second record, one-time tokens, letters, private
helpers and values that are calculated first and stored later followed the same day: 80 findings there instead of 72.

Most of the code of handlers has no evidence at all. Over all handlers the threshold of 70 % would be zero, and
it would say how many handlers are thin, not from where on one is fat. So the population are the handlers that
work something out. That was decided after a look at both: of twenty handlers between the threshold of 90 % over
all handlers and the one in the table, we would have moved the work of eleven or twelve, and a rule that is
right so seldom is a nuisance. Handlers that people had labelled took part in the choice, too: the threshold of
95 % over all handlers would miss two of them. They say where the line lies and cannot confirm it.

## Where we differ from the smells of web applications

The starting point are the smells of Aniche, Bavota, Treude, Gerosa and van Deursen, *Code smells for
Model-View-Controller architectures* (Empirical Software Engineering 23, 2018).

{_table(["Smell", "There", "Here"], SMELLS)}

## The backends

{_table(["Backend", "Lines", "Handlers", "Functions of repositories"], backends)}

Of each release only the `.py` files of its wheel are read; nothing of it is run. Backends whose data access is
not recognised as a repository show few functions of repositories, so those rows of the table rest on the
backends that have some.
"""


def _row(item: Measured) -> list[str]:
    return [MEASURES[item.name][0], str(item.systems), f"{item.units:,}", *(f"{value:g}" for value in item.at.values())]


def _definitions(measured: tuple[Measured, ...]) -> str:
    return "\n".join(f"- {MEASURES[item.name][0]}: {MEASURES[item.name][1]}." for item in measured)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *("--:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
