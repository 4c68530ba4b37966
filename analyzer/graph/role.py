"""Roles: what a function, class or module is for, and why we think so."""

from __future__ import annotations

import msgspec

from analyzer.model import Confidence

ROLES = (
    "entrypoint", "controller", "schema", "service", "repository", "model", "session", "client", "guard",
    "middleware", "settings", "task", "command", "migration", "test", "utility",
)  # fmt: skip

LAYERS = {"entrypoint": 5, "controller": 4, "service": 3, "repository": 2, "model": 1}
"""The closed layers by height; every other role lies beside them."""


class Evidence(msgspec.Struct, frozen=True, order=True):
    """One reason for a role: a short phrase and where it can be seen."""

    text: str
    path: str
    line: int


class Role(msgspec.Struct, frozen=True):
    """A role with its confidence and the reasons, strongest first."""

    name: str
    confidence: Confidence = Confidence.LOW
    evidence: tuple[Evidence, ...] = ()

    @property
    def height(self) -> int:
        """The layer's height, 0 for roles beside the layers."""
        return LAYERS.get(self.name, 0)

    @property
    def why(self) -> str:
        """The strongest reason as a phrase, empty when there is none."""
        return self.evidence[0].text if self.evidence else ""


UTILITY = Role("utility")


def role(name: str, confidence: Confidence, text: str, path: str, line: int = 1) -> Role:
    """A role with one reason."""
    return Role(name, confidence, (Evidence(text, path, line),))
