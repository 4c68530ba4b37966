"""``[tool.backend-audit]`` to one frozen :class:`Config`. In: a file and command line values. Out: the settings."""

from analyzer.config.settings import Config

__all__ = ["Config"]
