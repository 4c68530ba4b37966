"""BA603: browsers are told that any site may read the answers that belong to somebody who is logged in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Mapping_

import msgspec

from analyzer.checks._carriers import by_header
from analyzer.checks._choices import Choice, choices, conditional, deployed, on_by_default, truth
from analyzer.checks._origin_headers import NULL, unanchored, written
from analyzer.facts.expressions import AnyExpression, Call, Constant, Mapping, Sequence
from analyzer.facts.visit import chain, walk
from analyzer.flow.arguments import argument, entries
from analyzer.flow.engine import Flow, Point
from analyzer.flow.questions import called_name, flow_of, location, places_calling, uses_of
from analyzer.graph.guards import Guards
from analyzer.graph.picture import Picture
from analyzer.model import Confidence, Finding, Related, Rule, Severity
from analyzer.project.target import Place

_CALLS = {"CORSMiddleware", "CORS", "CORSConfig", "cross_origin", "Middleware", "add_middleware", "init_app"}
_MADE_BARE = re.compile(r"^flask_cors\.(?:extension\.)?CORS\(\)\.init_app$")
_ORIGINS = ("allow_origins", "origins", "allow_origin")
_CREDENTIALS = ("allow_credentials", "supports_credentials")
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE", "MUTATION"})
_SEVERAL = 4
"""Guarded routes that make an API one with a login, however many others are open."""
_PATTERNS = ("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST")
_SETTINGS = ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL")
_FLASK = frozenset({"CORS", "cross_origin", "init_app"})
_PATTERN = re.compile(r"[*\\\]?$^\[()]")
"""What makes Flask-CORS read a text as a pattern (``flask_cors.core.RegexObject``)."""
_SHARED = re.compile(
    r"(?:[*+]\)?)\\?\.(?:vercel|netlify|herokuapp|github|gitlab|pages|web|firebaseapp|onrender|fly|ngrok(?:-free)?|surge"
    r"|azurewebsites|cloudfront|amazonaws|railway|up\\?\.railway|workers|repl|glitch)\\?\."
    r"(?:app|com|io|dev|net|sh|co|me)\)?$"
)
"""Hosts under which everybody may have a name (the private part of the Public Suffix List)."""
_GLUED = re.compile(
    r"^(?:\(?https?\??\)?:(?://|\\/\\/))\(?(?:\.|\[\^/\])[*+]\??\)?([a-z0-9-]+(?:\\?\.[a-z0-9-]+)+)$", re.IGNORECASE
)
_DJANGO = (*_SETTINGS, *_PATTERNS, "CORS_ALLOW_CREDENTIALS")
_READ = ": any page can read what a logged-in visitor may read"
_NEEDLESS = ": logins here go by a header, so no answer needs cookies, and with the first one any page could read along"
_FIX = "List the origins of your own pages in the settings, and allow credentials for those only"


def check(picture: Picture, rule: Rule) -> Iterator[Finding]:
    """One finding a policy: at the origins it allows."""
    for one in _found(picture, rule):
        needless = one.message.endswith(_READ) and by_header(picture, one.location.path)
        if needless:
            said = one.message.removesuffix(_READ) + _NEEDLESS
            yield msgspec.structs.replace(one, message=said, severity=min(one.severity, Severity.WARNING))
        else:
            yield one


def _found(picture: Picture, rule: Rule) -> Iterator[Finding]:
    flow = flow_of(picture)
    for place in places_calling(flow.project, frozenset(_CALLS)):
        if not deployed(picture, place.path) or _given_nothing(flow, place):
            continue
        for point in flow.calls(place):
            if isinstance(point.expression, Call) and _is_policy(flow, point, point.expression):
                yield from _policy(picture, flow, rule, point, point.expression)
    for point in _decorators(flow):
        if deployed(picture, point.place.path) and isinstance(point.expression, Call):
            yield from _policy(picture, flow, rule, point, point.expression)
    paths = [path for path in flow.project.paths() if deployed(picture, path)]
    yield from _once(one for path in paths for one in _django(picture, flow, rule, path))
    yield from _flask(picture, flow, rule)
    for place in places_calling(flow.project, frozenset({"SocketIO", "AsyncServer", "Server"})):
        if deployed(picture, place.path) and _guarded(picture, place.path):
            yield from _sockets(flow, rule, place)
    for place in places_calling(flow.project, frozenset({"ResourceOptions"})):
        if deployed(picture, place.path):
            yield from _aiohttp(flow, rule, place)
    for one in written(picture, flow):
        if one.credentials:
            yield _finding(rule, one.place, one.node, f"{one.what}, with credentials", None)
        elif one.everywhere and _guarded(picture, one.place.path):
            yield _open(rule, one.place, one.node)


def _given_nothing(flow: Flow, place: Place) -> bool:
    """Whether a function prepares an application that it is given, and nobody of the project gives it one."""
    function = flow.project.function(place)
    if function is None or function.owner >= 0 or function.decorators:
        return False
    takes = any(one.name in {"app", "application"} for one in function.parameters)
    if not takes or flow.callers.of(place)[0]:
        return False
    outlines = flow.project.modules.outlines.values()
    named = (item.name for outline in outlines for item in outline.imports)
    reads = (use.chain for outline in outlines for use in outline.uses)
    return function.name not in named and not any(one.rpartition(".")[2] == function.name for one in reads)


def _once(found: Iterable[Finding]) -> Iterator[Finding]:
    """The same setting in several modules is one decision: told at the first of them."""
    told: dict[str, list[Finding]] = {}
    for one in found:
        told.setdefault(one.message, []).append(one)
    for first, *others in told.values():
        related = tuple(Related(one.location, "it is set here, too") for one in others)
        yield msgspec.structs.replace(first, related=related)


def _decorators(flow: Flow) -> Iterator[Point]:
    """``@cross_origin(supports_credentials=True)`` above a handler."""
    for path, outline in flow.project.modules.outlines.items():
        if not any(item.name == "cross_origin" or item.module == "flask_cors" for item in outline.imports):
            continue
        for function in outline.functions:
            for one in function.decorators:
                point = Point(Place(path, function.parent), one, {})
                if isinstance(one, Call) and _is_policy(flow, point, one):
                    yield point


def _is_policy(flow: Flow, point: Point, call: Call) -> bool:
    name = called_name(flow, point.place, call)
    if name in {"Middleware", "add_middleware"}:
        first = argument(call, 0, "middleware_class", "cls")
        return chain(first).rpartition(".")[2] == "CORSMiddleware"
    if name not in _CALLS:
        return False
    target = flow.project.resolve_expression(point.place, call.func)
    if name == "init_app":
        return target is not None and _MADE_BARE.match(target.dotted) is not None and _made_bare(flow, call)
    return target is not None and not target.ours


def _made_bare(flow: Flow, call: Call) -> bool:
    """Whether the object that ``cors.init_app(app, …)`` starts was made without a policy: ``cors = CORS()``."""
    name = chain(call.func).split(".")[-2]
    variables = (flow.project.namespace(path).variables for path in flow.project.paths())
    made = [one for each in variables for one in each.get(name, ()) if isinstance(one, Call)]
    return not any(one.arguments for one in made if chain(one.func).rpartition(".")[2] == "CORS")


def _policy(picture: Picture, flow: Flow, rule: Rule, point: Point, call: Call) -> Iterator[Finding]:
    place = point.place
    asked = conditional(flow, place, call.line)
    if asked and not on_by_default(flow, place, call.line):
        return
    given = _option(flow, point, call, *_CREDENTIALS)
    sure = given is not None and _any(flow, given)
    if asked:  # what only development should do is worth a word where cookies go along
        if sure:
            yield from _in_development(flow, rule, point, call)
        return
    regex = _option(flow, point, call, "allow_origin_regex")
    origins = _option(flow, point, call, *_ORIGINS)
    resources = argument(call, -1, "resources")
    if resources is not None and origins is None:
        found = list(_resources(flow, rule, Point(place, resources, point.environment), sure))
        yield from found
        if found or not sure or _lists_origins(flow, Point(place, resources, point.environment)):
            return
    if regex is not None and sure:
        for choice in choices(flow, regex):
            fault = _loose(choice.value) if isinstance(choice.value, str) else ""
            if fault:
                said = f"The pattern of allowed origins {fault}, with credentials"
                yield _finding(rule, regex.place, regex.expression, said, choice)
                return
    name = called_name(flow, place, call)
    if origins is None:
        if (
            name in {"CORS", "cross_origin", "CORSConfig", "init_app"}
            and sure
            and not any(one.star for one in call.arguments if one.star == 1)
            and not _unseen(flow, point, call)
        ):
            yield _finding(rule, place, call, "Every origin is allowed (the default), with credentials", None)
        elif name in {"CORS", "init_app"} and not sure and _bare(picture, call) and _guarded(picture, place.path):
            yield _open(rule, place, call)
        return
    for choice in choices(flow, origins):
        named = choice.value if isinstance(choice.value, tuple) else (choice.value,)
        if "*" in named:
            if sure:
                said = "Every origin is allowed, with credentials"
                yield _finding(rule, origins.place, origins.expression, said, choice)
            elif not choice.default and _guarded(picture, place.path):
                yield _open(rule, origins.place, origins.expression)
            return
        fault = _named_badly(named, name in _FLASK) if sure else ""
        if fault:
            yield _finding(rule, origins.place, origins.expression, f"{fault}, with credentials", choice)
            return


def _named_badly(named: tuple[object, ...], patterns: bool) -> str:
    """What is wrong with a list of origins: ``null``, which any sandboxed frame has, or a pattern of Flask-CORS, which
    begins to match at the beginning and ends wherever it likes."""
    for one in named:
        if one == "null":
            return NULL
        if patterns and isinstance(one, str) and _PATTERN.search(one):
            fault = _loose(one) or unanchored(one)
            if fault:
                return f"The pattern of allowed origins {fault}"
    return ""


def _option(flow: Flow, point: Point, call: Call, *names: str) -> Point | None:
    """An option of a policy: written in its call, or in a mapping that is spread into it (``**options``)."""
    given = argument(call, -1, *names)
    if given is not None:
        return Point(point.place, given, point.environment)
    for one in call.arguments:
        if one.star == 2:
            held = (
                each for name in names for each in entries(flow, Point(point.place, one.value, point.environment), name)
            )
            found = next(held, None)
            if found is not None:
                return found
    return None


def _unseen(flow: Flow, point: Point, call: Call) -> bool:
    """Whether options are spread into a call that cannot be seen."""
    spread = [Point(point.place, one.value, point.environment) for one in call.arguments if one.star == 2]
    return any(
        not isinstance(origin.expression, Mapping) or None in origin.expression.keys
        for one in spread
        for origin in flow.origins(one)
    )


def _in_development(flow: Flow, rule: Rule, point: Point, call: Call) -> Iterator[Finding]:
    """A star with credentials that is meant for development, which is what runs when nobody says otherwise."""
    origins = _option(flow, point, call, *_ORIGINS)
    for choice in choices(flow, origins) if origins is not None else ():
        if origins is not None and "*" in (choice.value if isinstance(choice.value, tuple) else (choice.value,)):
            said = "Every origin is allowed, with credentials"
            yield _finding(rule, origins.place, origins.expression, said, msgspec.structs.replace(choice, default=True))
            return


def _lists_origins(flow: Flow, point: Point) -> bool:
    """Whether the options of some paths name origins, or cannot be seen."""
    for origin in flow.origins(point):
        if isinstance(origin.expression, Constant | Sequence):
            continue
        if not isinstance(origin.expression, Mapping):
            return True
        for value in origin.expression.values:
            options = Point(origin.place, value, origin.environment)
            if any(entries(flow, options, "origins")) or not any(flow.origins(options)):
                return True
    return False


def _resources(flow: Flow, rule: Rule, point: Point, sure: bool) -> Iterator[Finding]:
    """``CORS(app, resources={r"/api/*": {"origins": "*"}}, supports_credentials=True)``."""
    for origin in flow.origins(point):
        held = origin.expression.values if isinstance(origin.expression, Mapping) else []
        for value in held:
            options = Point(origin.place, value, origin.environment)
            asks = [one for each in entries(flow, options, "supports_credentials") for one in choices(flow, each)]
            if not sure and not any(truth(one.value) for one in asks):
                continue
            if isinstance(value, Mapping) and None not in value.keys and not any(entries(flow, options, "origins")):
                said = "Every origin is allowed (the default), with credentials"
                yield _finding(rule, origin.place, value, said, None)
            for each in entries(flow, options, "origins"):
                for choice in choices(flow, each):
                    named = choice.value if isinstance(choice.value, tuple) else (choice.value,)
                    if "*" in named:
                        said = "Every origin is allowed, with credentials"
                        yield _finding(rule, each.place, each.expression, said, choice)
                        break


def _sockets(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    """``SocketIO(app, cors_allowed_origins="*")``."""
    for point in flow.calls(place):
        call = point.expression
        given = argument(call, -1, "cors_allowed_origins") if isinstance(call, Call) else None
        if given is None or not isinstance(call, Call):
            continue
        target = flow.project.resolve_expression(place, call.func)
        if target is None or not target.dotted.startswith(("flask_socketio.", "socketio.")):
            continue
        for choice in choices(flow, Point(place, given, point.environment)):
            if "*" in (choice.value if isinstance(choice.value, tuple) else (choice.value,)) and not choice.default:
                yield _open(rule, place, given)
                break


def _aiohttp(flow: Flow, rule: Rule, place: Place) -> Iterator[Finding]:
    """``aiohttp_cors.setup(app, defaults={"*": ResourceOptions(allow_credentials=True)})``."""
    for point in flow.points(place):
        if not isinstance(point.expression, Mapping) or conditional(flow, place, point.expression.line):
            continue
        for key, value in zip(point.expression.keys, point.expression.values, strict=True):
            star = isinstance(key, Constant) and key.value == "*"
            if not star or not isinstance(value, Call) or called_name(flow, place, value) != "ResourceOptions":
                continue
            target = flow.project.resolve_expression(place, value.func)
            given = argument(value, -1, "allow_credentials")
            if target is None or target.ours or given is None or not _any(flow, Point(place, given, point.environment)):
                continue
            yield _finding(rule, place, value, "Every origin is allowed, with credentials", None)


def _django(picture: Picture, flow: Flow, rule: Rule, path: str) -> Iterator[Finding]:
    for variables in _scopes(flow, path):
        yield from _settings_of_django(picture, flow, rule, path, variables)


def _scopes(flow: Flow, path: str) -> Iterator[Mapping_[str, list[AnyExpression]]]:
    """The settings of a module by name, then those of each of its classes (``class Common(Configuration)``)."""
    yield flow.project.namespace(path).variables
    for index, item in enumerate(flow.project.outline(path).classes):
        if any(use.chain.startswith("CORS_") for use in item.uses):
            found = ((name, flow.project.classes.variable(path, index, name)) for name in _DJANGO)
            yield {name: [held[1]] for name, held in found if held is not None and held[0] == path}


def _settings_of_django(
    picture: Picture, flow: Flow, rule: Rule, path: str, variables: Mapping_[str, list[AnyExpression]]
) -> Iterator[Finding]:
    place = Place(path, -1)
    sure = any(
        truth(one.value)
        for value in variables.get("CORS_ALLOW_CREDENTIALS", ())
        for one in choices(flow, Point(place, value, {}))
    )
    patterns = [value for name in _PATTERNS for value in variables.get(name, ())]
    for value in patterns if sure else ():
        for choice in choices(flow, Point(place, value, {})):
            for text in choice.value if isinstance(choice.value, tuple) else ():
                # The middleware matches from the beginning, and not to the end.
                fault = _loose(text) or unanchored(text)
                if fault:
                    yield _finding(rule, place, value, f"An allowed origin {fault}, with credentials", choice)
                    return
    for name in _SETTINGS:
        for value in variables.get(name, ())[:1]:
            for choice in choices(flow, Point(place, value, {})):
                if truth(choice.value) and not conditional(flow, place, value.line):
                    if sure:
                        yield _finding(rule, place, value, f"`{name}` allows every origin, with credentials", choice)
                        return
                    if not choice.default and _guarded(picture, path):
                        yield _open(rule, place, value)
                        return
                    break


def _any(flow: Flow, given: Point) -> bool:
    return any(truth(one.value) or one.value == "*" for one in choices(flow, given))


def _loose(pattern: str) -> str:
    """What is wrong with a pattern that is matched in full; ``""`` when it names its hosts."""
    bare = pattern.strip("^$")
    if re.fullmatch(r"(?:\(?https?\??s?\??\)?:(?://|\\/\\/))?\(?(?:\.|\[\^[/\s]\]|\\S)[*+]\??\)?", bare):
        return f"`{pattern}` matches every origin"
    if _SHARED.search(bare):
        return f"`{pattern}` lets in what anybody hosts there"
    loose = _GLUED.search(bare)
    if loose:
        return f"`{pattern}` matches every host whose name ends with `{loose[1].replace(chr(92), '')}`"
    # Without what is escaped, classes of characters and dots with a quantifier, a dot before letters is one of a host.
    plain = re.sub(r"\\.|\[[^\]]*\]|\.(?:[*+?]|\{[\d,]+\})\??", "", bare)
    if re.search(r"\.\(?(?:\?:)?[a-z]{2,}", plain, re.IGNORECASE):
        return f"`{pattern}` has an unescaped dot, so that foreign domains match"
    return ""


def _guarded(picture: Picture, path: str) -> bool:
    """Whether most routes of the application ask who is calling, most of those that change something, or several."""
    modules, guards = set(picture.application(path)), picture.shared(Guards)
    mine = [route for route in picture.routes if route.handler.path in modules]
    if not mine:  # nothing imports the settings of Django, which are those of all its views
        mine = [route for route in picture.routes if route.framework.startswith("Django")]
    changing = [route for route in mine if route.method in _CHANGING]
    guarded = [sum(bool(guards.of(route).guards) for route in some) for some in (mine, changing)]
    return guarded[0] >= _SEVERAL or any(
        bool(some) and number * 2 > len(some) for number, some in zip(guarded, (mine, changing), strict=True)
    )


def _bare(picture: Picture, call: Call) -> bool:
    """Whether ``CORS(app)`` says nothing of origins, and no configuration of the project does."""
    if not call.arguments or any(one.star or one.keyword for one in call.arguments):
        return False
    return not _says_origins(picture)


def _says_origins(picture: Picture) -> bool:
    """Whether a configuration names ``CORS_ORIGINS``: a module, a class of settings, ``app.config[…]``."""
    project = picture.project
    if any(_settings(picture, "CORS_ORIGINS")) or any(_settings(picture, "CORS_RESOURCES")):
        return True
    return any(
        isinstance(one, Constant) and one.value in {"CORS_ORIGINS", "CORS_RESOURCES"}
        for place in project.places()
        if any(use.chain.endswith("config[]") for use in uses_of(project, place))
        for one in walk(project.body(place))
    )


def _settings(picture: Picture, name: str) -> Iterator[Point]:
    """The values of a setting in modules and in classes of settings."""
    project = picture.project
    for path in project.paths():
        for value in project.namespace(path).variables.get(name, ()):
            yield Point(Place(path, -1), value, {})
        for index in range(len(project.outline(path).classes)):
            field = project.variable(path, f"{project.outline(path).classes[index].qualname}.{name}")
            if field is not None:
                yield Point(Place(field[0], -1), field[1], {})


def _flask(picture: Picture, flow: Flow, rule: Rule) -> Iterator[Finding]:
    """``CORS_SUPPORTS_CREDENTIALS = True``, and no list of origins: Flask-CORS answers with whatever origin asks."""
    if not any(
        item.module == "flask_cors" for path in flow.project.paths() for item in flow.project.outline(path).imports
    ):
        return
    for point in _settings(picture, "CORS_ORIGINS"):
        every = (
            one for one in choices(flow, point) if "*" in (one.value if isinstance(one.value, tuple) else (one.value,))
        )
        stars = [one for one in every if not one.default]
        if stars and deployed(picture, point.place.path) and _guarded(picture, point.place.path):
            yield _open(rule, point.place, point.expression)
    for point in _settings(picture, "CORS_SUPPORTS_CREDENTIALS"):
        path = point.place.path
        if (
            deployed(picture, path)
            and any(truth(one.value) for one in choices(flow, point))
            and not _says_origins(picture)
        ):
            what = "`CORS_SUPPORTS_CREDENTIALS` is on, and every origin is allowed (the default), with credentials"
            yield _finding(rule, point.place, point.expression, what, None)


def _open(rule: Rule, place: Place, node: AnyExpression) -> Finding:
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=(
            "Every origin may call this application from a browser, although its routes ask for a login: no cookie "
            "goes along, but any page may use a token that it got hold of"
        ),
        fix=_FIX,
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
    )


def _finding(rule: Rule, place: Place, node: AnyExpression, what: str, choice: Choice | None) -> Finding:
    default = " unless the environment says otherwise" if choice is not None and choice.default else ""
    return Finding(
        rule=rule.code,
        location=location(place, node),
        message=f"{what}{default}{_READ}",
        fix=_FIX,
        severity=rule.severity,
        confidence=Confidence.MEDIUM if default else Confidence.HIGH,
    )
