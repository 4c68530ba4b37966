"""The part of BA407 about views that have no code of their own: a library checks the password, or a generic view makes
the account."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks import _public
from analyzer.facts.expressions import Attribute, Call, Name
from analyzer.facts.visit import calls, chain
from analyzer.flow.questions import location, places_calling
from analyzer.frameworks import Route
from analyzer.frameworks.text import argument
from analyzer.graph.guards import Guards
from analyzer.graph.limits import Limits
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Location, Rule, Span
from analyzer.project import Place

_TABLE = frozenset({"path", "re_path", "url"})
_LOGINS = frozenset(
    {
        "django.contrib.auth.views.LoginView",
        "rest_framework.authtoken.views.obtain_auth_token",
        "rest_framework.authtoken.views.ObtainAuthToken",
        "rest_framework_simplejwt.views.TokenObtainPairView",
        "rest_framework_simplejwt.views.TokenObtainSlidingView",
        "rest_framework_jwt.views.obtain_jwt_token",
        "dj_rest_auth.views.LoginView",
        "knox.views.LoginView",
    }
)
"""Views of libraries that check a password."""
_MAKING = frozenset({"rest_framework.generics.CreateAPIView", "django.views.generic.CreateView",
    "django.views.generic.edit.CreateView"})  # fmt: skip
"""Generic views that do nothing but make a record."""
_NO_THROTTLE = "no throttle of the settings limits how often somebody may try"
_FIX = "Set `DEFAULT_THROTTLE_RATES` and throttle classes, or put django-axes in front of the login"


def views(picture: Picture, rule: Rule, limits: Limits) -> Iterator[Finding]:
    """Findings on views of Django without code of their own that no setting limits."""
    yield from _of_libraries(picture, rule, limits)
    guards = picture.shared(Guards)
    told = set()
    for handler, routes in picture.handlers().items():
        if handler.index >= 0 or not picture.is_main(handler.path):
            continue
        for route in routes:
            view = Place(handler.path, route.view)
            what = _opens(picture, view, route) if route.view >= 0 and view not in told else ""
            if what and not guards.of(route).guards and not limits.everywhere(route):
                told.add(view)
                yield _finding(picture, rule, view, route, what)


def _opens(picture: Picture, view: Place, route: Route) -> str:
    """What strangers can try at a class view that leaves its answer to the framework; ``""`` where it is none."""
    classes = picture.project.classes
    if classes.variable(view.path, view.index, "throttle_classes") is not None or route.method not in {"POST", "ANY"}:
        return ""
    if classes.descends(view.path, view.index, _LOGINS):
        return "checks a password"
    makes = classes.descends(view.path, view.index, _MAKING)
    return "makes an account" if makes and _public.writes_password(picture, view.path, view.index) else ""


def _finding(picture: Picture, rule: Rule, view: Place, route: Route, what: str) -> Finding:
    told = picture.project.outline(view.path).classes[view.index]
    return Finding(
        rule=rule.code,
        location=Location(view.path, Span(told.line, told.column, told.line, told.end_column)),
        message=f"`{told.name}` ({route.label}) {what}, and {_NO_THROTTLE}",
        fix=_FIX,
        severity=rule.severity,
        confidence=Confidence.MEDIUM,
    )


def _of_libraries(picture: Picture, rule: Rule, limits: Limits) -> Iterator[Finding]:
    """Logins that a library brings and a table of URLs takes as they are: ``TokenObtainPairView.as_view()``."""
    project = picture.project
    for place in places_calling(project, _TABLE):
        if not picture.is_main(place.path) or place.index >= 0:
            continue
        for call in calls(project.body(place)):
            view = argument(call, 1, "view") if chain(call.func).rpartition(".")[2] in _TABLE else None
            named = view.func.value if isinstance(view, Call) and isinstance(view.func, Attribute) else view
            target = project.resolve_expression(place, named) if isinstance(named, Name | Attribute) else None
            if view is None or target is None or target.ours or target.dotted not in _LOGINS:
                continue
            if limits.of_library(target.dotted):
                continue
            yield Finding(
                rule=rule.code,
                location=location(place, call),
                message=f"`{target.dotted.rpartition('.')[2]}` checks a password here, and {_NO_THROTTLE}",
                fix=_FIX,
                severity=rule.severity,
                confidence=Confidence.MEDIUM,
            )
