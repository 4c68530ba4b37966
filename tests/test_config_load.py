"""Settings from files and the command line, and every mistake in them at its line."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from analyzer.config.keys import SETTINGS, missing_settings
from analyzer.config.load import load_config
from analyzer.config.positions import key_lines
from analyzer.config.settings import Config
from analyzer.model import Confidence, Severity, UserError

KNOWN = ("BA101", "string-built-sql", "untrusted-input", "sql", "BA201", "hardcoded-secret", "secrets")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository that the tests put files into."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "app").mkdir()
    return tmp_path


def mistakes(folder: Path, **more: object) -> list[str]:
    """The lines of the error, without the folder's name."""
    with pytest.raises(UserError) as caught:
        load_config([folder], known=KNOWN, **more)  # type: ignore[arg-type]
    return str(caught.value).replace(f"{folder}/", "").split("\n")


def test_every_setting_can_be_given() -> None:
    assert missing_settings() == set()


def test_without_a_file_everything_is_default(project: Path) -> None:
    config, origins = load_config([project])
    assert config == Config()
    assert set(origins.settings.values()) == {"default"}
    assert origins.root == str(project)


def test_settings_of_every_kind(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        """
[tool.backend-audit]
select = ["BA1", "Hardcoded-Secret"]
min-severity = "Warning"
min-confidence = "low"
fail-on = "never"
extend-exclude = ["gen/"]
honour = ["nosec"]
jobs = 1
semgrep = false

[tool.backend-audit.per-file-ignores]
"tests/*" = ["ba101"]

[tool.backend-audit.roles]
"app.billing.*" = "service"
"app/web/**" = "controller"
"""
    )
    config, origins = load_config([project / "app"], known=KNOWN)
    assert config == Config(
        select=("BA1", "hardcoded-secret"),
        min_severity=Severity.WARNING,
        min_confidence=Confidence.LOW,
        fail_on=None,
        extend_exclude=("gen/",),
        honour=("nosec",),
        jobs=1,
        semgrep=False,
        per_file_ignores=(("tests/*", ("BA101",)),),
        roles=(("app.billing.*", "service"), ("app/web/**", "controller")),
    )
    assert origins.settings["fail-on"].endswith("pyproject.toml:6")
    assert origins.settings["bandit"] == "default"


def test_every_mistake_is_reported_at_its_line(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        """[tool.backend-audit]
selct = ["BA101"]
ignore = [
    "BA101",
    "BA9",  # a comment, "with quotes" ]
    "hardcoded-secrets",
    3,
]
pedantic = "yes"
min-severity = "eror"
exclude = ["src/[", "../elsewhere", "ok/"]
jobs = -1
cache-dir = "/tmp/elsewhere"
honour = "nosec"
max-file-size = 2026-01-01

[tool.backend-audit.roles]
"app.*" = "controler"
"a b" = "service"

[tool.other]
selct = 1
"""
    )
    assert mistakes(project) == [
        'pyproject.toml:2: unknown key "selct"; did you mean "select"?',
        'pyproject.toml:5: ignore: no rule, prefix, tag or family is called "BA9"',
        'pyproject.toml:6: ignore: no rule, prefix, tag or family is called "hardcoded-secrets"; '
        'did you mean "hardcoded-secret"?',
        "pyproject.toml:7: ignore: expected a rule's code, prefix, slug, tag or family, got the number 3",
        'pyproject.toml:9: pedantic: expected true or false, got the text "yes"',
        'pyproject.toml:10: min-severity: expected one of "note", "warning", "error", got the text "eror"; '
        'did you mean "error"?',
        'pyproject.toml:11: exclude: the pattern "src/[" can match nothing: its "[" is never closed',
        'pyproject.toml:11: exclude: the pattern "../elsewhere" can match nothing: ".." never leaves the audited tree',
        "pyproject.toml:12: jobs: expected a whole number from 0 to 256, got the number -1",
        "pyproject.toml:13: cache-dir: only the command line may set it (--cache-dir); "
        "a file belongs to the audited code",
        'pyproject.toml:14: honour: expected a list, got the text "nosec"',
        "pyproject.toml:15: max-file-size: expected a whole number from 1 to 100000000, got a date or time",
        'pyproject.toml:18: roles: expected one of "client", "command", "controller", "entrypoint", "guard", '
        '"middleware", "migration", "model", "repository", "schema", "service", "session", "settings", "task", '
        '"test", "utility", got the text "controler"; did you mean "controller"?',
        'pyproject.toml:19: roles: expected a glob over paths or dotted names, got the text "a b"',
    ]


def test_mistakes_of_file_and_command_line_come_together(project: Path) -> None:
    (project / "backend-audit.toml").write_text("jbs = 1\n")
    overrides = {"select": ["BA77"], "fail-on": "allways", "min-severity": None}
    assert mistakes(project, overrides=overrides) == [
        '--select: no rule, prefix, tag or family is called "BA77"',
        '--fail-on: expected one of "note", "warning", "error", "never", got the text "allways"',
        'backend-audit.toml:1: unknown key "jbs"; did you mean "jobs"?',
    ]


@pytest.mark.parametrize(
    "text", ['[tool.backend-audit]\nfail-on = "error"\n', 'tool.backend-audit.fail-on = "error"\n']
)
def test_a_heading_that_belongs_into_the_other_file_is_named(project: Path, text: str) -> None:
    (project / "backend-audit.toml").write_text(f"# settings\n{text}")
    (told,) = mistakes(project)
    assert told.startswith("backend-audit.toml:2: tool: ")
    assert "without the heading [tool.backend-audit]" in told


def test_own_file_wins_and_says_so(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.backend-audit]\npedantic = true\n")
    (project / "backend-audit.toml").write_text('fail-on = "error"\n')
    config, origins = load_config([project])
    assert config == Config(fail_on=Severity.ERROR)
    (remark,) = origins.remarks
    assert remark.startswith(f"{project}/backend-audit.toml is used")


def test_nearest_file_with_settings_is_used(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.backend-audit]\npedantic = true\n")
    (project / "app" / "pyproject.toml").write_text('[project]\nname = "app"\n')
    config, _ = load_config([project / "app"])
    assert config.pedantic
    (project / "app" / "pyproject.toml").write_text("[tool.backend-audit]\nsemgrep = false\n")
    config, _ = load_config([project / "app"])
    assert config == Config(semgrep=False)


def test_projects_with_settings_of_their_own_are_no_one_audit(project: Path) -> None:
    for name, text in (("shop", 'ignore = ["BA201"]'), ("billing", 'selct = ["BA1"]'), ("tools", "")):
        (project / name / "src").mkdir(parents=True)
        (project / name / "src" / "main.py").write_text("x = 1\n")
        if text:
            (project / name / "pyproject.toml").write_text(f"[tool.backend-audit]\n{text}\n")
    shop, billing, tools = (project / name for name in ("shop", "billing", "tools"))
    config, origins = load_config([shop, shop / "src", shop / "src" / "main.py"], known=KNOWN)
    assert (config.ignore, origins.file) == (("BA201",), str(shop / "pyproject.toml"))
    for paths in ([shop, billing], [billing / "src" / "main.py", shop], [tools, shop], [project, shop]):
        with pytest.raises(UserError) as caught:
            load_config(paths, known=KNOWN)
        told = str(caught.value)
        assert told.count("\n") == 0
        assert f"is ruled by {shop}/pyproject.toml" in told
        assert f"{paths[0]}".removesuffix("/main.py") in told
        assert "audit them one after another" in told
        assert load_config(paths, isolated=True)[0].ignore == ()
        assert load_config(paths, config_file=shop / "pyproject.toml", known=KNOWN)[0].ignore == ("BA201",)
    (project / "pyproject.toml").write_text("[tool.backend-audit]\npedantic = true\n")
    assert load_config([tools, tools / "src" / "main.py", project])[0].pedantic


def test_nothing_above_the_repository_is_read(project: Path) -> None:
    inner = project / "app"
    (inner / ".git").mkdir()
    (project / "pyproject.toml").write_text("[tool.backend-audit]\npedantic = true\n")
    config, _ = load_config([inner])
    assert not config.pedantic


def test_patterns_belong_to_the_folder_of_their_file(project: Path) -> None:
    (project / "app" / "pyproject.toml").write_text('[tool.backend-audit]\nextend-exclude = ["/gen", "old/"]\n')
    config, _ = load_config([project / "app"])
    assert config.extend_exclude == ("/app/gen", "/app/**/old/")


def test_isolated_reads_no_file_and_config_reads_that_one(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.backend-audit]\npedantic = true\n")
    other = project / "other.toml"
    other.write_text("bandit = false\n")
    assert load_config([project], isolated=True)[0] == Config()
    assert load_config([project], config_file=other)[0] == Config(bandit=False)
    assert mistakes(project, config_file=other, isolated=True) == ["--config and --isolated exclude each other"]
    assert mistakes(project, config_file=project / "gone.toml") == [
        "gone.toml: cannot read the configuration: No such file or directory"
    ]


def test_command_line_select_starts_afresh_and_ignore_adds(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.backend-audit]\nselect = ["BA1"]\nextend-select = ["BA201"]\nignore = ["sql"]\n'
    )
    config, origins = load_config([project], {"select": ["BA101"]}, known=KNOWN)
    assert (config.select, config.extend_select, config.ignore) == (("BA101",), (), ())
    assert origins.settings["select"] == "command line"
    assert origins.settings["ignore"] == "default"
    config, _ = load_config([project], {"ignore": ["secrets"]}, known=KNOWN)
    assert (config.select, config.ignore) == (("BA1",), ("sql", "secrets"))


def test_file_cannot_ask_for_more_processes_than_cores(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.backend-audit]\njobs = 256\n")
    assert load_config([project])[0].jobs == min(256, os.cpu_count() or 1)
    assert load_config([project], {"jobs": 256})[0].jobs == 256


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.backend-audit]\nx = = 1\n", "pyproject.toml:2: not valid TOML: "),
        ("[tool.backend-audit]\nx = " + "[" * 100_000, "pyproject.toml: not valid TOML: "),
        ("[tool]\nbackend-audit = 1\n", "pyproject.toml: [tool.backend-audit] must be a table"),
        ('[tool.backend-audit]\n"a\\u001b[31m\\nb" = 1\n', 'pyproject.toml:2: unknown key "a\\x1b[31m\\nb"'),
    ],
    ids=["syntax", "deep", "kind", "escapes"],
)
def test_broken_file_is_one_line(project: Path, text: str, message: str) -> None:
    (project / "pyproject.toml").write_text(text)
    (line,) = mistakes(project)
    assert line.startswith(message)


def test_broken_pyproject_that_is_not_about_us_does_not_matter(project: Path) -> None:
    (project / "pyproject.toml").write_text("[project]\nname = {{ cookiecutter.name }}\n")
    assert load_config([project])[0] == Config()


def test_link_out_of_the_tree_is_not_read(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.toml"
    outside.write_text("pedantic = true\nsecret-of-the-machine = 1\n")
    (project / "backend-audit.toml").symlink_to(outside)
    assert load_config([project])[0] == Config()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipe_in_place_of_the_file_does_not_block(project: Path) -> None:
    os.mkfifo(project / "pyproject.toml")
    assert load_config([project])[0] == Config()


def test_missing_paths_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_config([tmp_path / "a", tmp_path / "b\x1b[2J"])
    assert str(caught.value).split("\n") == [
        f"{tmp_path}/a: no such file or folder",
        f"{tmp_path}/b\\x1b[2J: no such file or folder",
    ]


def test_lines_of_keys_in_every_form_of_toml() -> None:
    text = '''# head
top = 1

[a."b.c"]
d.e = """
[not.a.header]
x = 1
"""
f = [ # one
  [1, 2], { g = 1,
  h = "]" },
  \'\'\'
''\'\'\',
]
[[list]]
[ spaced . out ]
"k\\u0065y" = 'a # b'  # comment
last = 2
'''
    text = text.replace('h = "]" },', 'h = "]" },').replace("1,\n  h", "1, h")
    tomllib.loads(text)
    lines = key_lines(text)
    assert lines["top",] == 2
    assert lines["a", "b.c"] == 4
    assert lines["a", "b.c", "d", "e"] == 5
    assert lines["a", "b.c", "f"] == 9
    assert lines["a", "b.c", "f", 0, 1] == 10
    assert lines["a", "b.c", "f", 1, "h"] == 10
    assert lines["a", "b.c", "f", 2] == 11
    assert lines["spaced", "out"] == 15
    assert lines["spaced", "out", "key"] == 16
    assert lines["spaced", "out", "last"] == 17
    assert ("not", "a", "header") not in lines


def test_settings_are_written_the_way_users_read_them() -> None:
    assert all(key == key.lower() and "_" not in key for key in SETTINGS)
