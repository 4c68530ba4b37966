"""What a person sees while the audit runs: one line a stage, on standard error, gone when it is over."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bars
    from rich.progress import TaskID


class Display(AbstractContextManager["Display"]):
    """Implements :class:`analyzer.model.Progress`, from any thread. ``live`` draws bars; times are kept either way."""

    def __init__(self, live: bool) -> None:
        self._lock = threading.Lock()
        self._bars: Bars | None = _bars() if live else None
        self._tasks: dict[str, TaskID] = {}
        self._started: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> Display:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def start(self, stage: str, total: int | None = None) -> None:
        """A stage begins, or tells its total."""
        with self._lock:
            self._started.setdefault(stage, time.monotonic())
            if self._bars is None:
                return
            if stage in self._tasks:
                self._bars.update(self._tasks[stage], total=total)
            else:
                self._tasks[stage] = self._bars.add_task(stage, total=total)

    def advance(self, stage: str, units: int = 1) -> None:
        """Some units are done."""
        if self._bars is not None and (task := self._tasks.get(stage)) is not None:
            self._bars.advance(task, units)

    def finish(self, stage: str) -> None:
        """A stage is over; its bar is full."""
        with self._lock:
            begun = self._started.pop(stage, None)
            if begun is not None:
                self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - begun
            if self._bars is not None and (task := self._tasks.pop(stage, None)) is not None:
                total = self._bars.tasks[self._bars.task_ids.index(task)].total
                self._bars.update(task, total=1 if total is None else total, completed=1 if total is None else total)

    def timings(self) -> str:
        """The stages and how many seconds each took, for ``--verbose``."""
        return ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in self.seconds.items())


def _bars() -> Bars:
    """Bars on standard error that vanish at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
