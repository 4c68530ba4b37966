"""Which files an engine's rule can match at all: a look at the bytes, thousands of times cheaper than parsing.

A rule's ``needles`` are conditions that all hold for every file in which it matches. A condition is a list of texts,
one of which must occur, or a regular expression that must be found. Both are looked for in the lower-cased bytes, so
texts and expressions are written in lower case. An expression may be shared with a ``metavariable-regex``: its leading
flags and ``.*`` are dropped, because it is searched, and ``.`` always crosses lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

Needles = Sequence[Sequence[str] | str]

_LEADING = re.compile(r"\(\?[a-z]+\)(\.\*\??)?")


class Sieve:
    """Compiled needles of several rules, by rule id."""

    def __init__(self, needles: Mapping[str, Needles]) -> None:
        """Compile. Raises ``ValueError`` for a needle that can never be found because it has upper-case letters."""
        self._conditions = {rule: tuple(_compile(needle) for needle in entry) for rule, entry in needles.items()}

    def rules_for(self, data: bytes) -> tuple[str, ...]:
        """The rules that can match in these bytes, in the order given. A rule without needles always can."""
        lowered = data.lower()
        known: dict[object, bool] = {}
        return tuple(rule for rule, conditions in self._conditions.items() if _all_hold(conditions, lowered, known))


def _all_hold(conditions: Iterable[_Condition], lowered: bytes, known: dict[object, bool]) -> bool:
    for condition in conditions:
        # Rules of one file share conditions; each is looked for once a file.
        held = known.get(condition)
        if held is None:
            if isinstance(condition, tuple):
                held = any(text in lowered for text in condition)
            else:
                held = condition.search(lowered) is not None
            known[condition] = held
        if not held:
            return False
    return True


_Condition = tuple[bytes, ...] | re.Pattern[bytes]


def _compile(needle: Sequence[str] | str) -> _Condition:
    if isinstance(needle, str):
        return re.compile(_LEADING.sub("", needle, count=1).encode(), re.DOTALL)
    if wrong := [text for text in needle if text != text.lower() or not text]:
        raise ValueError(f"needles must be lower case and not empty: {wrong}")
    return tuple(text.encode() for text in needle)
