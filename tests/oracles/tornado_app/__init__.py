"""A small Tornado backend, whose own rules tell which routes the recogniser must find."""
