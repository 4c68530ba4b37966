"""What is known of one file: an outline, and the lowered bodies of its functions apart.

In: nothing but the nouns of ``model``. Out: msgspec structs that ``syntax`` fills and every later stage reads, and the
content-addressed store that keeps them between runs.
"""
