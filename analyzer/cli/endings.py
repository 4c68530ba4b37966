"""Signals that end a process, heeded as the keyboard's interruption is: nothing of the audit stays behind."""

from __future__ import annotations

import signal
from types import FrameType

from analyzer.cli.exits import INTERRUPTED

_ENDING = ("SIGTERM", "SIGHUP")


class Endings:
    """Remembers which signal asked the process to end."""

    def __init__(self) -> None:
        self._code = INTERRUPTED

    def heed(self) -> None:
        """Begin to listen. What is ignored already (``nohup``) stays ignored."""
        for name in _ENDING:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._end)

    def exit_code(self, code: int) -> int:
        """``code``, unless the command was interrupted: then 128 and the signal's number, as shells count."""
        return self._code if code == INTERRUPTED else code

    def _end(self, number: int, _: FrameType | None) -> None:
        self._code = 128 + number
        raise KeyboardInterrupt
