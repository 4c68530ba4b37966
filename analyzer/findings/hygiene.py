"""BA002 and BA003: findings about the ignore comments themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches

from analyzer.config import Config
from analyzer.findings.comments import Directive, Name
from analyzer.findings.suppress import Suppressions, Word
from analyzer.model import Finding, Location, Rule, Span

STALE = "BA002"
UNEXPLAINED = "BA003"
_ABOUT_COMMENTS = frozenset({STALE, UNEXPLAINED})
_HINTS = 500
_WEIGHED = 20
"""Words weighed against each other: one wrong letter of a code is equally far from a handful of codes."""


def comment_findings(
    suppressions: Suppressions,
    enabled: Mapping[str, Rule],
    every: Mapping[str, Rule],
    config: Config,
    unsure: Collection[str] = (),
) -> list[Finding]:
    """What is wrong with the ignore comments, to be asked after all findings went past ``suppressions``.

    ``unsure`` holds the codes of rules that ran only in part, so that silence proves nothing about their comments.
    """
    findings: list[Finding] = []
    spellings = _Spellings(every.values())
    for path, directive in suppressions.directives():
        if STALE in enabled:
            rule = enabled[STALE]
            if directive.malformed:
                findings.append(_malformed(rule, path, directive))
            for name in directive.names:
                target = suppressions.rule_of(name)
                if target is None:
                    findings.append(_unknown(rule, path, directive, name, spellings))
                elif Word(path, directive, name) not in suppressions.served and _ran(target, enabled, config, unsure):
                    findings.append(_stale(rule, path, directive, name, target))
        if UNEXPLAINED in enabled and directive.names and not directive.reason:
            findings.append(_unexplained(enabled[UNEXPLAINED], path, directive))
    return findings


def _ran(rule: Rule, enabled: Mapping[str, Rule], config: Config, unsure: Collection[str]) -> bool:
    """Whether the rule was looked for with all its means, so that a comment without effect is stale."""
    switched_off = (rule.semgrep and not config.semgrep) or (bool(rule.bandit) and not config.bandit)
    return rule.code in enabled and rule.code not in unsure and rule.code not in _ABOUT_COMMENTS and not switched_off


def _malformed(rule: Rule, path: str, directive: Directive) -> Finding:
    wrong, _, right = directive.malformed.partition("; ")
    return _finding(
        rule,
        Location(path, Span(directive.line, directive.column, directive.line, directive.end_column)),
        f"This comment suppresses nothing: it {wrong}.",
        f"{right[:1].upper()}{right[1:]}.",
    )


def _unknown(rule: Rule, path: str, directive: Directive, name: Name, spellings: _Spellings) -> Finding:
    near = spellings.nearest(name.text)
    hint = f"; did you mean `{near[0]}`?" if near else "."
    fix = f"Write `{near[0]}`" if near else "Name a rule that `backend-audit rules` lists"
    return _finding(
        rule,
        _place(path, directive, name),
        f"`{name.text}` is no rule, so this comment suppresses nothing{hint}",
        f"{fix}.",
    )


def _stale(rule: Rule, path: str, directive: Directive, name: Name, target: Rule) -> Finding:
    where = "in this file" if directive.whole_file else "on this line"
    rest = "the comment" if len(directive.names) == 1 else f"`{name.text}` from the comment"
    return _finding(
        rule,
        _place(path, directive, name),
        f"This comment ignores `{target.code}` ({target.slug}), but nothing of that rule is found {where}.",
        f"Remove {rest}.",
    )


def _unexplained(rule: Rule, path: str, directive: Directive) -> Finding:
    names = ", ".join(f"`{name.text}`" for name in directive.names)
    return _finding(
        rule,
        Location(path, Span(directive.line, directive.column, directive.line, directive.end_column)),
        f"This comment ignores {names} without a reason.",
        "Say behind the bracket why the finding is no problem here.",
    )


def _place(path: str, directive: Directive, name: Name) -> Location:
    return Location(path, Span(directive.line, name.column, directive.line, name.end_column))


def _finding(rule: Rule, location: Location, message: str, fix: str) -> Finding:
    return Finding(
        rule=rule.code,
        location=location,
        message=message,
        fix=fix,
        severity=rule.severity,
        confidence=rule.confidence,
    )


class _Spellings:
    """The right spellings of names that are no rules'. Looking for one takes a thousand times as long as telling that
    there is none, so it ends with ``_HINTS`` names."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._words = sorted({word for rule in rules for word in (rule.code, rule.slug)})
        self._known: dict[str, list[str]] = {}

    def nearest(self, name: str) -> list[str]:
        """The word most like a name, if any is."""
        if name not in self._known and len(self._known) < _HINTS:
            self._known[name] = _nearest(name.upper(), self._words) or _nearest(name.lower(), self._words)
        return self._known.get(name, [])


def _nearest(name: str, words: Sequence[str]) -> list[str]:
    """The word most like a name; of those equally like it the one with more letters in their place: for ``BA1O1`` that
    is ``BA101`` and not ``BA511``."""
    close = get_close_matches(name, words, _WEIGHED)
    likeness = {word: SequenceMatcher(None, word, name).ratio() for word in close}
    best = [word for word in close if likeness[word] == likeness[close[0]]]
    return sorted(best, key=lambda word: (-sum(map(str.__eq__, word, name)), word))[:1]
