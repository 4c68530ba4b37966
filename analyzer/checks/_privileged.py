"""Names of fields that say what somebody may do, has, or owns: no client sets them of itself."""

from __future__ import annotations

import re

from analyzer.facts.expressions import Constant
from analyzer.facts.expressions import Sequence as Row
from analyzer.frameworks.persistence import is_model
from analyzer.project import Project, Target

_RIGHTS = re.compile(
    r"^(?:is_?)?(?:admin|superuser|super_user|staff|administrator|verified|email_verified|approved|moderator|premium|vip)$"
    r"|^(?:user_?)?(?:role|roles|permissions?|user_permissions|groups|privileges?|access_level|scopes|user_type"
    r"|account_type)$"
)
"""Fields that give rights."""
_VALUES = re.compile(
    r"^(?:account_)?(?:balance|credits?|available_credit|wallet|credit_limit|owner|owner_id|created_by)$"
)
"""Fields that hold money or say whose a record is."""
_MONEY = re.compile(r"^(?:account_|wallet_)?(?:balance|credits|available_credit|credit_limit)$|^wallet(?:_\w*amount)?$")
"""Those of them that hold money."""
_USERS = frozenset({"django.contrib.auth.models.User", "django.contrib.auth.get_user_model()",
    "django.contrib.auth.models.AbstractUser"})  # fmt: skip
_USER_FIELDS = ("is_superuser", "is_staff", "groups", "user_permissions")


def gives_rights(name: str) -> bool:
    """Whether a field of this name gives rights."""
    return _RIGHTS.match(name) is not None


def gives_money(name: str) -> bool:
    """Whether a field of this name is what somebody has."""
    return _MONEY.match(name) is not None


def privileged(name: str) -> bool:
    """Whether a field of this name is none that clients set of themselves."""
    return gives_rights(name) or _VALUES.match(name) is not None


def privileged_fields(project: Project, target: Target | None) -> list[str] | None:
    """The privileged fields of a model, in order; ``None`` when it is no model that is known."""
    if target is None:
        return None
    if target.dotted.removesuffix("()") in _USERS:
        return list(_USER_FIELDS)
    if target.kind not in {"class", "instance"} or target.index < 0:
        return None
    if not is_model(project, target.path, target.index):
        return None
    found = [name for name, _, _ in project.classes.fields(target.path, target.index) if privileged(name)]
    if _USERS.intersection(project.classes.externals(target.path, target.index)):
        found.extend(_USER_FIELDS)
    return list(dict.fromkeys(found))


def words(node: object) -> list[str] | None:
    """The texts of a display: ``["name", "email"]``; the one text of ``"__all__"``."""
    if isinstance(node, Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, Row):
        return [str(one.value) for one in node.items if isinstance(one, Constant)]
    return None
