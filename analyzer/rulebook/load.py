"""Find the folder of rules and read all of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from analyzer.model import Rule
from analyzer.rulebook.parse import RulebookError, parse_rule

_PACKAGE = Path(__file__).resolve().parent.parent


def rules_folder() -> Path:
    """The folder that holds one folder a rule: inside the installed package, else the checkout's ``rules/``.

    Raises ``RulebookError`` when neither exists, which means a broken installation.
    """
    candidates = (_PACKAGE / "rules", _PACKAGE.parent / "rules")
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise RulebookError(f"no rules found in {candidates[0]} or {candidates[1]}: reinstall backend-audit")


def load_rules(folder: Path | None = None) -> tuple[Rule, ...]:
    """Every rule under ``folder`` (default: ``rules_folder()``), sorted by code.

    Raises ``RulebookError`` with one line a mistake over all rules: front matter, sections, folder names, codes
    or slugs used twice, no rule at all.
    """
    root = rules_folder() if folder is None else folder
    rules: list[Rule] = []
    mistakes: list[str] = []
    for path in sorted(root.glob("*/README.md")):
        try:
            rules.append(parse_rule(path))
        except RulebookError as error:
            mistakes.append(str(error))
    for what, values in (("code", [rule.code for rule in rules]), ("slug", [rule.slug for rule in rules])):
        mistakes += [f"{root}: {what} {value} is used {n} times" for value, n in Counter(values).items() if n > 1]
    if not rules and not mistakes:
        mistakes.append(f"{root}: no rule in it (expected <CODE>-<slug>/README.md)")
    if mistakes:
        raise RulebookError("\n".join(mistakes))
    return tuple(sorted(rules, key=lambda rule: rule.code))
