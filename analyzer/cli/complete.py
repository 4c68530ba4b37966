"""What the shell offers for the value of an option."""

from __future__ import annotations


def complete_selector(incomplete: str) -> list[tuple[str, str]]:
    """Codes, slugs, families and tags, after the last comma."""
    from analyzer.config.selection import selectors_of
    from analyzer.rulebook import load_rules

    rules = load_rules()
    titles = {name: rule.title for rule in rules for name in (rule.code, rule.slug)}
    before, comma, last = incomplete.rpartition(",")
    return [
        (f"{before}{comma}{word}", titles.get(word, "several rules"))
        for word in sorted(selectors_of(rules))
        if word.casefold().startswith(last.casefold())
    ]


def complete_rule(incomplete: str) -> list[tuple[str, str]]:
    """Codes and slugs."""
    from analyzer.rulebook import load_rules

    names = [(name, rule.title) for rule in load_rules() for name in (rule.code, rule.slug)]
    return sorted(pair for pair in names if pair[0].casefold().startswith(incomplete.casefold()))


def complete_format(incomplete: str) -> list[str]:
    """The formats of a report."""
    from analyzer.report import formats

    return [name for name in formats() if name.startswith(incomplete)]


def complete_level(incomplete: str) -> list[str]:
    """The severities."""
    return [name for name in ("note", "warning", "error", "never") if name.startswith(incomplete)]
