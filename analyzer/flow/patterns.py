"""Regular expressions that audited code holds texts against."""

from __future__ import annotations

import re

_OPEN = re.compile(r"(?<!\\)\.|\[\^|\\[WDS]")


def admits_anything(pattern: str) -> bool:
    """Whether a regular expression lets any character through: by a bare dot or a negated class."""
    return _OPEN.search(pattern) is not None


def closed(pattern: str, *, anchored: bool) -> bool:
    """Whether a regular expression has to fit the whole text and lets no character through that it does not name;
    ``anchored`` where it is tried at the beginning only."""
    whole = pattern.endswith(("$", "\\Z", "\\z")) and (anchored or pattern.startswith(("^", "\\A")))
    return whole and not admits_anything(pattern)
