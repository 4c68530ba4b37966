"""Handlers by which strangers make themselves an account."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.checks import _public
from analyzer.frameworks import Route
from analyzer.graph.picture import Picture
from analyzer.project import Place

_SIGN_UP = re.compile(r"^(?:\w*user|account|auth\w*|do|customer|create)?(?:register|registration|signup)\w*$")
"""Names, their words put together, of what makes somebody an account where a password is taken."""
_PLAINLY = re.compile(r"^(?:users?)?(?:register|registration|signup)(?:users?|handler|view|resource|api)?$")
"""The same where nobody sees a password: the whole body is kept."""


def called_signing_up(names: Sequence[str], *, plainly: bool = False) -> bool:
    """Whether one of some names (of a handler, its class, the end of its path) says that somebody signs up there;
    ``plainly`` where it says nothing else."""
    wanted = _PLAINLY if plainly else _SIGN_UP
    return any(wanted.search("".join(_public.words_of(name))) for name in names)


def last_segment(routes: Sequence[Route]) -> list[str]:
    """The last part of the last path that is no parameter, if there is one."""
    return [segment for route in routes for segment in route.path.split("/") if segment and "{" not in segment][-1:]


def keeps_whole(picture: Picture, handler: Place, names: Sequence[str]) -> bool:
    """Whether a handler that is called for signing up keeps something, whatever is in it: ``User.create(**body)``."""
    return called_signing_up(names, plainly=True) and bool(_public.writes(picture, handler))


def makes_account(picture: Picture, handler: Place, view: int, names: Sequence[str]) -> bool:
    """Whether a handler (or the class view with an index, where the framework answers) makes an account with a password
    that the client chooses."""
    if not called_signing_up(names):
        return False
    if view >= 0:
        return _public.writes_password(picture, handler.path, view)
    owner = picture.project.owner_index(handler)
    if owner >= 0 and _public.writes_password(picture, handler.path, owner):
        return True
    below = _public.below(picture, handler)
    return any(_public.takes_password(picture, place) for place in below) or keeps_whole(picture, handler, names)
