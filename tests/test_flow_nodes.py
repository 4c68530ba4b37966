"""What the flow stage knows of a function holds for the nodes that a rule sees, however often bodies are decoded."""

from __future__ import annotations

import pytest

from analyzer.facts import modules
from analyzer.facts.codec import decode_bodies, encode
from analyzer.facts.modules import Modules
from analyzer.facts.outline import Bodies
from analyzer.facts.statements import If
from analyzer.flow.engine import Flow
from analyzer.project import Place, link
from analyzer.syntax import lower


class _Decoded:
    """Bodies as a store gives them: other objects at each call."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def bodies(self, digest: str) -> Bodies:
        return decode_bodies(self._files[digest])

    def holds(self, digest: str, text: bytes) -> bool:
        return text in self._files[digest].lower()


def test_a_state_is_found_after_other_files_were_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "_LINES_KEPT", 1)
    facts = {path: lower(b"def f(x):\n    if x:\n        return x\n") for path in ("a.py", "b.py", "c.py")}
    source = _Decoded({path: encode(one.bodies) for path, one in facts.items()})
    project = link(Modules({path: one.outline for path, one in facts.items()}, {path: path for path in facts}, source))
    flow = Flow(project)
    assert flow.trace(Place("a.py", 0)).points
    for path in ("b.py", "c.py"):
        assert project.body(Place(path, 0))
    (statement, *_) = project.body(Place("a.py", 0))
    assert isinstance(statement, If)
    assert flow.state_at(Place("a.py", 0), statement.test) is not None
