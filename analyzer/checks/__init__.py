"""Rules that need the picture: one module a rule, found by the rule's slug and listed nowhere.

In: a :class:`~analyzer.graph.picture.Picture`, the enabled rules, what the engines reported. Out: a
:class:`CheckResult`. A check module has ``check(picture, rule) -> Iterator[Finding]``, and may have
``judge(finding, picture) -> str`` that says ``confirm``, ``refute`` or ``stand`` of an engine's finding of its rule.
"""

from analyzer.checks._run import CheckResult, Sharing, run

__all__ = ["CheckResult", "Sharing", "run"]
