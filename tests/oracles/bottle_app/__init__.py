"""A small Bottle backend, whose own table tells which routes the recogniser must find."""
