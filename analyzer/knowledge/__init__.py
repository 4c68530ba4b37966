"""What libraries do, as data: one TOML file a topic, read once and frozen.

In: the files beside this one. Out: structs of :mod:`analyzer.knowledge.schema`, looked up by canonical dotted name.
"""

from analyzer.knowledge.load import known
from analyzer.knowledge.schema import Decoder, Hasher, Knowledge, Primitive, Signer, Sink

__all__ = ["Decoder", "Hasher", "Knowledge", "Primitive", "Signer", "Sink", "known"]
