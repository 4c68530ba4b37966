"""``[tool.backend-audit]`` to one frozen :class:`Config`. In: a file and command line values. Out: the settings."""

from analyzer.config.load import Origins, load_config
from analyzer.config.root import find_root
from analyzer.config.selection import select_rules
from analyzer.config.settings import Config

__all__ = ["Config", "Origins", "find_root", "load_config", "select_rules"]
