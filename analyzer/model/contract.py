"""Contracts: what a project itself says about which of its modules may import which."""

from __future__ import annotations

import msgspec

from analyzer.model.scale import Severity


class Named(msgspec.Struct, frozen=True, order=True):
    """A dotted name or glob as the user wrote it, and where (``pyproject.toml:12``). ``*`` is one part, ``**`` any."""

    text: str
    where: str = ""


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer. Its siblings are ``independent`` unless said otherwise; a ``closed`` one may not be jumped over."""

    names: tuple[Named, ...]
    independent: bool = True
    optional: bool = False
    closed: bool = False


class Exempt(msgspec.Struct, frozen=True):
    """Imports a contract does not speak of, ``importer -> imported``."""

    importer: Named
    imported: Named


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """One contract. ``kind`` decides which of the names are filled in (docs/contracts.md says which)."""

    name: str
    kind: str
    where: str = ""
    title: str = ""
    advice: str = ""
    severity: Severity | None = None

    layers: tuple[Layer, ...] = ()
    containers: tuple[Named, ...] = ()
    exhaustive: bool = False
    exhaustive_ignores: tuple[str, ...] = ()
    modules: tuple[Named, ...] = ()
    """independence, protected, external: the modules spoken of."""
    sources: tuple[Named, ...] = ()
    """forbidden: who must not import."""
    targets: tuple[Named, ...] = ()
    """forbidden: what must not be imported; libraries too."""
    importers: tuple[Named, ...] = ()
    """protected and external: the only ones that may import."""
    packages: tuple[Named, ...] = ()
    """private: whose private modules; external: the libraries."""
    allowed: tuple[Named, ...] = ()
    """external: the only libraries that ``modules`` may import."""
    ancestors: tuple[Named, ...] = ()
    depth: int = 10
    skip: tuple[Named, ...] = ()

    as_packages: bool = True
    direct_only: bool = False
    through_re_exports: bool = False
    lazy: bool = True
    type_checking: bool = False
    tests: bool = False
    exempt: tuple[Exempt, ...] = ()
    unmatched: str = "error"
    """What an exemption that matches no import is: ``error`` or ``none``."""

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"{self.name} ({self.title})" if self.title else self.name


class Mistake(msgspec.Struct, frozen=True, order=True):
    """A name of a contract that means nothing. ``known`` are the names it may have been meant to be."""

    where: str
    message: str
    name: str
    known: tuple[str, ...] = ()
