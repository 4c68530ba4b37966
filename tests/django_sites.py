"""Django as the oracles need it: configured once a process, whichever test asks first."""

from __future__ import annotations

import importlib


def configure() -> None:
    """Make Django ready to resolve URLs."""
    django, conf = importlib.import_module("django"), importlib.import_module("django.conf")
    if not conf.settings.configured:
        conf.settings.configure(
            INSTALLED_APPS=[f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes")] + ["rest_framework"]
        )
        django.setup()
