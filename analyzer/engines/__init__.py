"""semgrep and bandit as second pairs of eyes. In: the tree and the enabled rules. Out: findings under our codes.

Each engine sees only files that can match (``needles``), as private copies under names of ours, so that nothing in the
audited tree (names, ignore files, settings) reaches it. What it says is kept by content (``outcome``), without any
source text, and told in our words (``translate``). Whatever was less than complete is an entry of ``degraded``.
"""

from analyzer.engines.outcome import ResultStore
from analyzer.engines.session import EngineResult, Running, run, start

__all__ = ["EngineResult", "ResultStore", "Running", "run", "start"]
