"""SARIF that code scanning takes.

``BACKEND_AUDIT_SARIF_MULTITOOL`` names the ``Sarif.Multitool`` binary of the npm package
``@microsoft/sarif-multitool-linux``; beside it lies the SARIF schema. Without it those two tests are skipped.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import msgspec
import pytest

from analyzer.model import Finding, Note, Related, Report, Rule
from analyzer.report import render, sarif
from tests.report_samples import RULES, finding, place, sample

MULTITOOL = os.environ.get("BACKEND_AUDIT_SARIF_MULTITOOL", "")
needs_multitool = pytest.mark.skipif(not MULTITOOL, reason="BACKEND_AUDIT_SARIF_MULTITOOL names no validator")

NETWORK_RULE = "SARIF2006"
"""Asks whether addresses answer; where there is no network none does, whatever the file says."""


def run_of(report: Report, **options: bool) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render(report, "sarif", **options))
    (run,) = log["runs"]
    return dict(run)


def result_on(run: dict[str, Any], rule: str, line: int) -> dict[str, Any]:
    return next(
        dict(result)
        for result in run["results"]
        if result["ruleId"] == rule and result["locations"][0]["physicalLocation"]["region"]["startLine"] == line
    )


def strange_report() -> Report:
    """Everything that could upset a validator: strange paths, empty and one-line files, many places, odd texts."""
    files = {
        "app/odd name/#1 [x]/größe%20.py": "run(a)\nrun(b)\n",
        "one.py": "run(a)",
        "empty.py": "",
        "long.py": "x" * 3000 + "\n\n",
    }
    odd = "app/odd name/#1 [x]/größe%20.py"
    many = tuple(Related(place(odd, (1, 1, 1, number)), f"place {number}") for number in range(2, 1200))
    findings = [
        finding("BA101", odd, (1, 1, 2, 7), "reaches [this](javascript:x) at {0} \x1b[2J\u202e", "", related=many),
        finding("BA101", "one.py", (1, 1, 1, 7), "ends without a period", "do!"),
        finding("BA001", "empty.py", (1, 1, 1, 1), "empty", "fill it"),
        finding("BA101", "long.py", (1, 1, 1, 3001), "long", "cut it"),
        finding("BA101", "long.py", (2, 1, 2, 1), "blank", "cut it"),
        finding("BA101", "gone.py", (5, 3, 9, 2), "gone", "find it"),
    ]
    return sample(findings, files | {"gone.py": ""}, notes=(Note("surprise", "a kind nobody knows"),))


@needs_multitool
@pytest.mark.parametrize("kind", ["sample", "strange", "empty"])
def test_the_published_schema_and_microsofts_validator_have_nothing_to_say(kind: str, tmp_path: Path) -> None:
    report = {"sample": sample, "strange": strange_report, "empty": lambda: sample([], {}, notes=())}[kind]()
    log = tmp_path / "report.sarif"
    log.write_text(render(report, "sarif", verbose=True), encoding="utf-8")
    schema = json.loads((Path(MULTITOOL).parent / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(json.loads(log.read_text(encoding="utf-8")))
    done = subprocess.run(
        [MULTITOOL, "validate", str(log), "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note"],
        capture_output=True,
        text=True,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        check=False,
    )
    assert "Analysis completed successfully" in done.stdout
    told = [line for line in done.stdout.splitlines() if re.search(r"\): (error|warning|note) ", line)]
    assert [line for line in told if f" {NETWORK_RULE}: " not in line] == []


def test_every_rule_is_described_as_github_reads_it() -> None:
    driver = run_of(sample())["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == [rule.code for rule in RULES]
    sql = next(rule for rule in driver["rules"] if rule["id"] == "BA101")
    assert {"security", "external/cwe/cwe-89"} <= set(sql["properties"]["tags"])
    assert re.fullmatch(r"\d+\.\d", sql["properties"]["security-severity"])
    cycle = next(rule for rule in driver["rules"] if rule["id"] == "BA504")
    assert "architecture" in cycle["properties"]["tags"]
    assert "security-severity" not in cycle["properties"]
    for rule in driver["rules"]:
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert len(rule["properties"]["tags"]) <= 20
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]


def test_a_rule_with_too_much_is_cut() -> None:
    rule: Rule = msgspec.structs.replace(RULES[0], summary="word " * 400, tags=tuple(f"t{n}" for n in range(40)))
    (described,) = run_of(sample([], {}, rules=(rule,)))["tool"]["driver"]["rules"]
    assert len(described["fullDescription"]["text"]) <= 1024
    assert len(described["properties"]["tags"]) == 20


def test_a_result_points_at_one_line_with_all_four_numbers() -> None:
    run = run_of(sample())
    physical = result_on(run, "BA101", 12)["locations"][0]["physicalLocation"]
    region = physical["region"]
    assert (region["startLine"], region["startColumn"], region["endLine"], region["endColumn"]) == (12, 9, 12, 24)
    assert region["snippet"]["text"] == "cursor.execute("
    assert (physical["contextRegion"]["startLine"], physical["contextRegion"]["endLine"]) == (10, 16)
    assert physical["artifactLocation"] == {"uri": "app/repositories/users.py", "uriBaseId": "SRCROOT"}
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == "file:///srv/audited%20repository/"


def test_a_result_tells_what_reaches_it_and_keeps_its_fingerprints() -> None:
    run = run_of(sample())
    sql = result_on(run, "BA101", 7)
    assert run["tool"]["driver"]["rules"][sql["ruleIndex"]]["id"] == "BA101"
    assert "POST /login → AuthController.login → UserRepository.by_name" in sql["message"]["text"]
    flow = sql["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["physicalLocation"]["region"]["startLine"] for step in flow] == [12, 5, 7]
    assert set(sql["partialFingerprints"]) == {"backendAudit/v1", "primaryLocationLineHash"}
    assert sql["relatedLocations"][0]["message"]["text"] == "`name` comes in here."


def test_paths_are_percent_encoded_and_texts_harmless() -> None:
    text = render(strange_report(), "sarif")
    assert "app/odd%20name/%231%20%5Bx%5D/gr%C3%B6%C3%9Fe%2520.py" in text
    assert "\\u202e" not in text.replace("\\\\u202e", "")
    assert "](javascript" not in text.replace("\\\\](javascript", "")


def test_suppressed_results_come_only_when_asked_for() -> None:
    assert all("suppressions" not in result for result in run_of(sample())["results"])
    (suppressed,) = [result for result in run_of(sample(), verbose=True)["results"] if "suppressions" in result]
    assert suppressed["suppressions"][0]["kind"] == "inSource"
    assert "rotated in March" in suppressed["suppressions"][0]["justification"]
    assert "kept-too" not in json.dumps(suppressed)


def test_notes_and_failure_are_told() -> None:
    (invocation,) = run_of(sample(complete=False))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [told["descriptor"]["id"] for told in invocation["toolExecutionNotifications"]] == [
        "audit/degraded-engine",
        "audit/file-not-analysed",
    ]


def many(count: int) -> list[Finding]:
    findings = [finding("BA504", "m.py", (line, 1, line, 2), "minor", "x") for line in range(1, count)]
    return [*findings, finding("BA101", "z.py", (1, 1, 1, 2), "the worst", "x")]


def test_the_limit_of_results_keeps_the_worst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 10)
    run = run_of(sample(many(30), {"m.py": "a\n" * 30, "z.py": "a\n"}, notes=()))
    assert len(run["results"]) == 10
    assert run["results"][0]["ruleId"] == "BA101"
    assert "20 results left out" in json.dumps(run["invocations"])


def test_the_limit_of_bytes_keeps_the_worst(monkeypatch: pytest.MonkeyPatch) -> None:
    report = sample(many(400), {"m.py": "a\n" * 400, "z.py": "a\n"}, notes=())
    # What every report holds, the rules' documentation, leaves room for some of the results.
    most = len(gzip.compress(render(sample([], {}, notes=()), "sarif").encode(), mtime=0)) + 5_000
    monkeypatch.setattr(sarif, "MOST_BYTES", most)
    text = render(report, "sarif")
    assert sarif._compressed(text) <= most
    run = json.loads(text)["runs"][0]
    assert run["results"][0]["ruleId"] == "BA101"
    assert 10 < len(run["results"]) < 400
    assert f"{400 - len(run['results'])} results left out" in json.dumps(run["invocations"])


def test_addresses_are_absolute_and_nobody_elses() -> None:
    driver = run_of(sample())["tool"]["driver"]
    told = [driver["informationUri"]]
    told += [described["helpUri"] for described in (*driver["rules"], *driver["notifications"])]
    for address in told:
        parts = urlsplit(address)
        assert parts.scheme == "https"
        assert (parts.hostname or "").endswith(".invalid"), "an address that is not ours yet"
        assert address.startswith(driver["informationUri"])
    schema = json.loads((Path(__file__).parents[1] / "schema" / "report.schema.json").read_text("utf-8"))
    assert schema["$id"].startswith(driver["informationUri"] + "/")
