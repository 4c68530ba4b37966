"""Settings files are looked through for secrets as data: bounded, hostile content survived, nothing printed."""

from __future__ import annotations

import json
from pathlib import Path

from analyzer.config import Config
from analyzer.model import Confidence, Finding, Report
from analyzer.pipeline import audit
from analyzer.plain.entries import entries, lines_of
from analyzer.report import render
from analyzer.source import settings_files

TOKEN = "gh" + "p_" + "0aB1cD2eF3" * 3 + "40UvfD"
KEY = (
    "-----BEGIN PRIVATE KEY-----\n"
    + ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 2 + "\n") * 3
    + "-----END PRIVATE KEY-----\n"
)


def audited(folder: Path, files: dict[str, str | bytes], **settings: object) -> Report:
    for name, content in {"app.py": "x = 1\n", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    config = Config(select=("BA201", "BA001"), semgrep=False, bandit=False, jobs=1, **{"cache": False, **settings})  # type: ignore[arg-type]
    return audit([folder], config)


def places(report: Report) -> list[tuple[str, int]]:
    return [(finding.location.path, finding.location.span.line) for finding in report.findings]


def only(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


def test_a_template_is_silent_unless_a_token_in_it_looks_live(tmp_path: Path) -> None:
    report = audited(tmp_path, {".env.example": f"SECRET_KEY=some-phrase-of-ours-1\nHUB_TOKEN={TOKEN}\n"})
    assert places(report) == [(".env.example", 2)]
    assert "github" in only(report).message


def test_private_keys_over_several_lines_and_on_one(tmp_path: Path) -> None:
    account = json.dumps({"private_key": KEY}, indent=1)
    indented = "tls:\n  key: |\n" + "".join(f"    {line}\n" for line in KEY.splitlines())
    report = audited(tmp_path, {"account.json": account, "values.yaml": indented})
    assert places(report) == [("account.json", 2), ("values.yaml", 3)]
    text = render(report, format="json")
    assert "MIIEvQ" not in text


def test_what_stands_beside_a_finding_is_masked_too(tmp_path: Path) -> None:
    report = audited(tmp_path, {".env": "MAIL_PASSWORD=lamp&Table42\nOLD_PASSWORD=kettle\nAPI_TOKEN=trumpet\n"})
    shown = render(report, format="json") + render(report, format="sarif")
    assert "lamp&Table42" not in shown
    assert "trumpet" not in shown
    assert "kettle" not in shown


def test_a_comment_of_ours_suppresses(tmp_path: Path) -> None:
    report = audited(
        tmp_path, {"a.yml": "secret_key: our-phrase-1  # backend-audit: ignore[BA201] only for the tests\n"}
    )
    assert not report.findings
    assert [entry.reason for entry in report.suppressed] == ["only for the tests"]


def test_tests_and_tools_are_less_sure(tmp_path: Path) -> None:
    line = "SECRET_KEY=our-phrase-1\n"
    files = {"tests/.env": line, ".github/workflows/a.yml": "SECRET_KEY: our-phrase-1\n", "deploy/.env": line}
    report = audited(tmp_path, dict(files), min_confidence=Confidence.LOW)
    sure = {finding.location.path: finding.confidence for finding in report.findings}
    assert sure["deploy/.env"] is Confidence.MEDIUM
    assert {sure["tests/.env"], sure[".github/workflows/a.yml"]} == {Confidence.LOW}


def test_hostile_content_is_survived(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.json": b'{"password": "' + b"\\" * 100_000,
        "b.yaml": "a: &a [*a, *a]\n" * 5_000,
        "c.env": b"\xff\xfe\x00P\x00A",
        "d.toml": "password = " + '"' * 50_000,
        "e.yml": "-----BEGIN PRIVATE KEY\n" * 2_000,
        "f.ini": b"\x80\x81password=Lamp-1234\n",
        "g.json": '"a":"' * 40_000,
    }
    report = audited(tmp_path, files)
    assert report.complete
    assert not report.findings


def test_no_more_files_than_a_limit_and_none_too_large(tmp_path: Path, monkeypatch: object) -> None:
    import pytest

    assert isinstance(monkeypatch, pytest.MonkeyPatch)
    monkeypatch.setattr(settings_files, "MOST", 3)
    files = {f"{name}.env": "SECRET_KEY=our-phrase-1\n" for name in "abcde"}
    large = {"0.env": "SECRET_KEY=our-phrase-1\n" + "#" * settings_files.LARGEST}
    report = audited(tmp_path, {**files, **large})
    assert [path for path, _ in places(report)] == ["a.env", "b.env", "c.env"]
    assert [note.message for note in report.notes if "settings files" in note.message]
    assert report.statistics.settings_files == 3


def test_ignored_files_are_left_alone(tmp_path: Path) -> None:
    report = audited(tmp_path, {".gitignore": ".env\n", ".env": "SECRET_KEY=our-phrase-1\n"})
    assert not report.findings


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.env"
    outside.write_text("SECRET_KEY=our-phrase-1\n")
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / ".git").mkdir()
    (folder / "in.env").symlink_to(outside)
    assert not audited(folder, {}).findings


def test_a_changed_settings_file_is_noticed_by_the_kept_report(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    settings = {"cache": True, "cache_dir": str(tmp_path / "cache")}
    assert not audited(tree, {".env": "SECRET_KEY=\n"}, **settings).findings
    assert places(audited(tree, {".env": "SECRET_KEY=our-phrase-1\n"}, **settings)) == [(".env", 1)]


def test_entries_of_every_kind_of_file() -> None:
    def found(path: str, text: str) -> list[tuple[str, str]]:
        return [(entry.name, entry.value) for entry in entries(path, lines_of(text))]

    assert found(".env", "export A='b c' # d\nE=f#g\n# H=i") == [("A", "b c"), ("E", "f#g")]
    assert found("a.yml", "a: b # c\n- D=e\nf:\n  - name: G\n    value: h") == [
        ("a", "b"), ("D", "e"), ("name", "G"), ("G", "h"),
    ]  # fmt: skip
    assert found("a.json", '{"a": "b\\"c", "d": 1, "e": "f"}') == [("a", 'b\\"c'), ("e", "f")]
    assert found("a.toml", "a = 'b'\nc = { d = \"e\" }") == [("a", "b"), ("d", "e")]
    assert found("Dockerfile", "ENV A=b C='d e' \\\n    F=g\nENV H i j") == [
        ("A", "b"),
        ("C", "d e"),
        ("F", "g"),
        ("H", "i j"),
    ]
