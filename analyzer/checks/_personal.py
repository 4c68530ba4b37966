"""What handlers hand out of people: personal columns of the responses they declare, of the models they read, of the
tables and collections they ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.checks._chains import spine
from analyzer.checks._owners import Owners
from analyzer.checks._privileged import gives_money
from analyzer.checks._public import PICKING, below
from analyzer.checks._resources import Resources
from analyzer.checks._whole import answered_as_kept
from analyzer.facts.codec import encode
from analyzer.facts.expressions import Attribute, Call, Constant, Generator, Mapping, Name, Subscript
from analyzer.facts.statements import For
from analyzer.facts.visit import calls, chain, walk
from analyzer.flow.questions import uses_of
from analyzer.frameworks import persistence
from analyzer.frameworks.text import argument
from analyzer.graph.picture import Picture
from analyzer.project import Place

_PERSONAL = re.compile(
    r"^(?:e_?mail(?:_address)?|phone(?:_number)?|mobile|(?:hashed_|encrypted_)?password(?:_hash)?|ssn|passport\w*"
    r"|credit_card\w*|card_number|card_?holder\w*|billing_(?:account|address|e_?mail)\w*|salary|birth\w*|date_of_birth|dob|iban|home_address|street\w*|api_key|access_token)$"
)
"""Columns that say something about a person, or open something."""
_SENSITIVE = re.compile(
    r"^(?:Audit\w*|Payments?|Invoices?|ApiKeys?|CreditCards?|BankAccounts?|Payslips?|Prescriptions?|MedicalRecords?"
    r"|LoginAttempts?|AccessTokens?|Transactions?|Transfers?|Loans?|Patients?)$"
)
"""Models whose every record is somebody's secret, whatever its columns are called."""
_SHOWN = re.compile(r"(?<=[a-z])(?:Out|Read|Response|Schema|Public|Detail|DTO|Dto|List)+$")
"""What schemas of answers are called beyond the record."""
_CONFIDED = re.compile(
    r"(?:private_|direct_)?(?:messages?|notes?|documents?|orders?|bookings?|carts?|appointments?)$", re.I
)
"""Tables whose single records are somebody's, where those beside are guarded."""
_SENT = re.compile(r"request|form|data|body|payload|json|args|headers|cookies|session|config|environ|settings|os\b")
_MONEY = re.compile(r"^(?:balance|account_number|account_no|card_no|cvv|cvc|credit_limit|bank_account\w*)$")
"""Columns of tables in SQL that nobody shows to strangers either."""
_SELECT = re.compile(r"\A\s*SELECT\s+([^;]+?)\s+FROM\s+[\"'`\[]?(\w+)", re.IGNORECASE)
_SELECT_IN_BYTES = re.compile(rb"select\s", re.IGNORECASE)
_COLUMN = re.compile(r"(?<![\w(])(?:\w+\.)?(\w+)(?=\s*(?:,|\Z|\bAS\b))", re.IGNORECASE)
_LISTS = re.compile(r"(?:^|\.)(?:[Ll]ist|Sequence|Iterable|[Tt]uple)$")
_PUBLISHED = re.compile(
    r"Review|Comment|Rating|Post|Article|Blog|Question|Answer|Listing|Product|Event|Story|Video|Recipe|Topic|Thread"
    r"|Suggestion|Change|Contribution|Release|Package",
)
"""Records that somebody made for everybody to read."""
_OWNED = frozenset(
    {"user", "user_id", "owner", "owner_id", "customer", "customer_id", "patient", "patient_id", "member"}
)
"""Columns that say whose a record is."""


def personal(picture: Picture, handler: Place, *, owned: bool = False) -> tuple[str, str] | None:
    """A model with personal columns that the handler (or what it calls) reads, and the column; ``None`` for none.

    ``owned``: a column that says whose a record is counts as well, for one record is asked for by its id.

    A declared response of ours that has no such field hands none out.
    """
    project = picture.project
    declared = _declared(picture, handler)
    if declared:
        names = (project.outline(path).classes[index].name for path, index in declared)
        secret = next((one for one in names if _SENSITIVE.match(_SHOWN.sub("", one))), "")
        return (
            (secret, "records")
            if secret
            else next(
                (
                    (project.outline(path).classes[index].name, name)
                    for path, index in declared
                    for name in _fields(picture, path, index)
                    if _PERSONAL.match(name) or gives_money(name)
                ),
                None,
            )
        )
    for place in below(picture, handler):
        told = selected(picture, place, owned=owned) or _picked(picture, place)
        told = told or _all_people(picture, place)
        if told is not None:
            return told
        if not any(access.kind == "read" for access in picture.accesses_of(place)):
            continue
        at = project.function(place)
        for use in at.uses if at else ():
            target = project.resolve(place, use.chain.partition(".")[0], use.line)
            if target is None or target.kind != "class" or not persistence.is_model(project, target.path, target.index):
                continue
            called = project.outline(target.path).classes[target.index].name
            if _SENSITIVE.match(called):
                return called, "records"
            for name in _fields(picture, target.path, target.index):
                if _PERSONAL.match(name) or (owned and name in _OWNED and not _PUBLISHED.search(called)):
                    return project.outline(target.path).classes[target.index].name, name
    return None


def whole_people(picture: Picture, handler: Place) -> bool:
    """Whether a handler hands out all documents of a collection of people, with all that is kept of them."""
    return any(_all_people(picture, place) is not None for place in below(picture, handler))


def _all_people(picture: Picture, place: Place) -> tuple[str, str] | None:
    """A collection of people all of whose documents are asked for, or one as it is kept, none of their fields left out
    but their key."""
    resources, owners = picture.shared(Resources), picture.shared(Owners)
    for call in calls(picture.project.body(place)) if _finds(picture, place) else ():
        if not isinstance(call.func, Attribute) or call.func.attr not in {"find", "find_one"}:
            continue
        if call.func.attr == "find_one":
            one = resources.asked(place, call, spine(call)[0]) if answered_as_kept(picture, place, call) else ""
            if one.startswith("collection:") and owners.people(one):
                return one.partition(":")[2], "records"
            continue
        given = [one.value for one in call.arguments]
        asked = [[str(getattr(key, "value", "")) for key in one.keys] for one in given if isinstance(one, Mapping)]
        every = len(asked) == len(given) and asked[:1] in ([], [[]]) and asked[1:2] in ([], [["_id"]])
        resource = resources.asked(place, call, spine(call)[0]) if every else ""
        if resource.startswith("collection:") and owners.people(resource):
            return resource.partition(":")[2], "records"
    return None


_FINDING = re.compile(r"\.find(?:_one)?(?:\Z|\(\))")


def _finds(picture: Picture, place: Place) -> bool:
    return any(_FINDING.search(use.chain) for use in uses_of(picture.project, place))


def _picked(picture: Picture, place: Place) -> tuple[str, str] | None:
    """``User.objects.values("username", "password")``: the class and the column of a person that are asked for by name,
    whoever declares the class."""
    uses = uses_of(picture.project, place)
    if not any(use.kind == "call" and use.chain.endswith(PICKING) for use in uses):
        return None
    for call in calls(picture.project.body(place)):
        held = chain(call.func)
        if ".objects." in held and held.endswith(PICKING):
            for one in call.arguments:
                name = one.value.value if isinstance(one.value, Constant) else None
                if isinstance(name, str) and one.keyword is None and _PERSONAL.match(name):
                    return held.partition(".objects.")[0], name
    return None


def declares_personal(picture: Picture, handler: Place) -> bool:
    """Whether the response that a handler declares has a personal column."""
    return any(
        _PERSONAL.match(name) for path, index in _declared(picture, handler) for name in _fields(picture, path, index)
    )


def declared_list(picture: Picture, handler: Place) -> tuple[str, str] | None:
    """The class, and a personal column of it, that a handler declares to answer a list of."""
    project = picture.project
    function = project.outline(handler.path).functions[handler.index]
    given = [argument(one, 99, "response_model") for one in function.decorators if isinstance(one, Call)]
    for expression in [*given, function.returns]:
        if not isinstance(expression, Subscript) or not _LISTS.search(chain(expression.value)):
            continue
        for node in walk(expression.index):
            target = project.resolve_expression(handler, node) if isinstance(node, Name | Attribute) else None
            if target is not None and target.kind == "class" and target.index >= 0:
                names = _fields(picture, target.path, target.index)
                told = next((name for name in names if _PERSONAL.match(name) or gives_money(name)), "")
                if told:
                    return project.outline(target.path).classes[target.index].name, told
    return None


def read_of_each(picture: Picture, handler: Place, model: tuple[str, int] | None) -> str:
    """The personal column that a handler reads of each of several records in turn, itself or by a method of their
    model; ``""`` for none."""
    project = picture.project
    nodes = list(walk(project.body(handler)))
    turns = [node.target for node in nodes if isinstance(node, For | Generator)]
    names = {node.id for turn in turns for node in walk(turn) if isinstance(node, Name)}
    methods = dict(project.classes.methods(*model)) if model is not None and model[1] >= 0 else {}
    for node in nodes:
        if isinstance(node, Attribute) and isinstance(node.value, Name) and node.value.id in names:
            if _PERSONAL.match(node.attr):
                return node.attr
            for inner in walk(project.body(methods[node.attr])) if node.attr in methods else ():
                if isinstance(inner, Attribute) and chain(inner.value) == "self" and _PERSONAL.match(inner.attr):
                    return inner.attr
        elif isinstance(node, Subscript) and isinstance(node.value, Name) and node.value.id in names:
            key = node.index.value if isinstance(node.index, Constant) else None
            if isinstance(key, str) and _PERSONAL.match(key):
                return key
    return ""


def selected(picture: Picture, place: Place, *, owned: bool = False) -> tuple[str, str] | None:
    """A table and a personal column of it that a function's own text of SQL asks for, several or all columns of which
    the text names; ``owned`` as :func:`personal` takes it. Where the text asks for all, the code says what is read.
    """
    body = picture.project.body(place)
    if not _SELECT_IN_BYTES.search(encode(body)):
        return None
    resources = picture.shared(Resources)
    for call in calls(body):
        found = _SELECT.match(resources.statement(place, call))
        if found and _SENSITIVE.match(found[2].title().replace("_", "")):
            return found[2].lower(), "records"
        if found and owned and _CONFIDED.match(found[2]):
            return found[2].lower(), "records"
        if found and found[1].strip() == "*":
            read = next((key for key in _read_of_rows(body) if _PERSONAL.match(key.lower())), "")
            if read:
                return found[2].lower(), read
        for name in _COLUMN.findall(found[1]) if found else ():
            if _PERSONAL.match(name.lower()) or _MONEY.match(name.lower()):
                return found[2].lower(), name  # type: ignore[index]
    return None


def _read_of_rows(body: Sequence[msgspec.Struct]) -> Iterator[str]:
    """The keys that code takes out of rows: ``row["password"]``, and nothing of a request."""
    for node in walk(body):
        key = node.index.value if isinstance(node, Subscript) and isinstance(node.index, Constant) else None
        if isinstance(node, Subscript) and isinstance(key, str) and not _SENT.search(chain(node.value)):
            yield key


def _declared(picture: Picture, handler: Place) -> list[tuple[str, int]]:
    """The classes of ours in the declared response: ``response_model=Page[UserOut]``, ``-> list[UserOut]``."""
    project = picture.project
    function = project.outline(handler.path).functions[handler.index]
    given = [argument(one, 99, "response_model") for one in function.decorators if isinstance(one, Call)]
    found = []
    for expression in [*given, function.returns]:
        for node in walk(expression) if expression is not None else ():
            target = project.resolve_expression(handler, node) if isinstance(node, Name | Attribute) else None
            if target is not None and target.kind == "class" and target.index >= 0:
                found.append((target.path, target.index))
    return [*found, *(inner for one in found for inner in _inside(picture, *one))]


def _inside(picture: Picture, path: str, index: int) -> Iterator[tuple[str, int]]:
    """The schemas of ours that a page of them lists: ``items: list[UserOut]``."""
    project = picture.project
    for _, at, statement in project.classes.fields(path, index):
        listed = isinstance(statement.annotation, Subscript) and _LISTS.search(chain(statement.annotation.value))
        for node in walk(statement.annotation) if listed and statement.annotation is not None else ():
            target = project.resolve_expression(Place(at, -1), node) if isinstance(node, Name | Attribute) else None
            if target is not None and target.kind == "class" and target.index >= 0:
                yield target.path, target.index


def _fields(picture: Picture, path: str, index: int) -> Iterator[str]:
    """The fields that a class of ours declares, inherited ones too."""
    return (name for name, _, _ in picture.project.classes.fields(path, index))
