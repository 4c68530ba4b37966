"""What keeps the meaning of code changes no finding: names of locals, statements that do nothing, helpers taken out and
moved away, the order of definitions.

The cases are the fixtures of the rules that follow values, those that stand in one file. A finding is compared by its
rule and by the statement it stands on, however that is spelled afterwards (:mod:`tests.transforms`). hypothesis chooses
case and place; it is derandomized, so every run chooses the same.

What a helper hides is not all followed. ``UNFOLLOWED`` names each assignment of the cases for which the property does
not hold when its right side becomes a function of its own, with the reason; a test below keeps that list true, so
whoever teaches the engine one of them has to take it off.
"""

from __future__ import annotations

import ast
from functools import cache

import libcst as cst
import pytest
from fixture_cases import Case, rule_cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import transforms
from tests.pictures import findings_of

CASES = [case for case in rule_cases() if case.code.startswith("BA1") and case.path.is_file()]
steady = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
"""A busy machine is no reason to fail: the first look at a case audits it."""

_TWO_SINKS = "a statement that is made in one function and run in another is told in both"
_TYPE = "the helper is given an object whose class its own parameter does not tell"
_RESOLVED = "a condition keeps a path in its folder where it was resolved before, which the helper now does"
_TAKEN_APART = "an address is taken apart in the helper, and put together again outside of it"
_LIBRARY_CHECK = "what a library has found on hosts of ours is known where it is asked, not from a helper"
_PAGE = "BA107 goes by what the handler itself does: puts together, asks of a database, says of its answer"
_FILTER = "BA110 goes by what a filter is made of, and the helper is given the body under a name of its own"
_BODY = "BA113 goes by what a handler itself reads, makes and merges"

_OPENED = "a helper opens an archive, from a path that its caller has kept an upload under"
UNFOLLOWED = {
    ("BA101-bad-sqlalchemy_search", "by_title", "statement"): _TWO_SINKS,
    ("BA101-good-form_fields", "post", "column"): _TYPE,
    ("BA103-good-kept_inside", "real", "path"): _RESOLVED,
    ("BA103-bad-archives_of_clients", "import_slides", "slides"): _OPENED,
    ("BA104-bad-put_together_again", "to_pdf", "taken"): _TAKEN_APART,
    ("BA107-bad-plain_server", "do_GET", "page"): _PAGE,
    ("BA107-bad-stored_objects", "greeting", "name"): _PAGE,
    ("BA107-bad-stored_objects", "heading", "post"): _PAGE,
    ("BA107-bad-stored_objects", "show", "post"): _PAGE,
    ("BA107-bad-stored_rows", "comments", "rows"): _PAGE,
    ("BA107-bad-stored_rows_by_number", "guest", "row"): _PAGE,
    ("BA107-good-data", "table", "response"): _PAGE,
    ("BA108-good-checked_two_helpers_deep", "came_from", "safe"): _LIBRARY_CHECK,
    ("BA108-good-cleaned_elsewhere", "inner_path", "parts"): _TAKEN_APART,
    ("BA110-bad-accounts", "login", "user"): _FILTER,
    ("BA110-bad-body_by_helper", "login", "user"): _FILTER,
    ("BA113-bad-accounts", "fields", "body"): _BODY,
    ("BA113-bad-accounts", "register", "user"): _BODY,
    ("BA113-bad-documents", "add", "body"): _BODY,
    ("BA113-bad-documents", "swap", "body"): _BODY,
    ("BA113-bad-rights", "register", "user"): _BODY,
    ("BA113-bad-rights_in_a_schema", "change_user", "values"): _BODY,
}
"""Case, function and name that is assigned, each with what the engine or the rule does not follow."""


@cache
def source_of(name: str) -> str:
    """The tagged source of a case."""
    return transforms.tagged(case_of(name).path.read_text("utf-8"))


@cache
def module_of(name: str) -> cst.Module:
    """The syntax of a case."""
    return cst.parse_module(source_of(name))


@cache
def case_of(name: str) -> Case:
    """A case by its name."""
    return next(case for case in CASES if case.name == name)


def found(files: dict[str, str], code: str) -> set[tuple[str, int]]:
    """Rule and tag of the statement of every finding."""
    for path, text in files.items():
        ast.parse(text, path)
    return {
        (one.rule, transforms.tag_at(files[one.location.path], one.location.span.line))
        for one in findings_of(files, code)
    }


@cache
def before(name: str) -> frozenset[tuple[str, int]]:
    """What a case reports as it is."""
    return frozenset(found({transforms.MAIN: source_of(name)}, case_of(name).code))


def unchanged(name: str, files: dict[str, str]) -> None:
    """Assert that a case reports the same after a change."""
    assert found(files, case_of(name).code) == before(name), "\n".join(files.values())


@cache
def places(kind: str) -> dict[str, list[object]]:
    """Where each case can be changed in a way; cases with no such place are left out."""
    sites = getattr(transforms, f"{kind}_sites")
    found = {case.name: sites(module_of(case.name)) for case in CASES}
    return {
        name: kept
        for name, all_of_them in found.items()
        if (kept := [site for site in all_of_them if excluded(name, site) not in UNFOLLOWED])
    }


def excluded(name: str, site: object) -> tuple[str, str, str]:
    """How ``UNFOLLOWED`` calls an assignment: case, function, name that is assigned."""
    if not (isinstance(site, tuple) and isinstance(site[0], tuple)):
        return name, "", ""
    around, line = site
    target = line.body[0].targets[0].target
    return name, around[-1].name.value, target.value


def chosen(data: st.DataObject, kind: str) -> tuple[str, cst.Module, object]:
    """A case and a place in it."""
    name = data.draw(st.sampled_from(sorted(places(kind))), label="case")
    at = data.draw(st.integers(0, len(places(kind)[name]) - 1), label="place")
    return name, module_of(name), places(kind)[name][at]


@steady
@given(st.data())
def test_the_name_of_a_local_means_nothing(data: st.DataObject) -> None:
    name, module, site = chosen(data, "rename")
    unchanged(name, transforms.rename(module, site))  # type: ignore[arg-type]


@steady
@given(st.data())
def test_a_statement_that_does_nothing_changes_nothing(data: st.DataObject) -> None:
    name, module, site = chosen(data, "idle")
    statement = data.draw(st.sampled_from(transforms.NOTHING), label="statement")
    unchanged(name, transforms.idle(module, site, statement))  # type: ignore[arg-type]


@steady
@given(st.data())
def test_a_helper_taken_out_is_followed(data: st.DataObject) -> None:
    name, module, site = chosen(data, "extract")
    unchanged(name, transforms.extract(module, site))  # type: ignore[arg-type]


@steady
@given(st.data())
def test_a_helper_in_another_module_is_followed(data: st.DataObject) -> None:
    name, module, site = chosen(data, "move")
    unchanged(name, transforms.move(module, site))  # type: ignore[arg-type]


@steady
@given(st.data())
def test_the_order_of_definitions_means_nothing(data: st.DataObject) -> None:
    name, module, site = chosen(data, "order")
    order = lambda numbers: data.draw(st.permutations(numbers), label="order")  # noqa: E731
    unchanged(name, transforms.reorder(module, site, order))  # type: ignore[arg-type]


@pytest.mark.parametrize("left_out", sorted(UNFOLLOWED), ids="-".join)
def test_what_is_left_out_is_not_followed_yet(left_out: tuple[str, str, str]) -> None:
    """Each has a reason in ``UNFOLLOWED``; one that is followed by now must not stay in it."""
    name = left_out[0]
    module = module_of(name)
    sites = [site for site in transforms.extract_sites(module) if excluded(name, site) == left_out]
    assert sites
    assert any(found(transforms.extract(module, site), case_of(name).code) != before(name) for site in sites)


def test_changes_are_changes() -> None:
    """The transforms do what they say on a module where each has a place."""
    source = transforms.tagged(
        "import os\n\ndef first(a):\n    b = a + os.sep  # why\n    return b\n\ndef second():\n    return first('x')\n"
    )
    module = cst.parse_module(source)
    (named,) = transforms.rename_sites(module)
    assert "renamed_local = a + os.sep  # @2\n    return renamed_local" in transforms.rename(module, named)["app.py"]
    idle = transforms.idle(module, transforms.idle_sites(module)[1], "pass")["app.py"]
    assert "    b = a + os.sep  # @2\n    pass\n    return b" in idle
    (taken,) = transforms.extract_sites(module)
    assert "b = extracted_helper(a)  # @2" in transforms.extract(module, taken)["app.py"]
    moved = transforms.move(module, taken)
    assert "from moved_helpers import extracted_helper" in moved["app.py"]
    assert moved["moved_helpers.py"].startswith("import os")
    assert "a + os.sep\n)  # @2" in moved["moved_helpers.py"]
    (run,) = transforms.order_sites(module)
    other = transforms.reorder(module, run, lambda numbers: numbers[::-1])["app.py"]
    assert other.index("def second") < other.index("def first")
    assert [transforms.tag_at(other, at + 1) for at, line in enumerate(other.splitlines()) if "b = a" in line] == [2]
