"""Constants of paths."""

VERSION = 3
PREFIX = "/api"
ITEMS = "/items"
