"""The fixtures speak: every case is audited and its findings are compared with what its comments expect."""

from __future__ import annotations

import ast
import os
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from fixture_cases import Case, Place, app_cases, compare, rule_cases, rule_folders

from analyzer.config.load import load_config
from analyzer.config.settings import Config
from analyzer.model import Report, Severity, Silent
from analyzer.rulebook import load_rules

CASES = rule_cases()
APP_CASES = app_cases()
RULES = {rule.code: rule for rule in load_rules()}
ENGINES = [case for case in CASES if case.code == "BA005"]
TOGETHER = tuple(code for code, rule in RULES.items() if rule.semgrep or rule.bandit or "suppression" in rule.slug)
"""Rules that an external engine looks for, and those on suppressions, which speak of what all others found. Their
cases are audited in one run, for starting semgrep costs seconds."""
BATCH = [case for case in CASES if case.code in TOGETHER and case not in ENGINES]
ALONE = [case for case in CASES if case not in BATCH and case not in ENGINES]
try:
    one_worker = pytest.mark.xdist_group("fixtures")
    """Keeps the tests of one audit in one worker of pytest-xdist, so that it runs once."""
except pytest.fail.Exception:  # without that plugin its marker is unknown, and there is one worker anyway
    one_worker = pytest.mark.skipif(False, reason="")


def _ids(cases: list[Case]) -> list[str]:
    return [case.name for case in cases]


def _found(report: Report, folder: Path) -> set[Place]:
    """The report's findings that lie in a folder, with paths relative to it."""
    places = set()
    for finding in report.findings:
        path = os.path.normpath(Path(report.root) / finding.location.path)
        inside = os.path.relpath(path, os.path.realpath(folder))
        if not inside.startswith(".."):
            places.add(Place(Path(inside).as_posix(), finding.location.span.line, finding.rule))
    return places


def _audit(paths: list[Path], config: Config) -> Report:
    from analyzer.pipeline import audit

    return audit(paths, config, Silent())


# --- the cases themselves ---------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", rule_folders(), ids=lambda folder: folder.name)
def test_every_rule_has_bad_cases_and_more_good_ones(folder: Path) -> None:
    code = folder.name.partition("-")[0]
    bad = [case for case in CASES if case.code == code and case.kind == "bad"]
    good = [case for case in CASES if case.code == code and case.kind == "good"]
    assert bad
    assert len(good) > len(bad)


@pytest.mark.parametrize("case", CASES, ids=_ids(CASES))
def test_bad_cases_expect_their_rule_and_good_ones_nothing(case: Case) -> None:
    expected = {expectation.code for expectation in case.expected}
    if case.kind == "bad":
        assert case.code in expected
    else:
        assert not expected
        assert not case.todo


@pytest.mark.parametrize("case", [*CASES, *APP_CASES], ids=_ids([*CASES, *APP_CASES]))
def test_cases_parse_unless_they_are_meant_not_to(case: Case) -> None:
    unreadable = {file for wanted in case.expected if wanted.code == "BA001" for file, _ in wanted.places}
    newer = case.provoke or case.settings.get("syntax") == "newer"
    for source in case.sources():
        name = source.name if case.path.is_file() else source.relative_to(case.path).as_posix()
        if name in unreadable or (newer and sys.version_info < (3, 14)):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            ast.parse(source.read_bytes(), str(source))


def test_leaky_apps_show_eight_rules_and_sound_ones_expect_nothing() -> None:
    assert {case.path.parent.name for case in APP_CASES} == {"django_tickets", "fastapi_shop", "flask_clinic"}
    for case in APP_CASES:
        codes = {expectation.code for expectation in case.expected}
        if case.kind == "leaky":
            assert len(codes) >= 8, case.name
        else:
            assert not codes, case.name


@pytest.mark.parametrize("case", APP_CASES, ids=_ids(APP_CASES))
def test_apps_have_the_size_of_a_small_backend(case: Case) -> None:
    assert 15 <= len([source for source in case.sources() if source.stat().st_size]) <= 30


# --- what the product says about them -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[Place]]:
    """One audit with all engines over the copies of every batched case: findings by the case's name."""
    root = tmp_path_factory.mktemp("audited")
    folders = {case.name: case.copy_to(root / case.name.replace("-", "_")) for case in BATCH}
    config = Config(select=TOGETHER, cache_dir=str(tmp_path_factory.mktemp("cache")))
    report = _audit([root], config)
    assert report.complete, report.notes
    return {name: _found(report, folder) for name, folder in folders.items()}


@one_worker
@pytest.mark.parametrize("case", BATCH, ids=_ids(BATCH))
def test_rule_with_engines(case: Case, together: Mapping[str, set[Place]]) -> None:
    differences = compare(case, together[case.name])
    assert not differences, "\n" + "\n".join(differences)


@pytest.mark.parametrize("case", ALONE, ids=_ids(ALONE))
def test_rule_by_our_own_analysis(case: Case, tmp_path: Path) -> None:
    folder = case.copy_to(tmp_path / "audited")
    settings = {key: value for key, value in case.settings.items() if key != "syntax"}
    own = load_config([folder])[0] if (folder / "backend-audit.toml").exists() else Config()
    config = msgspec.structs.replace(
        own, select=tuple(sorted(case.codes)), semgrep=False, bandit=False, cache=False, jobs=1, **settings
    )
    differences = compare(case, _found(_audit([folder], config), folder))
    assert not differences, "\n" + "\n".join(differences)


@pytest.mark.parametrize("case", ENGINES, ids=_ids(ENGINES))
def test_degraded_engine_is_told(
    case: Case, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a finding where one file is concerned, as a note where the engine as a whole is."""
    for engine, how in case.provoke.items():
        if (engine, how) == ("semgrep", "missing"):
            monkeypatch.setattr("analyzer.engines.session.find_semgrep", lambda: None)
        elif (engine, how) == ("bandit", "host older than 3.14"):
            if sys.version_info >= (3, 14):
                pytest.skip("bandit reads everything that this Python reads")
        else:
            pytest.fail(f"nobody knows how to provoke {engine} = {how}")
    root = tmp_path_factory.mktemp("audited")
    folder = case.copy_to(root / "case")
    report = _audit([folder], Config(cache_dir=str(root / "cache"), **case.settings))
    told = {Place("", 0, "BA005") for note in report.notes if "BA005" in note.message}
    differences = compare(case, _found(report, folder) | told)
    assert not differences, "\n" + "\n".join(differences)


@pytest.mark.parametrize("case", APP_CASES, ids=_ids(APP_CASES))
def test_app(case: Case, tmp_path_factory: pytest.TempPathFactory) -> None:
    config = Config(pedantic=case.kind == "sound", cache_dir=str(tmp_path_factory.mktemp("cache")))
    report = _audit([case.path], config)
    differences = compare(case, _found(report, case.path))
    assert not differences, "\n" + "\n".join(differences)
    if case.kind == "leaky":
        assert report.worst() == Severity.ERROR


def test_known_misses_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """No more than a twentieth of what the cases speak of may be a known miss."""
    counts: dict[str, list[int]] = {}
    for case in [*CASES, *APP_CASES]:
        for expectation in case.expected:
            counts.setdefault(expectation.code, [0, 0])[0] += 1
        for place in case.todo:
            counts.setdefault(place.code, [0, 0])[1] += 1
    with capsys.disabled():
        print("\nfixtures: expected (known misses) " + _summary(counts))
    missed = sum(misses for _, misses in counts.values())
    assert missed <= 0.05 * sum(wanted for wanted, _ in counts.values())


def _summary(counts: Mapping[str, list[int]]) -> str:
    return ", ".join(f"{code} {wanted} ({misses})" for code, (wanted, misses) in sorted(counts.items()))
