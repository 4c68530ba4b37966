"""Which files are audited. In: paths and settings. Out: one :class:`SourceTree`, the same for the same files.

``discover`` walks (``walk``), leaves out what ignore files and excludes name (``ignores``, ``excludes``), reads and
hashes the rest (``reading``), passes over generated code (``generated``), tells tests and migrations apart (``tiers``).
"""

from analyzer.source.discover import discover

__all__ = ["discover"]
