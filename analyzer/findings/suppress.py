"""Findings that somebody decided not to see, and the comments that decide it in vain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from analyzer.config import Config
from analyzer.config.patterns import PatternList
from analyzer.findings.comments import Comment, Directive, Foreign, Name, directives, foreign_comments
from analyzer.findings.foreign import silences
from analyzer.findings.selectors import applies, by_code_or_slug, find_rule
from analyzer.findings.sources import Source, Sources
from analyzer.findings.statements import statement_lines
from analyzer.model import Finding, Rule, Suppressed


class Word(msgspec.Struct, frozen=True):
    """One rule name in one directive of a file: what a suppression is owed to."""

    path: str
    directive: Directive
    name: Name


class _File(msgspec.Struct, frozen=True):
    """The comments of one file, ready to be asked."""

    directives: list[Directive]
    by_line: Mapping[int, list[Directive]]
    foreign: Mapping[int, list[Foreign]]
    statements: Mapping[int, tuple[int, int]]
    source: Source


class Suppressions:
    """All reasons to be silent: inline, file-wide, by configuration and foreign. Remembers which comments served."""

    def __init__(
        self, comments: Mapping[str, Sequence[Comment]], config: Config, rules: Iterable[Rule], sources: Sources
    ) -> None:
        self._rules = {rule.code: rule for rule in rules}
        self._known = by_code_or_slug(self._rules.values())
        self._config = config
        self._sources = sources
        self._ignores = [(PatternList.parse([pattern]), names) for pattern, names in config.per_file_ignores]
        self._comments = comments
        self._files: dict[str, _File] = {}
        self.served: set[Word] = set()

    def directives(self) -> list[tuple[str, Directive]]:
        """Every directive of ours in the tree, by path and line."""
        return [(path, directive) for path in sorted(self._comments) for directive in self._file(path).directives]

    def rule_of(self, name: Name) -> Rule | None:
        """The rule a directive's word means, if there is one."""
        return find_rule(name.text, self._known)

    def silence(self, finding: Finding) -> Suppressed | None:
        """Why a finding must not be shown, or ``None``. Our own comments come first, so that they count as used."""
        path = finding.location.path
        if path in self._comments:
            file = self._file(path)
            lines = _lines(finding, file)
            for line, own_line_only in lines:
                for directive in file.by_line.get(line, ()):
                    if (directive.own_line or not own_line_only) and self._serves(path, directive, finding):
                        return Suppressed(finding, "inline", directive.reason)
            for directive in file.directives:
                if directive.whole_file and self._serves(path, directive, finding):
                    return Suppressed(finding, "file", directive.reason)
        return self._configured(finding) or self._foreign(finding)

    def _serves(self, path: str, directive: Directive, finding: Finding) -> bool:
        served = False
        for name in directive.names:
            rule = self.rule_of(name)
            if rule is not None and rule.code == finding.rule:
                self.served.add(Word(path, directive, name))
                served = True
        return served

    def _configured(self, finding: Finding) -> Suppressed | None:
        rule = self._rules.get(finding.rule)
        for patterns, names in self._ignores:
            if rule is not None and applies(names, rule) and patterns.covers(finding.location.path):
                return Suppressed(finding, "configuration", "per-file-ignores")
        return None

    def _foreign(self, finding: Finding) -> Suppressed | None:
        rule = self._rules.get(finding.rule)
        if rule is None or not self._config.honour or finding.location.path not in self._comments:
            return None
        file = self._file(finding.location.path)
        for line, own_line_only in _lines(finding, file):
            for comment in file.foreign.get(line, ()):
                above = comment.own_line and comment.tool == "nosemgrep"
                if (above or not own_line_only) and silences(comment, rule):
                    return Suppressed(finding, "foreign", comment.text)
        return None

    def _file(self, path: str) -> _File:
        if path not in self._files:
            comments = self._comments.get(path, ())
            own = directives(comments)
            foreign = foreign_comments(comments, self._config.honour)
            source = self._sources[path]
            by_line: dict[int, list[Directive]] = defaultdict(list)
            for directive in own:
                if not directive.whole_file:
                    by_line[directive.line].append(directive)
            foreign_by_line: dict[int, list[Foreign]] = defaultdict(list)
            for comment in foreign:
                foreign_by_line[comment.line].append(comment)
            statements = statement_lines(source.text) if own or foreign else {}
            self._files[path] = _File(own, by_line, foreign_by_line, statements, source)
        return self._files[path]


def _lines(finding: Finding, file: _File) -> list[tuple[int, bool]]:
    """Where a comment about a finding may stand, each with whether it must stand alone on its line.

    On the finding's first or last line, on the first or last line of its statement (decorators are part of a
    definition), or in the block of comments right above the finding's line or its statement.
    """
    span = finding.location.span
    first, last = file.statements.get(span.line, (span.line, span.line))
    on = dict.fromkeys((span.line, first, span.end_line, last))
    above: list[int] = []
    for start in dict.fromkeys((span.line, first)):
        line = start - 1
        while file.source.line(line).lstrip().startswith("#"):
            above.append(line)
            line -= 1
    return [*((line, False) for line in on), *((line, True) for line in above)]
