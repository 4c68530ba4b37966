"""Whose the records are: which models hold the people who log in, and which columns of the others refer to them.

Told by the models: a class with a password column (or a library's user base) is the user model; a column with a foreign
key to it, or to a profile that is one to one with it, says whose a record is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import cached_property

from analyzer.facts.expressions import Attribute, Call, Constant, Mapping, Name
from analyzer.facts.visit import chain, walk
from analyzer.flow.passwords import is_password_column
from analyzer.frameworks import persistence
from analyzer.frameworks.text import argument
from analyzer.graph.picture import Picture
from analyzer.model import Tier
from analyzer.project import Place

_USERS = re.compile(
    r"\b(?:AbstractUser|AbstractBaseUser|PermissionsMixin|UserMixin|SQLAlchemyBaseUserTable\w*|BaseUserTable)$"
)
_PERSON = re.compile(r"User|Account|Member|Customer|Person|Employee|Student|Client|Admin|Patient|Profile")
_LOGIN = re.compile(r"^e_?mail")
_KEYS = frozenset(
    {"ForeignKey", "OneToOneField", "ForeignKeyField", "OneToOneFieldInstance", "ReferenceField", "LazyReferenceField"}
)
_LINKS = frozenset({"relationship", "Relationship", "backref", "Link", "BackLink", "ManyToOne"})
_ONE = frozenset({"OneToOneField"})
ROLE_COLUMN = re.compile(
    r"^(?:is_?)?(?:admin|superuser|staff|super_admin)$|^roles?(?:_id)?$|^user_type$", re.IGNORECASE
)
"""Columns and keys that give people a role."""
STANDS_FOR_USER = re.compile(r"AUTH_USER_MODEL$|get_user_model\(\)$|^django\.contrib\.auth\.models\.User$")
_NOT_WHOSE = re.compile(
    r"approv|review|assign|modif|updat|edited|editor|invit|refer|delet|clos|verif|moderat|handled|processed|resolv|last_"
    r"|granted|revoked|checked|locked|follow|friend|target|blocked",
    re.IGNORECASE,
)
"""Columns that refer to a person the record does not belong to."""
WHOSE = re.compile(
    r"^(?:\w+_)?(?:user|owner|author|customer|client|account|patient|student|employee|seller|buyer|creator|member"
    r"|profile|sender|recipient|holder|person)(?:_?id|_uuid|_pk|_username|_name|_email)?$"
    r"|^(?:created|posted|uploaded)_by(?:_\w+)?$|^username$|^uid$",
    re.IGNORECASE,
)
"""What columns that say whose a record is are called: a heuristic of the second rank, also for tables."""
Model = tuple[str, int]
FRAMEWORK: Model = ("", -1)
"""The user model that a framework brings."""


class Owners:
    """Answers about the models of a picture, remembered."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._project = picture.project
        self._columns: dict[Model, tuple[str, ...]] = {}
        self._references: dict[Model, dict[str, tuple[Model, bool]]] = {}

    @cached_property
    def _models(self) -> dict[Model, None]:
        return dict.fromkeys(
            (path, index)
            for path in self._project.paths()
            if self._picture.tier(path) is Tier.MAIN
            for index in range(len(self._project.outline(path).classes))
            if persistence.is_model(self._project, path, index)
        )

    @cached_property
    def users(self) -> frozenset[Model]:
        """The models of those who log in."""
        found = set()
        for path, index in self._models:
            names = [name for name, _, _ in self._project.classes.fields(path, index)]
            bases = self._project.classes.externals(path, index)
            called = self._project.outline(path).classes[index].name
            person = _PERSON.search(called) is not None or any(_LOGIN.search(one) for one in names)
            keyed = person and any(is_password_column(one) for one in names)
            if keyed or any(_USERS.search(one) for one in bases) or called in {"User", "CustomUser"}:
                found.add((path, index))
        return frozenset(found)

    def is_user(self, model: Model) -> bool:
        """Whether a model holds the people who log in."""
        return model == FRAMEWORK or model in self.users

    def people(self, resource: str) -> bool:
        """Whether a table, collection or store without a model holds the people who log in; only its name can say."""
        return re.fullmatch(r"(?:app_|auth_)?users?", resource.rpartition(":")[2].lower()) is not None

    def roles(self, modules: Set[str]) -> bool:
        """Whether people have roles in some modules: a column of the user model, or a key of records kept in memory."""
        columns = (
            name
            for path, index in self.users
            if path in modules
            for name, _, _ in self._project.classes.fields(path, index)
        )
        if any(ROLE_COLUMN.search(name) for name in columns):
            return True
        return any(
            isinstance(key, Constant) and isinstance(key.value, str) and ROLE_COLUMN.search(key.value) is not None
            for path in modules
            for values in self._project.namespace(path).variables.values()
            for value in values
            for node in walk(value)
            if isinstance(node, Mapping)
            for key in node.keys
        )

    @cached_property
    def _by_name(self) -> dict[str, Model]:
        """Models by their class name and by the names their table goes by, in lower case."""
        found: dict[str, Model] = {}
        for path, index in self._models:
            item = self._project.outline(path).classes[index]
            table = self._project.classes.variable(path, index, "__tablename__")
            named = table[1].value if table is not None and isinstance(table[1], Constant) else None
            snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", item.name).lower()
            for name in (named, item.name.lower(), snake, f"{snake}s", f"{item.name.lower()}s"):
                if isinstance(name, str):
                    found.setdefault(name.lower(), (path, index))
        return found

    def named(self, table: str) -> Model | None:
        """The model of a table."""
        return self._by_name.get(table.lower())

    def columns(self, model: Model) -> tuple[str, ...]:
        """Columns (and relationships) that say whose a record of the model is; empty for none."""
        if model == FRAMEWORK:
            return ()
        if model not in self._columns:
            self._columns[model] = tuple(
                name
                for name, (target, _) in self._refers(model).items()
                if not _NOT_WHOSE.search(name) and (self.is_user(target) or self._profile(target))
            )
        return self._columns[model]

    def likely(self, model: Model) -> tuple[str, ...]:
        """Columns that are called like one, where no key says so."""
        if not self.users or model == FRAMEWORK:
            return ()
        return tuple(dict.fromkeys(name for name, _, _ in self._project.classes.fields(*model) if WHOSE.search(name)))

    def through(self, model: Model) -> tuple[str, ...]:
        """Columns that refer to a record which is somebody's: of a mechanic's report, the mechanic."""
        if model == FRAMEWORK:
            return ()
        return tuple(name for name, (target, _) in self._refers(model).items() if self.columns(target))

    def _profile(self, model: Model) -> bool:
        """Whether a model is one to one with the user model."""
        return model != FRAMEWORK and any(one and self.is_user(target) for target, one in self._refers(model).values())

    def _refers(self, model: Model) -> dict[str, tuple[Model, bool]]:
        """What the columns of a model refer to, and whether one to one."""
        if model not in self._references:
            self._references[model] = {}
            self._references[model] = dict(self._keys(model))
        return self._references[model]

    def _keys(self, model: Model) -> Iterator[tuple[str, tuple[Model, bool]]]:
        for name, path, statement in self._project.classes.fields(*model):
            place = Place(path, -1)
            value = statement.value
            for node in walk(value) if value is not None else ():
                if not isinstance(node, Call):
                    continue
                last = chain(node.func).rpartition(".")[2]
                given = argument(node, 0, "to", "to_model", "model", "argument") if last in _KEYS | _LINKS else None
                key = argument(node, 99, "foreign_key")
                for one in (given, key):
                    target = self._meant(place, one)
                    if target is not None:
                        unique = any(item.keyword == "unique" for item in node.arguments)
                        yield name, (target, last in _ONE or unique)
            if statement.annotation is not None and any(
                isinstance(node, Call) and chain(node.func).rpartition(".")[2] in _LINKS for node in walk(value or [])
            ):
                for node in walk(statement.annotation):
                    target = self._meant(place, node)
                    if target is not None:
                        yield name, (target, False)

    def _meant(self, place: Place, given: object) -> Model | None:
        """The model an argument names, ``None`` for nothing known."""
        if isinstance(given, Constant) and isinstance(given.value, str):
            if given.value == "auth.User" or STANDS_FOR_USER.search(given.value):
                return FRAMEWORK
            # ``users.id`` names a table, ``shop.Order`` a class.
            head, _, last = given.value.lower().rpartition(".")
            return self._by_name.get(head.rpartition(".")[2]) or self._by_name.get(last)
        if not isinstance(given, Name | Attribute | Call):
            return None
        target = self._project.resolve_expression(place, given)
        if STANDS_FOR_USER.search(chain(given)) or (target is not None and STANDS_FOR_USER.search(target.dotted)):
            return FRAMEWORK
        if target is not None and target.kind == "class" and (target.path, target.index) in self._models:
            return target.path, target.index
        if isinstance(given, Attribute) and (target is None or target.kind != "class"):
            holder = self._project.resolve_expression(place, given.value)  # ``ForeignKey(User.id)``
            if holder is not None and holder.kind == "class" and holder.index >= 0:
                return holder.path, holder.index
        return None
