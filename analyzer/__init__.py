"""backend-audit: a static security and architecture analyzer for Python backends.

Start reading at :mod:`analyzer.pipeline`.
"""

__version__ = "0.1.0"
