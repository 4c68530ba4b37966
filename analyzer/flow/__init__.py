"""What a value is made of: reaching assignments inside a function, followed a few steps through calls and constants.

In: the linked ``Project`` (and the handlers of its routes). Out: :class:`~analyzer.flow.parts.Value`, the texts an
expression may be at the point where it stands, each a row of parts: constant text, sources (request data, parameters,
attributes, call results) and sources made harmless by a sanitizer (casts, allow-lists, quoting).
"""
