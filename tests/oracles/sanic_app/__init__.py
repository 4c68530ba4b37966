"""A small Sanic backend, whose own router tells which routes the recogniser must find."""
