"""Settings files (``.env``, YAML, TOML, JSON, INI, Dockerfiles) read as data: names and the values given to them.

In: the ``SourceTree``. Out: findings about secrets in them, the spans to mask, and the comments that speak to us. Lines
are read with expressions, not with parsers: a finding needs the place of a value, which parsers of these formats do not
tell, and a hostile file can make no parser work.
"""

from analyzer.plain.look import Seen, hidden, look

__all__ = ["Seen", "hidden", "look"]
