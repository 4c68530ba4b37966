"""``--show-settings``: every setting as TOML that could stand in a file, and where it comes from."""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence

from analyzer.config.contract_text import contracts_inline
from analyzer.config.keys import SETTINGS, field_of
from analyzer.config.load import Origins
from analyzer.config.settings import Config
from analyzer.config.text import shown
from analyzer.source.excludes import DEFAULT_EXCLUDES


def settings_text(config: Config, origins: Origins, rules: Sequence[str]) -> str:
    """One line a setting. What only the command line can set, or what has no value, is a comment."""
    lines = [f"# root: {shown(origins.root)}", f"# file: {origins.file or 'none'}"]
    lines += [f"# {remark}" for remark in origins.remarks]
    lines += [f"# rules: {', '.join(rules)}", "", "[tool.backend-audit]"]
    for key, setting in SETTINGS.items():
        value = _value(key, getattr(config, field_of(key)))
        if key == "exclude" and config.exclude is None:
            value = _value(key, DEFAULT_EXCLUDES)
        line = f"{key} = {value}" if value else f"{key} is not set"
        comment = "# " if setting.private or not value else ""
        lines.append(f"{comment}{line}  # {origins.settings[key]}")
    return "\n".join(lines) + "\n"


def _value(key: str, value: object) -> str:
    """A value in TOML; nothing when there is none."""
    if key == "fail-on" and value is None:
        return '"never"'
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, enum.Enum):
        return _quoted(str(getattr(value, "label", value.value)))
    if isinstance(value, str):
        return _quoted(value)
    if key == "contracts" and isinstance(value, tuple):
        return contracts_inline(value)
    if isinstance(value, tuple):
        if key in ("per-file-ignores", "roles"):
            pairs = ", ".join(f"{_quoted(str(name))} = {_value('', item)}" for name, item in value)
            return f"{{ {pairs} }}" if pairs else "{}"
        return f"[{', '.join(_value('', item) for item in value)}]"
    return str(value)


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's."""
    return json.dumps(text, ensure_ascii=not text.isprintable())
