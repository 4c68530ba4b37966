"""Django's admin: the pages of a site, those of each model registered with it, and what a project adds to both.

The pages are those of ``AdminSite.get_urls`` and ``ModelAdmin.get_urls`` (Django 5.2). A page that the library answers
is listed as the library's; a method of the project that overrides one, and a view that ``get_urls`` adds, is a handler.
The library looks who is asking before its own pages; before a view of the project only where ``admin_view`` is around.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Sequence
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.backend import Attachment, Found, Unresolved
from analyzer.frameworks.django_lists import pattern_maker
from analyzer.frameworks.django_rest import plain
from analyzer.frameworks.loops import registrations
from analyzer.frameworks.made import stored_call
from analyzer.frameworks.registry import Holder, holder
from analyzer.frameworks.text import argument, text
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_SITES = frozenset({"django.contrib.admin.AdminSite", "django.contrib.admin.sites.AdminSite"})
_SITE = "django.contrib.admin.AdminSite"
_MODEL = "django.contrib.admin.ModelAdmin"
_DEFAULT = Holder("", -1, "site")
"""What stands for ``admin.site``; another site is told by its variable."""
_SITE_PAGES = (
    ("", "index"),
    ("login/", "login"),
    ("logout/", "logout"),
    ("password_change/", "password_change"),
    ("password_change/done/", "password_change_done"),
    ("autocomplete/", "autocomplete_view"),
    ("jsi18n/", "i18n_javascript"),
)
_SHORTCUT = ("r/<path:content_type_id>/<path:object_id>/", "django.contrib.contenttypes.views.shortcut")
_OPEN_PAGES = frozenset({"login", "logout"})
"""Pages of a site before which the library does not look who is asking (``logout`` asks for nothing either)."""
_MODEL_PAGES = (
    ("", "changelist_view"),
    ("add/", "add_view"),
    ("<path:object_id>/history/", "history_view"),
    ("<path:object_id>/delete/", "delete_view"),
    ("<path:object_id>/change/", "change_view"),
)
_REDIRECT = ("<path:object_id>/", "django.views.generic.base.RedirectView")
_REST = ("<path:url>", "catch_all_view")
_USERS = "django.contrib.auth.admin.UserAdmin"
_PASSWORD = ("<id>/password/", "user_change_password")
_OF_LIBRARIES = {
    "django.contrib.auth": (("auth", "group", _MODEL), ("auth", "user", _USERS)),
    "django.contrib.sites": (("sites", "site", _MODEL),),
    "django.contrib.flatpages": (("flatpages", "flatpage", _MODEL),),
    "django.contrib.redirects": (("redirects", "redirect", _MODEL),),
}
"""Models that Django's own applications register where they are installed."""

Answer = Place | str | tuple[Place, AnyExpression]
"""A method of the project, the canonical name of a library's, or a view as it is written in a place."""


class Page(msgspec.Struct, frozen=True):
    """A page of a site: its path, what answers it, where it is registered, what runs before it."""

    path: str
    answer: Answer
    where: tuple[str, int]
    before: tuple[Attachment, ...]


class Registered(msgspec.Struct, frozen=True):
    """A model with its page's class; ``admin`` is a canonical name where that class is a library's."""

    label: str
    model: str
    admin: Target | str
    where: tuple[str, int]


class Site(msgspec.Struct, frozen=True):
    """A site: the variable that holds it, and the class of the project that it is an object of, if any."""

    held: Holder
    own: Target | None


def site_of(project: Project, place: Place, chain: str, line: int) -> Site | None:
    """The site that a chain stands for; ``None`` when it is no admin site."""
    target = project.resolve(place, chain, line) if chain else None
    own = target if target is not None and target.kind == "instance" and target.index >= 0 else None
    if target is None or (own is not None and not project.classes.descends(own.path, own.index, _SITES)):
        return None
    if own is None and not target.dotted.startswith("django.contrib.admin."):
        return None
    held = holder(project, place, chain)
    made = stored_call(project, held) if held is not None else None
    return Site(held if held is not None and made is not None else _DEFAULT, own)


def pages(project: Project, site: Site, prefix: str, where: tuple[str, int], found: Found) -> Iterator[Page]:
    """Every page of a site below a prefix; what is not constant is added to ``found``."""
    staff = _staff(project, site.own, where)
    owner = site.own or _SITE
    for path, name in _SITE_PAGES:
        yield Page(prefix + path, _answer(project, owner, name), where, () if name in _OPEN_PAGES else (staff,))
    yield Page(prefix + _SHORTCUT[0], _SHORTCUT[1], where, (staff,))
    if site.own is not None:
        yield from _added(project, site.own, prefix, staff, found)
    labels = set()
    for one in _registered(project, site.held, found):
        labels.add(one.label)
        start = f"{prefix}{one.label}/{one.model}/"
        if isinstance(one.admin, Target):
            yield from _added(project, one.admin, start, staff, found)
        for path, name in (*_MODEL_PAGES, *((_PASSWORD,) if _is_users(project, one.admin) else ())):
            yield Page(start + path, _answer(project, one.admin, name), one.where, (staff,))
        yield Page(start + _REDIRECT[0], _REDIRECT[1], one.where, (staff,))
    for label in sorted(labels):
        yield Page(f"{prefix}{label}/", _answer(project, owner, "app_index"), where, (staff,))
    yield Page(prefix + _REST[0], _answer(project, owner, _REST[1]), where, (staff,))


def _staff(project: Project, site: Target | None, where: tuple[str, int]) -> Attachment:
    """What looks who is asking: the site's own ``has_permission``, else Django's."""
    check = project.attribute(site, "has_permission") if site is not None else None
    at = Place(check.path, check.index) if check is not None and check.kind == "function" else Place("", -1)
    dotted = project.qualified(at) if at.path else "django.contrib.admin.views.decorators.staff_member_required"
    return Attachment("application", at, dotted, *where)


def _answer(project: Project, owner: Target | str, name: str) -> Answer:
    """The method of the project that overrides a page, else the library's."""
    if isinstance(owner, str):
        return f"{owner}.{name}"
    method = dict(project.classes.methods(owner.path, owner.index)).get(name)
    if method is not None:
        return method
    return f"{owner.dotted.removesuffix('()')}.{name}"


def _is_users(project: Project, admin: Target | str) -> bool:
    if isinstance(admin, str):
        return admin == _USERS
    return _USERS in project.classes.externals(admin.path, admin.index)


def _added(project: Project, owner: Target, prefix: str, staff: Attachment, found: Found) -> Iterator[Page]:
    """The views that the own ``get_urls`` of a class adds."""
    method = dict(project.classes.methods(owner.path, owner.index)).get("get_urls")
    for node in walk(project.body(method)) if method is not None else ():
        maker = pattern_maker(project, method, node) if isinstance(node, Call) and method is not None else ""
        if not isinstance(node, Call) or not maker or method is None:
            continue
        where = (method.path, node.line)
        pattern = text(project, method, argument(node, 0, "route", "regex"))
        view = argument(node, 1, "view")
        if pattern is None or view is None:
            found.unresolved.append(Unresolved(*where, "the pattern is not constant"))
            continue
        bare, guarded = _unwrapped(project, method, view)
        whole = prefix + (pattern if maker == "path" else plain(pattern))
        yield Page(whole, (method, bare), where, (staff,) if guarded else ())


def _unwrapped(project: Project, place: Place, view: AnyExpression) -> tuple[AnyExpression, bool]:
    """``self.admin_site.admin_view(self.report)``, also through a function that calls it: the view, and whether."""
    if not isinstance(view, Call) or not view.arguments or chain_of(view.func).endswith(".as_view"):
        return view, False
    if chain_of(view.func).rpartition(".")[2] == "admin_view":
        return view.arguments[0].value, True
    target = project.resolve_expression(place, view.func)
    if target is not None and target.kind == "function" and _asks_site(project, Place(target.path, target.index)):
        return view.arguments[0].value, True
    return view, False


def _asks_site(project: Project, place: Place) -> bool:
    """Whether a function, or one inside it, hands what it is given to ``admin_view``."""
    functions = project.outline(place.path).functions
    for index in range(place.index, len(functions)):
        outer = index
        while outer > place.index:
            outer = functions[outer].parent
        uses = functions[index].uses if outer == place.index else ()
        if any(use.kind == "call" and use.chain.rpartition(".")[2] == "admin_view" for use in uses):
            return True
    return False


def _registered(project: Project, site: Holder, found: Found) -> list[Registered]:
    """The models of a site, one each, the last registration of it where there are several."""
    models: dict[tuple[str, str], Registered] = {}
    if site == _DEFAULT:
        for one in _of_libraries(project):
            models[one.label, one.model] = one
    for place, admin, given, at, where in (*_decorated(project), *_called(project)):
        told = site_of(project, place, chain_of(at), at.line) if at is not None else Site(_DEFAULT, None)
        if told is None or told.held != site:
            continue
        for item in given.items if isinstance(given, Sequence) else [given]:
            named = _model(project, place, item)
            if named is None:
                found.unresolved.append(Unresolved(*where, "the registered model is not a plain class"))
            else:
                models[named] = Registered(*named, admin, where)
    return [models[key] for key in sorted(models)]


Registration = tuple[Place, Target | str, AnyExpression, AnyExpression | None, tuple[str, int]]
"""Where it is written, the page's class, the model or models, the site (``None``: the default one), file and line."""


def _decorated(project: Project) -> Iterator[Registration]:
    """``@admin.register(Order, Item, site=own)``."""
    for path in project.paths():
        for index, item in enumerate(project.outline(path).classes):
            for decorator in item.decorators:
                if not isinstance(decorator, Call) or chain_of(decorator.func).rpartition(".")[2] != "register":
                    continue
                place = Place(path, item.parent)
                if project.callee(place, decorator).startswith("django.contrib.admin."):
                    site = argument(decorator, 99, "site")
                    for one in decorator.arguments:
                        if one.keyword is None:
                            yield place, project.class_target(path, index), one.value, site, (path, decorator.line)


def _called(project: Project) -> Iterator[Registration]:
    """``admin.site.register(Order, OrderAdmin)``, ``own.register([Order, Item])``."""
    for one in registrations(project, frozenset({"register"})):
        func = one.call.func
        models = argument(one.call, 0, "model_or_iterable")
        if not isinstance(func, Attribute) or models is None:
            continue
        given = argument(one.call, 1, "admin_class")
        target = project.resolve_expression(one.where(given), given) if given is not None else None
        admin: Target | str = _MODEL
        if target is not None:
            admin = target if target.kind == "class" else target.dotted
        yield one.where(models), admin, models, func.value, (one.place.path, one.call.line)


def _model(project: Project, place: Place, item: AnyExpression) -> tuple[str, str] | None:
    """The label of a model's application and the model's name, both as they stand in the path."""
    target = project.resolve_expression(place, item)
    if isinstance(item, Call) and chain_of(item.func).rpartition(".")[2] == "get_user_model":
        target = _user(project)
        if target is None:
            return "auth", "user"
    if target is None:
        return None
    if target.kind == "class" and target.ours:
        name = project.outline(target.path).classes[target.index].name
        return _label(project, target), name.lower()
    module, _, name = target.dotted.rpartition(".")
    parts = module.split(".")
    if "models" not in parts or not name[:1].isupper():
        return None
    return parts[parts.index("models") - 1], name.lower()


def _user(project: Project) -> Target | None:
    """The project's own model of a user."""
    wanted = frozenset({"django.contrib.auth.models.AbstractUser", "django.contrib.auth.models.AbstractBaseUser"})
    for path in project.paths():
        for index in range(len(project.outline(path).classes)):
            if project.classes.descends(path, index, wanted) and not project.classes.below(path, index):
                return project.class_target(path, index)
    return None


def _label(project: Project, model: Target) -> str:
    """``Meta.app_label``, else the label of the application that the model's file belongs to: the nearest folder with
    an ``apps.py``, else the one that holds the models."""
    qualname = project.outline(model.path).classes[model.index].qualname
    given = project.variable(model.path, f"{qualname}.Meta.app_label")
    if given is not None and isinstance(given[1], Constant) and isinstance(given[1].value, str):
        return given[1].value
    folder = posixpath.dirname(model.path)
    while folder:
        path = f"{folder}/apps.py"
        if path in project.modules.outlines:
            return _configured(project, path) or posixpath.basename(folder)
        if posixpath.basename(folder) != "models" and f"{folder}/models.py" in project.modules.outlines:
            break
        if f"{folder}/models/__init__.py" in project.modules.outlines:
            break
        folder = posixpath.dirname(folder)
    near = posixpath.dirname(model.path)
    whole = folder or (posixpath.dirname(near) if posixpath.basename(near) == "models" else near)
    return posixpath.basename(whole) or project.module_name(model.path).partition(".")[0]


def _configured(project: Project, path: str) -> str:
    """What the configuration of an application calls it."""
    for index in range(len(project.outline(path).classes)):
        for name, last in (("label", False), ("name", True)):
            value = project.classes.variable(path, index, name)
            said = text(project, Place(value[0], -1), value[1]) if value is not None else None
            if said:
                return said.rpartition(".")[2] if last else said
    return ""


def _of_libraries(project: Project) -> Iterator[Registered]:
    """What the installed applications of Django register, without what the project takes out again."""
    gone = {
        named
        for made in registrations(project, frozenset({"unregister"}))
        if (item := argument(made.call, 0)) is not None
        and (named := _model(project, made.where(item), item)) is not None
    }
    own = _user(project) is not None
    for path in project.paths():
        for value in project.namespace(path).variables.get("INSTALLED_APPS", ()):
            for one in walk(value):
                if isinstance(one, Constant) and isinstance(one.value, str):
                    for label, model, admin in _OF_LIBRARIES.get(one.value, ()):
                        if (label, model) not in gone and not (own and model == "user"):
                            yield Registered(label, model, admin, (path, one.line))
