"""libcst without the work that is nothing to us: a tenth of the time that a file takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from libcst._nodes.base import CSTNode


@contextmanager
def lean(unmarked: Iterable[type]) -> Iterator[None]:
    """Within, nodes are not validated, and nodes of the kinds ``unmarked`` are written without telling their place.

    Validation is for trees that people build; the parser makes a node only of text that has its shape. Both changes
    are taken back at the end, so whoever else uses libcst in this process gets what it promises.
    """
    kinds = [kind for kind in unmarked if "_codegen" not in vars(kind)]
    before: Any = CSTNode.__post_init__
    try:
        setattr(CSTNode, "__post_init__", _nothing)  # noqa: B010
        for kind in kinds:
            setattr(kind, "_codegen", kind._codegen_impl)  # type: ignore[attr-defined]  # noqa: B010
        yield
    finally:
        setattr(CSTNode, "__post_init__", before)  # noqa: B010
        for kind in kinds:
            delattr(kind, "_codegen")


def _nothing(_: CSTNode) -> None:
    return
