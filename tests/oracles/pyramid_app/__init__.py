"""A small Pyramid backend, whose own introspection tells which routes the recogniser must find."""
