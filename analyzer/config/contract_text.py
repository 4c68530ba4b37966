"""Contracts as TOML that could stand in a settings file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from analyzer.config.contracts import FIELDS
from analyzer.model.contract import Contract, Exempt, Layer, Named
from analyzer.model.scale import Severity

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_WIDE = 100
"""Columns from which a list is written one element a line."""
_ORDER = (
    "kind", "title", "layers", "containers", "exhaustive", "exhaustive-ignores", "from", "to", "modules", "packages",
    "only-from", "allow", "ancestors", "depth", "skip", "as-packages", "direct-only", "through-re-exports", "lazy",
    "type-checking", "tests", "ignore", "unmatched-ignores", "severity", "advice",
)  # fmt: skip


def contract_table(contract: Contract, prefix: str = "tool.backend-audit.contracts") -> str:
    """A contract as a table of its own, ``[tool.backend-audit.contracts.name]``."""
    lines = [f"[{prefix}.{_key(contract.name)}]"]
    for key, value in _plain(contract).items():
        text = f"{key} = {value_text(value)}"
        if len(text) > _WIDE and isinstance(value, list):
            text = "\n".join([f"{key} = [", *(f"  {value_text(item)}," for item in value), "]"])
        lines.append(text)
    return "\n".join(lines) + "\n"


def contracts_inline(contracts: Iterable[Contract]) -> str:
    """All contracts on one line, as an inline table."""
    return value_text({contract.name: _plain(contract) for contract in contracts})


def value_text(value: object) -> str:
    """A plain value in TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(str(key))} = {value_text(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, str):
        # A TOML basic string; JSON's escapes are a subset of TOML's.
        return json.dumps(value, ensure_ascii=not value.isprintable())
    return str(value)


def _key(name: str) -> str:
    return name if _BARE.match(name) else json.dumps(name)


def _plain(contract: Contract) -> dict[str, object]:
    """The keys of a contract that say more than the defaults, in the order people read them."""
    default = Contract(name="", kind="")
    spelt = {field: key for key, field in FIELDS.items()}
    found: dict[str, object] = {}
    for field in contract.__struct_fields__:
        value = getattr(contract, field)
        if field not in {"name", "where"} and value != getattr(default, field):
            found[spelt.get(field, field.replace("_", "-"))] = _value(value)
    return {key: found[key] for key in _ORDER if key in found}


def _value(value: object) -> object:
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if isinstance(value, Named):
        return value.text
    if isinstance(value, Exempt):
        return f"{value.importer.text} -> {value.imported.text}"
    if isinstance(value, Layer):
        return _layer(value)
    return value.label if isinstance(value, Severity) else value


def _layer(layer: Layer) -> object:
    names = [name.text for name in layer.names]
    special: dict[str, object] = {}
    if not layer.independent:
        special["independent"] = False
    if layer.optional:
        special["optional"] = True
    if layer.closed:
        special["closed"] = True
    if special:
        return {"modules": names[0] if len(names) == 1 else names, **special}
    return names[0] if len(names) == 1 else names
