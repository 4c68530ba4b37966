"""The part of BA401 about uploads: a file that is kept as it came, whatever it is and however large."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Await, Call, Constant, Name, Subscript
from analyzer.facts.statements import AnyStatement, Assign, For
from analyzer.facts.visit import calls, chain, walk
from analyzer.flow.callers import bound
from analyzer.flow.named import method
from analyzer.flow.questions import chain_end, uses_of
from analyzer.frameworks.persistence import is_model
from analyzer.graph.picture import Picture
from analyzer.project import Place, Project

_FILES = re.compile(r"(?:^|\.)(?:request|req)\.(?:files|FILES)$")
_TYPES = frozenset({"UploadFile", "FileStorage", "UploadedFile", "InMemoryUploadedFile"})
_KEEPING = frozenset(
    "save copyfileobj write write_bytes put_object upload_fileobj upload_blob upload_from_file put save_file".split()
)
_LOOKED = re.compile(
    r"content_?type|mime|allow|extension|\bexts?\b|suffix|splitext|(?:ends|starts)with|rsplit|magic|imghdr|filetype|image\.open"
    r"|valid|verify|check|scan|max_|_max|limit|size|content.?length|too_?large",
    re.IGNORECASE,
)
"""Names in code that looks at what came, or at how much of it. A heuristic: it only ever makes the rule silent."""
_LIMITED = re.compile(
    r"^MAX_CONTENT_LENGTH$|max_?(?:upload|body|request|file)_?\w*size|upload_?\w*limit"
    r"|limit_?(?:upload|body|request|content)|(?:upload|body|content|request)_?size",
    re.IGNORECASE,
)
"""Settings, classes and arguments that limit what any route takes."""


_CONTENTS = frozenset({"", "file", "read()", "file.read()", "stream", "stream.read()", "chunks()", "stream()"})


class Upload(msgspec.Struct, frozen=True):
    """Where an upload is kept: the call, and how the code calls the upload."""

    place: Place
    node: AnyExpression
    shown: str


def kept(picture: Picture) -> Iterator[Upload]:
    """The first place in every handler where it keeps an upload that nothing looks at."""
    limited: bool | None = None
    for handler, routes in picture.handlers().items():
        changing = any(route.method in {"POST", "PUT", "PATCH", "ANY"} for route in routes)
        if not changing or not picture.is_main(handler.path):
            continue
        found = _kept(picture, handler)
        if found is None:
            continue
        limited = _limited_everywhere(picture) if limited is None else limited
        if not limited:
            yield found


def _kept(picture: Picture, handler: Place) -> Upload | None:
    function = picture.project.function(handler)
    if function is None:
        return None
    typed = {one.name for one in function.parameters if _is_upload(one.annotation)}
    if not typed and not any(_FILES.search(_held(use.chain)) for use in uses_of(picture.project, handler)):
        return None
    body = picture.project.body(handler)
    names = typed | _named(body)
    if any(_looks(picture, at) for at in _around(picture, handler, names)):
        return None
    found = next(_keeps(picture.project, handler, body, names), None)
    return found or next(_handed(picture, handler, body, names), None)


def _handed(picture: Picture, handler: Place, body: list[AnyStatement], names: set[str]) -> Iterator[Upload]:
    """Where a function that is handed an upload keeps it: ``await save_image(file, user.id)``."""
    for call in calls(body):
        target = picture.project.resolve_expression(handler, call.func) if chain(call.func) else None
        place = Place(target.path, target.index) if target is not None and target.kind == "function" else None
        function = picture.project.function(place) if place is not None else None
        if target is None or place is None or function is None or place in picture.handlers():
            continue
        given = bound(function, call, method(target, function, chain(call.func))) or {}
        held = {name for name, one in given.items() if _upload_of(one.value, names)}
        inner = picture.project.body(place)
        if held and not any(_looks(picture, at) for at in _around(picture, place, held)):
            yield from _keeps(picture.project, place, inner, held)


def _is_upload(annotation: AnyExpression | None) -> bool:
    return annotation is not None and any(
        isinstance(node, Name | Attribute) and chain(node).rpartition(".")[2] in _TYPES for node in walk(annotation)
    )


def _held(spelled: str) -> str:
    for end in ("[]", ".get", ".getlist", ".values", ".items"):
        spelled = spelled.removesuffix(end)
    return spelled


def _named(body: Sequence[msgspec.Struct]) -> set[str]:
    """The locals that hold an upload."""
    found: set[str] = set()
    for node in walk(body):
        value = node.value if isinstance(node, Assign) else node.iterable if isinstance(node, For) else None
        targets = node.targets if isinstance(node, Assign) else [node.target] if isinstance(node, For) else []
        if value is not None and any(_FILES.search(chain(one)) for one in walk(value) if isinstance(one, Attribute)):
            found.update(one.id for one in targets if isinstance(one, Name))
    return found


def _keeps(project: Project, place: Place, body: Sequence[msgspec.Struct], names: set[str]) -> Iterator[Upload]:
    known = set(names)
    for node in walk(body):
        if isinstance(node, Assign) and node.value is not None and _reads(node.value, known):
            known.update(one.id for one in node.targets if isinstance(one, Name))
        elif isinstance(node, For) and isinstance(node.target, Name) and _upload_of(node.iterable, known):
            known.add(node.target.id)  # for chunk in upload.chunks()
    for node in walk(body):
        if isinstance(node, Assign) and node.value is not None and _of_record(node):
            shown = _upload_of(node.value, known)
            if shown:
                yield Upload(place, node.value, shown)
        if not isinstance(node, Call) or not (chain_end(node) in _KEEPING or _makes_record(project, place, node)):
            continue
        receiver = node.func.value if isinstance(node.func, Attribute) else None
        parts = [one.value for one in node.arguments]
        if chain_end(node) == "save" and isinstance(receiver, Name | Subscript):
            parts.append(receiver)
        for part in parts:
            shown = _upload_of(part, known)
            if shown:
                yield Upload(place, node, shown)
                break


def _of_record(node: Assign) -> bool:
    """``user.photo = …``: an attribute of something that is no part of the request or the object itself."""
    return any(
        isinstance(one, Attribute) and isinstance(one.value, Name) and one.value.id not in {"self", "cls", "request"}
        for one in node.targets
    )


def _makes_record(project: Project, place: Place, call: Call) -> bool:
    """``Picture(data=upload.read())``, ``Document.objects.create(file=upload)``."""
    if chain(call.func).endswith(".objects.create"):
        return True
    target = project.resolve_expression(place, call.func) if chain(call.func) else None
    return target is not None and target.kind == "class" and is_model(project, target.path, target.index)


def _reads(value: AnyExpression, names: set[str]) -> bool:
    """Whether an expression is all that an upload holds: ``await file.read()``."""
    value = value.value if isinstance(value, Await) else value
    if not isinstance(value, Call) or chain_end(value) not in {"read", "getvalue"} or value.arguments:
        return False
    return chain(value.func).partition(".")[0] in names


def _upload_of(part: AnyExpression, names: set[str]) -> str:
    """The upload that an argument is, or is read from; ``""`` for others (its name is not the file)."""
    part = part.value if isinstance(part, Await) else part
    spelled = chain(part)
    if _FILES.search(_held(spelled)):
        return spelled
    head, _, rest = spelled.partition(".")
    return head if head in names and rest in _CONTENTS else ""


def _around(picture: Picture, handler: Place, names: set[str]) -> Iterator[Place]:
    """The handler, what runs before it, and the functions that are handed the upload or the request."""
    yield handler
    for route in picture.handlers().get(handler, ()):
        yield from (one for one in route.dependencies if one.path)
        yield from (one.place for one in route.attached if one.place.path)
    for call in calls(picture.project.body(handler)):
        heads = {chain(one.value).partition(".")[0] for one in call.arguments}
        if heads.isdisjoint({*names, "request", "self"}):
            continue
        target = picture.project.resolve_expression(handler, call.func)
        if target is not None and target.kind == "function":
            yield Place(target.path, target.index)


def _looks(picture: Picture, place: Place) -> bool:
    """Whether a function looks at what came: by the names it uses."""
    if any(_LOOKED.search(use.chain) for use in uses_of(picture.project, place)):
        return True
    function = picture.project.function(place)
    decorated = [chain(one.func if isinstance(one, Call) else one) for one in (function.decorators if function else ())]
    if any(_LOOKED.search(one) for one in decorated):
        return True
    body = picture.project.body(place)
    keyed = (one.keyword for node in walk(body) if isinstance(node, Call) for one in node.arguments if one.keyword)
    return any(_LOOKED.search(one) for one in keyed) or any(
        isinstance(node, Constant) and isinstance(node.value, str) and node.value.lower() == "content-length"
        for node in walk(body)
    )


def _limited_everywhere(picture: Picture) -> bool:
    """Whether a setting, a middleware or a server's option limits every request."""
    project = picture.project
    for path in project.paths():
        outline = project.outline(path)
        if any(_LIMITED.search(name) for name in project.namespace(path).variables):
            return True
        if any(_LIMITED.search(item.name) for item in outline.classes):
            return True
        bodies = [outline.body, *(item.body for item in outline.classes)]
        if any(
            isinstance(node, Constant) and isinstance(node.value, str) and _LIMITED.search(node.value)
            for body in bodies
            for node in walk(body)
        ):
            return True
        for item in outline.classes:
            if any(isinstance(one, Assign) and _LIMITED.search(chain(one.targets[0])) for one in item.body):
                return True
    return any(
        isinstance(node, Constant) and node.value == "MAX_CONTENT_LENGTH"
        for place in project.places()
        if any(use.chain.endswith("config[]") for use in uses_of(project, place))
        for node in walk(project.body(place))
    )
