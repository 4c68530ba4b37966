"""Django and Django REST framework: ``urlpatterns`` with nested includes, class views, view sets behind routers."""

from __future__ import annotations

import re

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Mapping, Name, Sequence
from analyzer.facts.visit import chain as chain_of
from analyzer.facts.visit import walk
from analyzer.frameworks.attachments import attachment
from analyzer.frameworks.backend import NOWHERE, Attachment, Found, Route, Unresolved, registered_class
from analyzer.frameworks.django_admin import pages, site_of
from analyzer.frameworks.django_lists import PatternList, entries, pattern_maker, stored, unnamed
from analyzer.frameworks.django_names import inside, named, namespace
from analyzer.frameworks.django_rest import RestRouters, allowed, plain, rest_routers
from analyzer.frameworks.libraries import pages as library_pages
from analyzer.frameworks.libraries import ready
from analyzer.frameworks.prefixes import UNKNOWN
from analyzer.frameworks.registry import VERBS, Holder, answering, holder
from analyzer.frameworks.text import argument, outlined, text, texts
from analyzer.project.project import Project
from analyzer.project.target import Place, Target

_TABLE = "urlpatterns"
_DEPTH = 12
Mounted = dict[Holder, list[str]]


class _Routers(msgspec.Struct, frozen=True):
    """Objects with ``urls``: routers of REST framework with what is registered on them, and any others (a NinjaAPI)
    with the prefixes they stand behind."""

    rest: RestRouters
    others: Mounted = {}


def recognise(project: Project) -> Found | None:
    """The routes of Django and DRF; ``None`` when no module holds ``urlpatterns``."""
    return _walked(project)[0]


def mounted(project: Project) -> Mounted:
    """Whose ``urls`` the tables name that no router of REST framework has: ``path("api/", api.urls)``."""
    return _walked(project)[1]


def _walked(project: Project) -> tuple[Found | None, Mounted]:
    holders = [path for path in project.paths() if _TABLE in project.namespace(path).variables]
    if not holders:
        return None, {}
    found = Found()
    routers = _Routers(rest_routers(project, found))
    included: set[PatternList] = set()
    for path in holders:
        own: set[PatternList] = set()
        for place, item in stored(project, (path, _TABLE), own):
            _note_included(project, place, item, own)
        included.update(own - {(path, _TABLE)})
    seen: set[PatternList] = set()
    roots = [path for path in holders if (path, _TABLE) not in included] or holders
    for path in roots:
        _list(project, (path, _TABLE), "", routers, found, 0, seen)
    for held in list(unnamed(project, seen | included)):
        _list(project, held, "", routers, found, 0, seen)
    return found, routers.others


def _note_included(project: Project, place: Place, item: AnyExpression, seen: set[PatternList]) -> None:
    """Add the lists that an entry includes; those of modules are not opened, they are holders of their own."""
    for node in walk(item):
        if isinstance(node, Call) and _last(node) == "include":
            written, value = _included(project, place, node)
            path = _include_path(project, written, value)
            if path is not None:
                seen.add((path, _TABLE))
                continue
            for at, one in list(entries(project, written, value, seen)):
                _note_included(project, at, one, seen)


def _last(call: Call) -> str:
    return chain_of(call.func).rpartition(".")[2]


def _included(project: Project, place: Place, call: Call) -> tuple[Place, AnyExpression | None]:
    """What ``include`` is given, without the namespace beside it, and where that is written."""
    value = argument(call, 0, "arg")
    if isinstance(value, Name | Attribute):
        held = project.variable(place.path, chain_of(value))
        if held is not None and isinstance(held[1], Sequence) and _with_namespace(held[1]):
            place, value = Place(held[0], -1), held[1]
    if isinstance(value, Sequence) and value.kind == "tuple" and value.items:
        return place, value.items[0]
    return place, value


def _with_namespace(value: Sequence) -> bool:
    """``(patterns, "namespace")``, which is no list of patterns."""
    last = value.items[-1] if len(value.items) in {2, 3} else None
    return value.kind == "tuple" and isinstance(last, Constant) and isinstance(last.value, str)


def _include_path(project: Project, place: Place, value: AnyExpression | None) -> str | None:
    named = text(project, place, value)
    if named is not None:
        return project.layout.absolute(place.path, named)
    target = project.resolve_expression(place, value)
    return target.path if target is not None and target.kind == "module" else None


def _list(
    project: Project,
    held: PatternList,
    prefix: str,
    routers: _Routers,
    found: Found,
    depth: int,
    opened: set[PatternList],
) -> None:
    """The routes of a list of patterns; ``opened`` collects it and all that it names."""
    if depth > _DEPTH or held[0].endswith("/"):
        return
    seen: set[PatternList] = set()
    for place, item in list(stored(project, held, seen)):
        _entry(project, place, item, prefix, routers, found, depth, opened)
    opened |= seen


def _entry(
    project: Project,
    place: Place,
    item: AnyExpression,
    prefix: str,
    routers: _Routers,
    found: Found,
    depth: int,
    opened: set[PatternList],
) -> None:
    if not isinstance(item, Call):
        _router_urls(project, place, item, prefix, routers, found)
        return
    name = pattern_maker(project, place, item)
    if not name:
        return
    route, view = argument(item, 0, "route", "regex"), argument(item, 1, "view")
    where, untold = (place.path, item.line), len(found.unresolved)
    if view is not None:
        pattern = outlined(project, place, route)
        whole = prefix + (pattern if name == "path" else plain(pattern))
        before = len(found.routes)
        if isinstance(view, Call) and chain_of(view.func).split(".")[-1] == "include":
            _include(project, place, view, whole, routers, found, depth, opened)
            inside(found, before, namespace(project, *_included(project, place, view), view))
        elif chain_of(view).endswith(".urls"):
            _router_urls(project, place, view, whole, routers, found)
        else:
            _view(project, place, view, whole, where, found)
            named(project, place, argument(item, 3, "name"), found, before)
    told = any((one.path, one.line) == where for one in found.unresolved[untold:])
    if not told and (view is None or text(project, place, route) is None):
        found.unresolved.append(Unresolved(*where, "the pattern is not constant"))


def _include(
    project: Project,
    place: Place,
    call: Call,
    prefix: str,
    routers: _Routers,
    found: Found,
    depth: int,
    opened: set[PatternList],
) -> None:
    place, value = _included(project, place, call)
    path = _include_path(project, place, value)
    if path is not None:
        _list(project, (path, _TABLE), prefix, routers, found, depth + 1, opened)
        return
    named = text(project, place, value)
    if named is not None:
        if project.layout.absolute(place.path, named.partition(".")[0]) is None:
            _library_urls(project, found, prefix, named, (place.path, call.line))
        else:
            found.unresolved.append(Unresolved(place.path, call.line, "the included module is not there"))
        return
    if depth > _DEPTH or _router_urls(project, place, value, prefix, routers, found):
        return
    target = project.resolve_expression(place, value)
    if target is not None and target.kind in {"external", "unknown"} and "(" not in target.dotted:
        _library_urls(project, found, prefix, target.dotted, (place.path, call.line))
        return
    seen: set[PatternList] = set()
    listed = list(entries(project, place, value, seen))
    for at, item in listed:
        _entry(project, at, item, prefix, routers, found, depth + 1, opened)
    if not listed and not seen and not isinstance(value, Sequence) and not chain_of(value).endswith(".urls"):
        found.unresolved.append(Unresolved(place.path, call.line, "the included patterns are not constant"))
    opened |= seen


def _view(
    project: Project,
    place: Place,
    view: AnyExpression,
    path: str,
    where: tuple[str, int],
    found: Found,
    before: tuple[Attachment, ...] = (),
) -> None:
    mapping: Mapping | None = None
    attached = list(before)
    node = view
    while isinstance(node, Call):
        chain = chain_of(node.func)
        if chain.endswith(".as_view"):
            first = argument(node, 0, "actions")
            mapping = first if isinstance(first, Mapping) else None
            target = project.resolve(place, chain.removesuffix(".as_view"))
            if target is not None and target.kind == "class":
                _class(project, place, target, mapping, path, where, found, tuple(attached))
            elif target is not None and target.dotted and not target.ours:
                brought = ready(target.dotted)
                for page in brought:
                    guard = (Attachment("class", NOWHERE, page.guard, *where),) if page.guard else ()
                    _library(found, page.method, path, target.dotted, where, (*attached, *guard))
                if not brought:
                    _library(found, _page(target.dotted), path, target.dotted, where, tuple(attached))
            else:
                found.unresolved.append(Unresolved(*where, "the view is not a plain function or class"))
            return
        # A decorator called in place: ``login_required(view)``.
        inner = next((one.value for one in node.arguments if one.keyword is None), None)
        made = project.resolve_expression(place, node)
        if made is not None and made.kind == "instance" and made.index >= 0:
            methods = dict(project.classes.methods(made.path, made.index))
            _add(found, "ANY", path, *_answer(project, made, methods, "__call__"), where, tuple(attached))
            return
        if inner is None:
            return
        one = attachment(project, place, node.func, "handler")
        if one is not None:
            attached.append(one)
        node = inner
    target = project.resolve_expression(place, node)
    named = text(project, place, node)
    if target is None and named is not None:
        module, _, name = named.rpartition(".")
        origin = project.layout.absolute(place.path, module)
        target = project.member(origin, name) if origin and not origin.endswith("/") else None
    if target is not None and target.kind == "function":
        handler = Place(target.path, target.index)
        for method in _function_methods(project, handler):
            _add(found, method, path, handler, -1, where, tuple(attached))
    elif target is not None and target.kind in {"external", "unknown"} and target.dotted:
        _library(found, "ANY", path, target.dotted, where, tuple(attached))
    elif target is None:
        found.unresolved.append(Unresolved(*where, "the view is not a plain function or class"))


def _function_methods(project: Project, handler: Place) -> list[str]:
    function = project.function(handler)
    for decorator in function.decorators if function else ():
        if isinstance(decorator, Call):
            name = chain_of(decorator.func).split(".")[-1]
            if name in {"api_view", "require_http_methods"}:
                listed = texts(project, Place(handler.path, -1), argument(decorator, 0, "http_method_names"))
                return sorted(item.upper() for item in listed or ["GET"])
        else:
            name = chain_of(decorator).split(".")[-1]
            if name in {"require_POST", "require_GET", "require_safe"}:
                return ["POST"] if name == "require_POST" else ["GET"]
    return ["ANY"]


def _class(
    project: Project,
    place: Place,
    target: Target,
    mapping: Mapping | None,
    path: str,
    where: tuple[str, int],
    found: Found,
    attached: tuple[Attachment, ...] = (),
) -> None:
    methods = answering(project, target)
    if mapping is not None:
        for key, value in zip(mapping.keys, mapping.values, strict=True):
            verb, action = text(project, place, key), text(project, place, value)
            if verb and action:
                answer = _answer(project, target, methods, action)
                of = registered_class(project, answer[0], target)
                _add(found, verb.upper(), path, *answer, where, attached, action, of)
        return
    only = allowed(project, target)
    answers = {name: (methods[name], -1) for name in VERBS if name in methods}
    for verb, action in _generic(project, target):
        answers.setdefault(verb, _answer(project, target, methods, action))
    if only is not None and answers:
        answers = {name: answer for name, answer in answers.items() if name.upper() in only}
        if not answers:
            return
    for name, answer in answers.items():
        _add(found, name.upper(), path, *answer, where, attached, of=registered_class(project, answer[0], target))
    if not answers:
        _add(found, "ANY", path, *_answer(project, target, methods, "dispatch"), where, attached)


_GENERIC = (
    (r"\.(?:List\w*|ListModelMixin)$", "get", "list"),
    (r"\.Retrieve\w*APIView$", "get", "retrieve"),
    (r"\.(?:\w*Create\w*APIView)$", "post", "create"),
    (r"\.\w*Update\w*APIView$", "put", "update"),
    (r"\.\w*Update\w*APIView$", "patch", "partial_update"),
    (r"\.\w*Destroy\w*APIView$", "delete", "destroy"),
)
"""REST framework's generic views by name: which method they answer, and the action that a class overrides for it."""
_ROOT = "rest_framework.routers.APIRootView"
"""What a default router answers with where its URLs are included: a list of its view sets."""
_PAGES = re.compile(r"^django\.views\.generic\.(?:\w+\.)*(?P<kind>\w+)View$")
_FORMS = frozenset({"Form", "Create", "Update", "Delete"})


def _page(dotted: str) -> str:
    """The method that a library's own view answers: pages are only looked at, of others nothing is known."""
    page = _PAGES.match(dotted)
    return "GET" if page is not None and page["kind"] not in {"", "Redirect", *_FORMS} else "ANY"


def _generic(project: Project, target: Target) -> list[tuple[str, str]]:
    """The methods that generic bases answer, each with the action (or method) a class would override."""
    found: list[tuple[str, str]] = []
    for base in project.classes.externals(target.path, target.index):
        if base.startswith("rest_framework.generics."):
            found += [(verb, action) for pattern, verb, action in _GENERIC if re.search(pattern, base)]
        found += [(one.method.lower(), one.method.lower()) for one in ready(base)]
        page = _PAGES.match(base)
        if page is not None and page["kind"] not in {"", "Redirect"}:
            found.append(("get", "get"))
            if page["kind"] in _FORMS:
                found += [("post", "post"), ("delete", "delete") if page["kind"] == "Delete" else ("put", "put")]
    return list(dict.fromkeys(found))


def _answer(project: Project, target: Target, methods: dict[str, Place], action: str) -> tuple[Place, int]:
    """The method that answers, and −1; where the framework supplies it, a place that stands for the class view, and
    the class."""
    if action in methods:
        return methods[action], -1
    own = project.namespace(target.path).methods.get(target.index, {})
    return Place(target.path, min(own.values()) if own else -1), target.index


def _add(
    found: Found,
    method: str,
    pattern: str,
    handler: Place,
    view: int,
    where: tuple[str, int],
    attached: tuple[Attachment, ...] = (),
    action: str = "",
    of: Place = NOWHERE,
) -> None:
    shown = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", pattern)
    shown = re.sub(r"/{2,}", "/", "/" + shown)
    found.routes.append(
        Route(shown, method, handler, "Django", *where, pattern, (), attached, view, name=action, of=of)
    )


def _router_urls(
    project: Project,
    place: Place,
    value: AnyExpression | None,
    prefix: str,
    routers: _Routers,
    found: Found,
) -> bool:
    chain = chain_of(value)
    if not chain.endswith(".urls"):
        return False
    held = holder(project, place, chain.removesuffix(".urls"))
    if held in routers.rest.roots and value is not None:
        _library(found, "GET", prefix, _ROOT, (place.path, value.line), ())
    if held is None or held not in routers.rest.registered:
        if held is not None and prefix not in routers.others.setdefault(held, []):
            routers.others[held].append(prefix)
        return _admin(project, place, value, prefix, found)
    for one in routers.rest.offered(project, held):
        methods = dict(project.classes.methods(one.target.path, one.target.index))
        answer = (one.handler, -1) if one.handler is not None else _answer(project, one.target, methods, one.action)
        of = registered_class(project, answer[0], one.target)
        _add(found, one.verb, prefix + one.path, *answer, one.where, one.attached, one.action, of)
    return True


def _admin(project: Project, place: Place, value: AnyExpression | None, prefix: str, found: Found) -> bool:
    """``admin.site.urls``, and those of a site of the project's own class: the pages of the library and the project."""
    chain = chain_of(value).removesuffix(".urls")
    site = site_of(project, place, chain, value.line) if value is not None else None
    if site is None or value is None:
        return False
    for page in pages(project, site, prefix, (place.path, value.line), found):
        if isinstance(page.answer, Place):
            _add(found, "ANY", page.path, page.answer, -1, page.where, page.before)
        elif isinstance(page.answer, str):
            _library(found, "ANY", page.path, page.answer, page.where, page.before)
        else:
            _view(project, *page.answer, page.path, page.where, found, page.before)
    return True


def _library_urls(project: Project, found: Found, prefix: str, module: str, where: tuple[str, int]) -> None:
    """The routes of a library's table; of one that is not known a single route that stands for all of it."""
    known = library_pages(project, module)
    if known is None:
        _library(found, "ANY", f"{prefix.rstrip('/')}{UNKNOWN}", module, where, ())
        return
    for page in known:
        guard = (Attachment("class", NOWHERE, page.guard, *where),) if page.guard else ()
        _library(found, page.method, prefix + page.path, page.view, where, guard)


def _library(
    found: Found, method: str, pattern: str, name: str, where: tuple[str, int], attached: tuple[Attachment, ...]
) -> None:
    """A route that a library answers: it is listed, and there is no code to ask questions of."""
    made = Found()
    _add(made, method, pattern, Place(where[0], -1), -1, where, attached)
    found.library += [msgspec.structs.replace(one, library=name) for one in made.routes]
