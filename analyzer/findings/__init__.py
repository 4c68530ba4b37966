"""In: raw findings of detectors and engines. Out: findings merged, suppressed, graded, fingerprinted, illustrated."""

from analyzer.findings.finish import Outcome, finish
from analyzer.findings.linehash import line_hashes
from analyzer.findings.merge import merge

__all__ = ["Outcome", "finish", "line_hashes", "merge"]
