"""The JSON report keeps the promises of its schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from analyzer.report import render
from tests.report_samples import sample

SCHEMA = json.loads((Path(__file__).parents[1] / "schema" / "report.schema.json").read_text(encoding="utf-8"))


def validate(text: str) -> dict[str, object]:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data: dict[str, object] = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(data)
    return data


def test_the_sample_and_an_empty_report_keep_the_schema() -> None:
    data = validate(render(sample(), "json"))
    assert isinstance(data["findings"], list)
    assert len(data["findings"]) == 4
    validate(render(sample([], files={}, notes=(), rules=()), "json"))


def test_the_schema_lets_nothing_unknown_in() -> None:
    data = json.loads(render(sample(), "json"))
    data["findings"][0]["extra"] = 1
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(data))


def test_everything_of_a_finding_is_there() -> None:
    findings = json.loads(render(sample(), "json"))["findings"]
    sql = next(found for found in findings if found["location"]["line"] == 7)
    assert sql["route"] == "POST /login"
    assert [step["message"] for step in sql["chain"]] == ["AuthController.login", "UserRepository.by_name"]
    assert sql["engines"] == ["backend-audit", "semgrep"]
    begin, end = sql["excerpt"]["marks"][0]
    assert sql["excerpt"]["lines"][0][begin:end].startswith('f"SELECT')


def test_nothing_of_the_host_is_in_it() -> None:
    assert "/srv/" not in render(sample(), "json")


def test_it_is_plain_ascii_without_secrets() -> None:
    text = render(sample(), "json")
    assert text.isascii()
    assert "kept-" not in text
