"""Styled lines collected and written as one text, the same on every host."""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.text import Text

from analyzer.model import visible
from analyzer.report.options import Options

_QUOTED = re.compile(r"`[^`]+`")


class Canvas:
    """A growing text. Nothing of the environment but ``options`` decides what it looks like."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._lines: list[Text] = []
        self._console = Console(
            file=io.StringIO(),
            width=options.columns,
            color_system="standard" if options.color else None,
            force_terminal=options.color,
            no_color=not options.color,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
            _environ={},
        )

    def add(self, *lines: Text) -> None:
        """Put lines as they are, however wide; two empty lines never follow each other."""
        for line in lines:
            if line.plain or not self._lines or self._lines[-1].plain:
                self._lines.append(line)

    def paragraph(self, text: Text, indent: int = 0, head: Text | None = None) -> None:
        """Put text wrapped to the width, behind ``head`` on its first line and as far in on the others."""
        head = head or Text()
        room = max(self.options.columns - indent - head.cell_len, 16)
        for number, line in enumerate(text.wrap(self._console, room)):
            line.rstrip()
            lead = head if number == 0 else Text(" " * head.cell_len)
            self._lines.append(Text.assemble(" " * indent, lead, line))

    def prose(self, text: str) -> Text:
        """A sentence of ours with names from the audited code in it: harmless, the quoted names set off."""
        result = Text(visible(text))
        result.highlight_regex(_QUOTED, "bold")
        return result

    def text(self) -> str:
        """Everything put so far."""
        buffer = io.StringIO()
        self._console.file = buffer
        for line in self._lines:
            line.rstrip()
            self._console.print(line, soft_wrap=True)
        return buffer.getvalue()
