"""Which tests run on every supported Python, and not on one alone."""

from __future__ import annotations

import pytest

SHORT = ("cli", "config", "facts", "frameworks", "project", "rulebook", "source", "syntax")
"""Parts whose behaviour can differ between Pythons (parsing, files, types, terminals) and whose tests take seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of those parts ``short``, all but what one Python says enough of; ``.ci/run`` selects them with
    ``-m short``."""
    prefixes = tuple(f"test_{part}_" for part in SHORT)
    for item in items:
        if item.path.name.startswith(prefixes) and item.get_closest_marker("once") is None:
            item.add_marker(pytest.mark.short)
