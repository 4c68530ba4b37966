"""Contracts checked: which imports break what the project says about itself.

In: a :class:`~analyzer.graph.picture.Picture` and its contracts. Out: :class:`Broken` imports and chains, and the names
that mean nothing.
"""

from analyzer.graph.contracts.breaking import Broken, broken
from analyzer.graph.contracts.links import Link, Modules
from analyzer.graph.contracts.names import mistakes

__all__ = ["Broken", "Link", "Modules", "broken", "mistakes"]
