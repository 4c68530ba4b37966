"""What a comment written for bandit, flake8, ruff or semgrep means for our rules."""

from __future__ import annotations

import re

from analyzer.findings.comments import Foreign
from analyzer.model import Rule

_BANDIT_ID = re.compile(r"B\d{3}", re.IGNORECASE)


def silences(comment: Foreign, rule: Rule) -> bool:
    """Whether a foreign comment speaks about a rule of ours.

    A bare ``# nosec`` or ``# noqa`` silences the rules bandit has a test for, a bare ``# nosemgrep`` those semgrep
    looks for. ``noqa`` writes bandit's ids with an S (``S608``) and may give only their beginning; ``nosec`` may be
    followed by prose; ``nosemgrep`` names a semgrep rule, ours being the code or the slug.
    """
    if comment.tool == "nosemgrep":
        names = {name.rsplit(".", 1)[-1].lower() for name in comment.names}
        return rule.code.lower() in names or rule.slug in names if names else rule.semgrep
    ids = {bandit.upper() for bandit in rule.bandit}
    if comment.tool == "nosec":
        named = {name.upper() for name in comment.names if _BANDIT_ID.fullmatch(name)}
        return bool(ids & named) if named else bool(ids)
    if not comment.names:
        return bool(ids)
    prefixes = [f"B{name[1:]}" for name in map(str.upper, comment.names) if re.fullmatch(r"S\d{0,3}", name)]
    return any(bandit.startswith(prefix) for bandit in ids for prefix in prefixes)
