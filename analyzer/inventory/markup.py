"""Names of audited code put into Markdown, Mermaid and DOT so that nothing in them acts as markup."""

from __future__ import annotations

import json
import re

from analyzer.model import visible

_ACTIVE = re.compile(r"[!\"#$&'()*+\-:<=>@\[\\\]^_`{|}~]|www\.")
"""What begins a structure of GitHub Flavored Markdown, ends a table's cell, or makes a link or mention."""


def cell(text: str) -> str:
    """Plain text in a Markdown table: entity references never act as structure (CommonMark 0.31, section 2.5)."""
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0][0])};{found[0][1:]}", visible(text))


def mermaid(text: str) -> str:
    """A label of a Mermaid node or edge, between its quotes; Mermaid reads ``#…;`` as an entity."""
    return re.sub(r"[^\w ./,:()→–-]", lambda found: f"#{ord(found[0])};", visible(text))


def dot(text: str) -> str:
    """A quoted identifier of the DOT language."""
    return json.dumps(visible(text), ensure_ascii=False)
