"""A small Quart backend, whose own map of URLs tells which routes the recogniser must find."""
