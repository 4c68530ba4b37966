"""``[tool.backend-audit]`` to one frozen :class:`Config`. In: a file and command line values. Out: the settings.

``load`` reads them, ``selection`` says which rules they enable, ``root`` finds the repository, ``patterns`` is the
language of ignore files and path settings. Only ``Config`` is imported here, so that workers start quickly.
"""

from analyzer.config.settings import Config

__all__ = ["Config"]
