"""The part of BA303 about lists of what people keep for themselves: every record of a kind that belongs to somebody."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.checks._everybodys import PRIVATE
from analyzer.checks._owners import FRAMEWORK, Model, Owners
from analyzer.checks._records import Records
from analyzer.checks._resources import Resources
from analyzer.facts.expressions import Attribute, Call, Name
from analyzer.facts.visit import chain, walk
from analyzer.frameworks import Route
from analyzer.graph.picture import Picture
from analyzer.project import Place

_KEPT = re.compile(
    r"(?<!Pro)File|Upload|Todo|ToDo|Diary|Expense|Payslip|Salary|Medical|Health|Diagnos|LabResult|BankStatement|Contract",
)
"""More names of such records; those of the list that BA304 has go without saying."""
_FOR_ALL = re.compile(
    r"Review|Comment|Rating|Post|Article|Blog|Question|Answer|Listing|Product|Event|Story|Video|Recipe|Topic|Thread"
    r"|Release|Package|Public|Shared|Gallery|Photo|Image|Media|Message|Chat|Conversation|Channel|Card",
)
_OPENED = re.compile(r"public|publish|shared|visib|approv|anonym|is_active|status|token|slug|uuid", re.IGNORECASE)
"""Words of code that tells apart what everybody may see."""
_AUDITED = re.compile(r"creat|add|upload|post|edit|updat", re.IGNORECASE)
_WHOLE = frozenset(
    {"all", "order_by", "select_related", "prefetch_related", "query", "objects", "select", "scalars", "fetchall"}
)
"""Steps of chains that leave nothing out."""


def everybodys_own(picture: Picture, handler: Place, routes: Sequence[Route]) -> tuple[str, str] | None:
    """The kind of records all of which a handler hands out, and the column that says whose each is."""
    project, resources = picture.project, picture.shared(Resources)
    trail = picture.shared(Records).of(handler, routes)
    if trail.caller or any("{" in route.path for route in routes):
        return None
    names = (chain(node) for node in walk(project.body(handler)) if isinstance(node, Name | Attribute))
    if any(_OPENED.search(name) for name in names):
        return None
    for load in trail.loads:
        model = resources.model(load.resource)
        if model is None or load.keyed or load.scoped or load.used != "read" or not _whole(load.node):
            continue
        column = "email" if model == FRAMEWORK else owner_of(picture, model)
        if column:
            return resources.title(load.resource), column
    return None


def owner_of(picture: Picture, model: Model) -> str:
    """The column that says whose a record of a private kind is; ``""`` where the kind is none."""
    owners, title = picture.shared(Owners), picture.shared(Resources).title(f"model:{model[0]}:{model[1]}")
    if _FOR_ALL.search(title) or not (PRIVATE.search(title) or _KEPT.search(title)):
        return ""
    return next((one for one in owners.columns(model) if not _AUDITED.match(one)), "")


def _whole(node: object) -> bool:
    """Whether a chain asks for every record: ``UserFile.objects.all().order_by("-made")``."""
    while isinstance(node, Call | Attribute):
        if isinstance(node, Call):
            last = chain(node.func).rpartition(".")[2]
            if last not in _WHOLE and node.arguments:
                return False
            node = node.func
        else:
            node = node.value
    return True
