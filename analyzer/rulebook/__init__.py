"""The rules as data. In: the folders under ``rules/``. Out: one frozen ``Rule`` a folder, sorted by code.

Adding a rule touches nothing here: every folder ``rules/<CODE>-<slug>/`` with a ``README.md`` is one rule.
"""

from analyzer.rulebook.load import load_rules, rules_folder
from analyzer.rulebook.parse import RulebookError

__all__ = ["RulebookError", "load_rules", "rules_folder"]
