"""What a guard demands beyond knowing who asks: a role, a scope, that the record is the caller's, a signature.

It is told by what the guard's code compares before it refuses; for libraries, whose code is not there, by a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Compare, Constant, Name, Subscript
from analyzer.facts.outline import Function
from analyzer.facts.statements import AnyStatement, Assert, Evaluate, Handler, If, Raise, Return, Try
from analyzer.facts.visit import chain, children, walk
from analyzer.frameworks.attachments import RUN, attachment
from analyzer.frameworks.backend import Attachment
from analyzer.frameworks.fastapi import injections
from analyzer.frameworks.persistence import is_schema
from analyzer.graph.idle import always, never
from analyzer.graph.refusals import refuses
from analyzer.project import Place, Project

RANK = {"": 0, "authenticated": 1, "signature": 2, "scope": 3, "role": 4, "owner": 5}
"""Demands by how much they ask; of several in one guard the greatest is told."""

_LIBRARY = {
    "role": "IsAdminUser staff_member_required superuser_required admin_required roles_required roles_accepted "
    "permission_required permissions_required permissions_accepted PermissionRequiredMixin UserPassesTestMixin "
    "user_passes_test DjangoModelPermissions DjangoModelPermissionsOrAnonReadOnly has_access has_access_api "
    "django_auth_superuser django_auth_is_staff SessionAuthSuperUser SessionAuthIsStaff "
    "check_permission has_permissions role_required SuperuserRequiredMixin StaffuserRequiredMixin GroupRequiredMixin",
    "scope": "TokenHasScope TokenHasReadWriteScope TokenMatchesOASRequirements IsAuthenticatedOrTokenHasScope requires "
    "require_oauth oauth_required requires_scope scopes_required",
    "owner": "DjangoObjectPermissions",
}
_DEMANDS = {name: kind for kind, names in _LIBRARY.items() for name in names.split()}
"""What the guards of libraries demand, by their last name: Django, REST framework and its OAuth toolkit,
Django Ninja, django-braces, flask-security, flask-principal, Flask-AppBuilder, aiohttp-security, Starlette, Authlib."""
_NO_SCOPE = frozenset({"authenticated", "admin"})

_ROLE = re.compile(
    r"super_?user|is_?staff|is_?admin|super_?admin|(?:^|[._])admin(?:$|[._\[(])|(?:^|[._])(?:user_?)?roles?(?:$|[._\[(])"
    r"|[a-z]_roles?(?:$|[._\[(])|has_role|role_?(?:id|name|required)|has_perm|permission|privilege"
    r"|(?:^|[._])groups?(?:$|[._\[(])|access_level|user_type|account_type|capabilit|(?:is|require)_(?:manager|moderator)",
    re.IGNORECASE,
)
_NOUN = re.compile(r"^(?:\w+_)?(?:roles?|permissions?|groups?|privileges?)\.(?!has|get|can|check|allow)", re.IGNORECASE)
"""``role.slug``: what the request is about, not what the caller has."""
_SCOPE = re.compile(r"(?:^|[._])(?:\w+_)?scopes?(?:$|[._\[(])", re.IGNORECASE)
_CALLER = re.compile(
    r"current_?user|request\.user|^g\.\w*user|^user(?:$|\.)|identity|claims|principal|^session\.|actor|^(?:payload|me)\.",
    re.IGNORECASE,
)
"""Who is asking, from the name's beginning: ``order.user.id`` is somebody else."""
_KNOWN = re.compile(r"current|identity|claims|principal|actor|^me$", re.IGNORECASE)
"""Parameters that hold who is asking, however they got there."""
_PERSON = re.compile(
    r"(?:current_?user|request\.user|^g\.user|^identity)\.(?:e_?mail|user_?name|name|login|sub)$", re.I
)
"""What tells one person from all others."""
_CALLER_ID = re.compile(r"^(?:user_?id|uid|user_?name)$", re.IGNORECASE)
_WHOSE = re.compile(
    r"(?:^|_)(?:id|pk|uid|uuid|user|owner|author|username|sub|customer|account|member|creator|created_by|tenant)$",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"^hmac\.(?:new|digest)$|\.construct_event$|(?:verify|check|validate)_?\w*signature|verify_webhook|compare_digest$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"signature|x-hub|hmac|signed", re.IGNORECASE)
_TOKENS = re.compile(r"authori[sz]ation|bearer|jwt|session|cookie", re.IGNORECASE)
_ASKED = re.compile(
    r"^(?:check_(?:access|perm\w*|role\w*|auth\w*)|authori[sz]e\w*|has_(?:any_)?(?:role|perm)\w*|is_authorized|enforce"
    r"|(?:require|ensure|verify)_\w*(?:role|admin|perm|access)\w*)$",
    re.IGNORECASE,
)
"""Calls that are given the name of a role or of a permission: ``check_access("reports.write")``."""
_ENDING = frozenset({"abort", "send_error", "halt", "redirect", "deny", "fail"})
_ANSWERING = ("has_permission", "has_object_permission", "test_func", "permits", "is_accessible")
"""Methods whose answer is the decision itself."""
_DEPTH = 2
_LONGEST = 40
_MOST = 3
_NAMED = re.compile(r"[A-Za-z][\w.:-]*")
_SAID = frozenset({"role", "scope"})
_CALLED = re.compile(r"permission|privilege|admin|super_?user|(?:^|[._])(?:role|staff|moderator)", re.IGNORECASE)
"""Guards by what they are called, where their code does not say what they compare."""
_OWNING = re.compile(r"(?:^|_)own(?:er|ership)?(?:_|$)|restrict", re.IGNORECASE)


class Demand(msgspec.Struct, frozen=True, order=True):
    """``kind`` is one of :data:`RANK`; ``wanted`` names the role or scope where the code does."""

    kind: str
    wanted: str = ""


class Demands:
    """Demands by function, remembered."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[Place, Demand] = {}

    def attached(self, one: Attachment) -> Demand:
        """What something attached to a route demands, given that it guards."""
        said = ", ".join(one.words)
        if not one.place.path:
            last = one.dotted.removesuffix("()").rpartition(".")[2]
            kind = (
                "role" if one.dotted.startswith("flask_appbuilder.") and last == "protect" else _DEMANDS.get(last, "")
            )
            if kind == "scope" and one.words and _NO_SCOPE.issuperset(one.words):
                kind = "role" if "admin" in one.words else "authenticated"
            kind = kind if kind in _SAID else one.asks if said and one.asks else kind
            if not kind and "." not in one.dotted:
                # Nobody can say what it does, and so its name has to.
                kind = "role" if _CALLED.search(last) else "owner" if _OWNING.search(last) else ""
            return Demand(kind or "authenticated", said if kind in _SAID else "")
        found = self.of(one.place)
        beside = self._answered(one.place) if one.verified else self._beside(one.place)
        if RANK[beside.kind] > RANK[found.kind]:
            found = beside
        if RANK[found.kind] < RANK["scope"] and _CALLED.search(_name(one.dotted)):
            found = Demand("role")
        if found.kind in _SAID and said:
            return Demand(found.kind, said)
        if one.asks == "role" and said and RANK[found.kind] < RANK["scope"]:
            return Demand("role", said)
        return found if found.kind else Demand("authenticated")

    def of(self, place: Place, depth: int = 0) -> Demand:
        """What a function demands, itself or through what it calls and depends on; an empty kind for nothing."""
        if place in self._known:
            return self._known[place]
        function = self._project.function(place)
        if depth > _DEPTH or function is None:
            return Demand("")
        self._known[place] = Demand("")
        # What it asks itself says more than what it asks on the way, and the first of the greatest counts.
        best = max(self._own(place, function), key=lambda one: RANK[one.kind], default=Demand(""))
        if RANK[best.kind] < RANK["scope"]:
            best = max([best, *self._through(place, function, depth)], key=lambda one: RANK[one.kind])
        self._known[place] = best
        return best

    def inside(self, handler: Place) -> Demand:
        """What a handler's own code demands; what is injected into it is told apart."""
        function = self._project.function(handler)
        if function is None:
            return Demand("")
        found = [*self._own(handler, function), *self._called(handler, function, 0)]
        return max(found, key=lambda one: RANK[one.kind], default=Demand(""))

    def _beside(self, place: Place) -> Demand:
        """What the other answering methods of a permission class demand."""
        project = self._project
        index = project.owner_index(place)
        function = project.function(place)
        if index < 0 or function is None or function.name not in _ANSWERING:
            return Demand("")
        others = [self.of(at) for name, at in project.classes.methods(place.path, index) if name in _ANSWERING]
        return max(others, key=lambda one: RANK[one.kind], default=Demand(""))

    def _answered(self, place: Place) -> Demand:
        """What a function asks for whose answer is the decision: in the tests of its branches and in what it gives."""
        found: list[Demand] = []
        for node in walk(self._project.body(place)):
            if isinstance(node, If) and any(isinstance(one, Return) for one in node.then):
                found += _tested(node.test)
            elif isinstance(node, Return) and node.value is not None:
                found += _tested(node.value)
        return max((one for one in found if one.kind in _SAID), key=lambda one: RANK[one.kind], default=Demand(""))

    def _own(self, place: Place, function: Function) -> Iterator[Demand]:
        body = self._project.body(place)
        nodes = list(walk(body))
        answers = function.name in _ANSWERING
        sent = self._sent(place, function)
        for node in nodes:
            if isinstance(node, Assert):
                yield from _tested(node.test, sent)
            elif isinstance(node, Call) and _ASKED.search(chain(node.func).rpartition(".")[2]):
                said = [one.value.value for one in node.arguments if isinstance(one.value, Constant)]
                texts = [one for one in said if isinstance(one, str) and _NAMED.fullmatch(one)]
                if texts:
                    yield Demand("role", texts[0])
            elif answers and isinstance(node, Return) and node.value is not None:
                yield from _tested(node.value)
        for test in self._deciding(place, body):
            yield from _tested(test, sent)
        if any(chain(one.annotation).endswith("SecurityScopes") for one in function.parameters if one.annotation):
            yield Demand("scope")
        if signed(nodes):
            yield Demand("signature")

    def _sent(self, place: Place, function: Function) -> frozenset[str]:
        """The parameters that hold what the client sends, by their schema: a role in there is asked for, not had."""
        project = self._project
        found = set()
        for one in function.parameters:
            target = project.annotated(place, one.annotation) if one.annotation is not None else None
            if target is None or target.kind not in {"class", "instance"} or target.index < 0:
                continue
            alone = msgspec.structs.replace(function, parameters=[one])
            injected = next(injections(project, place, alone), None) is not None or _KNOWN.search(one.name)
            if not injected and is_schema(project, target.path, target.index):
                found.add(one.name)
        return frozenset(found)

    def _deciding(self, place: Place, block: Sequence[AnyStatement]) -> Iterator[AnyExpression]:
        """The tests of a block whose outcome ends the request, in the branch or behind it."""
        for at, statement in enumerate(block):
            for inner in _blocks(statement):
                yield from self._deciding(place, inner)
            if not isinstance(statement, If) or never(statement.test) or always(statement.test):
                continue
            branches = [*walk(statement.then), *walk(statement.otherwise)]
            behind = any(refuses(self._project, place, one) for one in block[at + 1 :])
            if behind or _ends(statement.then) or any(refuses(self._project, place, one) for one in branches):
                yield statement.test

    def _through(self, place: Place, function: Function, depth: int) -> Iterator[Demand]:
        project = self._project
        for at, call in injections(project, place, function):
            held = attachment(project, at, call, "handler")
            if held is not None and held.place.path:
                found = self.of(held.place, depth + 1)
                yield Demand(found.kind, ", ".join(held.words) or found.wanted) if found.kind in _SAID else found
            elif held is not None:
                yield Demand(_DEMANDS.get(held.dotted.removesuffix("()").rpartition(".")[2], ""))
        yield from self._called(place, function, depth)

    def _called(self, place: Place, function: Function, depth: int) -> Iterator[Demand]:
        project = self._project
        for index, inner in enumerate(project.outline(place.path).functions):
            if inner.parent == place.index:
                yield self.of(Place(place.path, index), depth + 1)
        for use in function.uses:
            if use.kind != "call" or not _LIKELY.search(use.chain):
                continue
            target = project.resolve(place, use.chain, use.line)
            if target is not None and target.kind == "function":
                callee = Place(target.path, target.index)
                if callee != place:
                    yield self.of(callee, depth + 1)
            elif target is not None and target.kind == "external":
                yield Demand(_DEMANDS.get(target.dotted.rpartition(".")[2], ""))


_LIKELY = re.compile(
    r"auth|perm|role|admin|check|require|ensure|verify|validate|assert|guard|allow|access|owner|scope|super|staff|can_"
    r"|user|protect|restrict|policy|must|deny|sign",
    re.IGNORECASE,
)
"""Calls worth following from a guard; the others do its work."""


def _name(dotted: str) -> str:
    """What a guard is called, with its class where it is a method that frameworks name."""
    holder, _, last = dotted.removesuffix("()").rpartition(".")
    return f"{holder.rpartition('.')[2]}.{last}" if last in RUN else last


def signed(nodes: Sequence[msgspec.Struct]) -> bool:
    """Whether code checks the signature of what was sent (a webhook's), and no token of a person's."""
    spelled = [chain(node) for node in nodes if isinstance(node, Name | Attribute)]
    if not any(_SIGNED.search(name) for name in spelled):
        return False
    words = [*spelled, *(one.value for one in nodes if isinstance(one, Constant) and isinstance(one.value, str))]
    return any(_SIGNATURE.search(one) for one in words) and not any(_TOKENS.search(one) for one in words)


def _tested(test: AnyExpression, sent: frozenset[str] = frozenset()) -> Iterator[Demand]:
    """What a test asks for; ``sent`` are names that hold what the client sends."""
    for node in walk(test):
        if isinstance(node, Compare) and _whose(node):
            yield Demand("owner")
        elif isinstance(node, Compare) and _named_person(node):
            yield Demand("role")
    every = list(_chains(test))
    names = [one for one in every if one.partition(".")[0] not in sent]
    if len(names) < len(every) and any(_ROLE.search(one) for one in set(every) - set(names)):
        return  # which role may be given, and not who may give it
    keys = [one.value for one in walk(test) if isinstance(one, Constant) and isinstance(one.value, str)]
    words = [one for one in (*names, *keys) if len(one) < _LONGEST]
    role = next((one for one in words if _ROLE.search(one) and not _NOUN.search(one)), "")
    if role:
        yield Demand("role", _role(test, role, keys))
    elif any(_SCOPE.search(one) for one in (*names, *keys)):
        yield Demand("scope", ", ".join(one for one in keys if ":" in one or "." in one))


def _chains(node: msgspec.Struct) -> Iterator[str]:
    """The longest dotted chains: ``role.is_default``, and not its ``role`` as well."""
    if isinstance(node, Name | Attribute) and chain(node):
        yield chain(node)
        for inner in walk(node):
            if isinstance(inner, Call):
                yield from (one for given in inner.arguments for one in _chains(given))
        return
    for inner in children(node):
        yield from _chains(inner)


def _role(test: AnyExpression, word: str, keys: Sequence[str]) -> str:
    """The role a test names: a constant it compares with, the end of an enumeration, or the flag's own name."""
    flag = re.search(r"super_?user|super_?admin|staff|admin", word, re.IGNORECASE)
    told = [one for one in keys if one != word and _NAMED.fullmatch(one)]
    if told:
        return ", ".join(dict.fromkeys(told[:_MOST]))
    for node in walk(test):
        if isinstance(node, Attribute) and node.attr.isupper() and re.search("role|perm", chain(node), re.IGNORECASE):
            return node.attr.lower()
    return flag[0].lower() if flag else ""


def _whose(node: Compare) -> bool:
    """``order.user_id != user.id``: both sides say whose something is, and one of them who is asking."""
    if len(node.comparators) != 1:
        return False
    sides = [_named(node.left), _named(node.comparators[0])]
    if any(not _WHOSE.search(one.rpartition(".")[2]) for one in sides) or sides[0] == sides[1]:
        return False
    callers = [_CALLER.search(one) is not None for one in sides]
    bare = [_CALLER_ID.search(one) is not None for one in sides]
    return callers[0] != callers[1] or (bare[0] and "." in sides[1]) or (bare[1] and "." in sides[0])


def _named_person(node: Compare) -> bool:
    """``current_user.email != "ada@example.org"``: one person alone may."""
    sides = [node.left, *node.comparators]
    fixed = any(isinstance(one, Constant) and isinstance(one.value, str) and one.value for one in sides)
    return fixed and any(_PERSON.search(chain(one)) for one in sides if isinstance(one, Attribute))


def _named(side: AnyExpression) -> str:
    """The dotted name of one side of a comparison: conversions undone, ``user["id"]`` as ``user.id``."""
    if isinstance(side, Call):
        name = chain(side.func)
        if name in {"str", "int", "UUID", "uuid.UUID"} and side.arguments:
            return _named(side.arguments[0].value)
        key = side.arguments[0].value if side.arguments else None
        if name.endswith(".get") and isinstance(key, Constant) and isinstance(key.value, str):
            return f"{name[:-4]}.{key.value}"
        return ""
    if isinstance(side, Subscript):
        index = side.index
        key_text = index.value if isinstance(index, Constant) and isinstance(index.value, str) else ""
        return f"{_named(side.value)}.{key_text}" if key_text else ""
    return chain(side)


def _ends(block: Sequence[AnyStatement]) -> bool:
    """Whether a branch is a refusal of any kind: it raises, aborts, or sends somewhere else."""
    last = block[-1] if block else None
    if isinstance(last, Raise):
        return True
    value = last.value if isinstance(last, Evaluate | Return) else None
    return isinstance(value, Call) and chain(value.func).rpartition(".")[2] in _ENDING


def _blocks(statement: AnyStatement) -> Iterator[Sequence[AnyStatement]]:
    """The blocks of statements directly inside a statement."""
    if isinstance(statement, If):
        yield statement.then
        yield statement.otherwise
        return
    inner = [one for one in children(statement) if isinstance(one, AnyStatement)]
    if inner:
        yield inner
    if isinstance(statement, Try):
        yield from (one.body for one in statement.handlers if isinstance(one, Handler))
