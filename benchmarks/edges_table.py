"""The section on edges of ``docs/comparison.md``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.edges import Column, Edges, names
from benchmarks.peers import table

EDGES = {
    "direct": "`from market.store.order_repository import orders`",
    "aliased": "`import market.store.order_repository as rows`, then `opened = rows.orders`",
    "starred": "`from market.store.order_repository import *`",
    "lazy": "an import inside the handler",
    "conditional": "an import in `if … else`",
    "attempted": "an import in `try … except ImportError`",
    "dynamic": '`importlib.import_module("market.store.order_repository")`',
    "subpackage": "`from market import store`, then `store.order_repository.orders()`",
    "one_re_export": "`from market.store import orders`, which only passes it on",
    "more_re_exports": "`from market.kit import orders`, passed on by two packages, one with a star",
    "passed_on_attribute": "`from market import kit`, then `kit.orders()`",
    "container": "`container.orders.numbers()`",
    "application_state": "`request.app.state.orders.numbers()`",
    "injected_session": "a session injected by an `Annotated` alias, and SQL in the handler",
    "injected_by_alias": "a repository injected by an `Annotated` alias",
    "injected_by_provider": "a repository from `Depends(provider)` without a type",
    "default_argument": "a repository that is an argument's default, through an object",
    "inherited": "a controller whose base extends a repository",
    "class_attribute": "a repository in a class attribute of a base",
    "mixin": "a mixin whose method gives a repository",
    "returned": "`order_service().repository().numbers()`: a repository that a service returns",
}
CONTROLS = {
    "service": "a service, imported",
    "service_by_kit": "a service from the package that passes names on",
    "service_by_container": "a service from the container",
    "service_injected": "an injected service",
    "type_only": "a repository's type under `if TYPE_CHECKING:`",
}
_HOW = {
    ("backend-audit", "no configuration"): "the architecture rules as they come",
    ("backend-audit", "contract"): "a `forbidden` contract, `direct-only`, `through-re-exports`",
    ("import-linter", "imports"): "a `forbidden` contract with `allow_indirect_imports`",
    ("import-linter", "chains"): "the same with chains, those through the services left out by `ignore_imports`",
    ("tach", "imports"): "`cannot_depend_on`",
    ("deply", "layers"): "a layer a directory, `disallow_layer_dependencies`",
    ("pytest-archon", "imports"): "`should_not_import` with `only_direct_imports` and `skip_type_checking`",
    ("pytest-archon", "chains"): "the same with transitive imports, its default",
}


def section(found: Edges) -> str:
    """The section, its heading first."""
    columns = found.columns
    heads = [f"{column.tool}, {column.how}" for column in columns]
    edges = _rows(EDGES, lambda name: f"edges.{name}", columns)
    edges.append(_total(columns, lambda column: sum(1 for name in names("edges") if f"edges.{name}" in column.seen)))
    controls = _rows(CONTROLS, lambda name: f"controls.{name}", columns, alarm=True)
    ordinary = names("")
    controls.append(
        [
            f"{len(ordinary)} modules of ordinary handlers that call a service",
            *(str(len(set(ordinary) & set(column.seen)) or "–") for column in columns),
        ]
    )
    tools = [[f"{column.tool} {column.version}", column.how, _HOW[column.tool, column.how]] for column in columns]
    return f"""## Which edges are seen

Made by `python -m benchmarks edges` on {found.date} with Python {found.python}; every figure is from running the tools.

One application, [`fixtures/edges/market`](../fixtures/edges/market): handlers in `market.api` call services, services
call the store. {len(EDGES)} modules of handlers reach the store past the services, each in a way of its own. An edge is
seen when the tool reports that module. {len(CONTROLS) + len(ordinary)} more modules of handlers keep to the services.

### Reported, and rightly so

{table(["How the handler reaches the store", *heads], edges)}

### Reported although nothing is wrong

{table(["What the handler does", *heads], controls)}

### How each was told

{table(["Tool", "Column", "Configuration"], tools)}

The newest releases, each configured as its documentation advises for "this layer must not be reached from there".

import-linter, tach and pytest-archon look at import statements and keep what they promise about those: an edge through
an object is no import. With chains they see that a module could reach the store through what it imports; a handler
that takes a service out of the same container looks the same to them. deply looks for names of the layers' own
elements in the code.

backend-audit follows names and values: what `container.orders` is, which object a mixin's method gives, what was put
into `app.state`. Its contracts are about statements, like those of the others, so the two belong together: contracts
for what a team wants to say, the rules for what nobody thought of saying.

What this does not show: the other tools do things that backend-audit does not (tach's interfaces, deply's naming rules,
import-linter's explorer). The application is ours, with one module for each edge we know of, and says nothing about
how often each occurs.
"""


def _rows(
    texts: dict[str, str], module: Callable[[str], str], columns: Sequence[Column], alarm: bool = False
) -> list[list[str]]:
    mark = "reported" if alarm else "✓"
    return [
        [text, *(mark if module(name) in column.seen else "–" for column in columns)] for name, text in texts.items()
    ]


def _total(columns: Sequence[Column], count: Callable[[Column], int]) -> list[str]:
    return [f"**seen of {len(EDGES)}**", *(f"**{count(column)}**" for column in columns)]
