"""Which files an audit looks at, and why it passes over others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from analyzer.config.settings import Config
from analyzer.model import NothingToAudit, SourceTree, UserError
from analyzer.source import discover

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX file names, links and pipes")


def write(root: Path, *names: str, text: str = "x = 1\n") -> None:
    """Files with the same text; folders are made."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def names(tree: SourceTree) -> list[str]:
    return [file.path for file in tree.files]


def found(*paths: Path, **settings: object) -> list[str]:
    """The paths of the files found."""
    return names(discover(paths, Config(**settings)))  # type: ignore[arg-type]


def test_paths_are_relative_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "services/shop/app.py", "services/shop/pyproject.toml")
    tree = discover([tmp_path / "services" / "shop"], Config())
    assert tree.root == str(tmp_path)
    assert names(tree) == ["services/shop/app.py"]
    assert tree.read("services/shop/app.py") == b"x = 1\n"


def test_root_is_the_project_then_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "one/manage.py", "one/shop/models.py", "two/a/x.py", "two/b/y.py")
    assert discover([tmp_path / "one" / "shop"], Config()).root == str(tmp_path / "one")
    both = discover([tmp_path / "two" / "a", tmp_path / "two" / "b" / "y.py"], Config())
    assert both.root == str(tmp_path / "two")
    assert names(both) == ["a/x.py", "b/y.py"]


def test_order_of_paths_and_repetitions_do_not_matter(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "b/x.py", "a/tests/y.py", "a/z.py")
    forward = discover([tmp_path / "a", tmp_path / "b", tmp_path / "a" / "z.py"], Config())
    backward = discover([tmp_path / "a" / "z.py", tmp_path / "b", tmp_path / "a", tmp_path / "a"], Config())
    assert forward == backward
    assert names(forward) == ["a/tests/y.py", "a/z.py", "b/x.py"]


def test_digest_is_of_the_bytes(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.py", text="same = 1\n")
    write(tmp_path, "c.py", text="other = 1\n")
    a, b, c = discover([tmp_path], Config()).files
    assert a.digest == b.digest != c.digest
    assert len(a.digest) == 32
    assert a.size == 9


@pytest.mark.parametrize(
    "name",
    [
        ".venv/lib/x.py",
        "node_modules/p/x.py",
        "lib/site-packages/p/x.py",
        ".tox/py/x.py",
        "build/lib/x.py",
        "dist/x.py",
        "app/_vendor/x.py",
        "vendor/lib/__init__.py",
        "third_party/x.py",
        "app/__pycache__/x.py",
    ],
)
def test_code_that_is_not_the_projects_own_is_left_out(name: str, tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "app/main.py", name)
    tree = discover([tmp_path], Config())
    assert names(tree) == ["app/main.py"]
    assert tree.skipped == ()
    assert tree.excluded == 1


def test_environment_of_any_name_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "main.py", "my-python/pyvenv.cfg", "my-python/lib/x.py")
    assert found(tmp_path) == ["main.py"]


def test_vendors_of_a_shop_are_not_vendored_code(tmp_path: Path) -> None:
    write(tmp_path, "shop/vendor/__init__.py", "shop/vendor/models.py", "vendor/lib/__init__.py")
    assert found(tmp_path) == ["shop/vendor/__init__.py", "shop/vendor/models.py"]


def test_asked_for_exclude_beats_the_exception_for_vendors(tmp_path: Path) -> None:
    write(tmp_path, "main.py", "vendor/__init__.py", "vendor/models.py")
    assert found(tmp_path, extend_exclude=("vendor/",)) == ["main.py"]


def test_excludes_can_be_replaced_added_to_and_negated(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "build/b.py", "gen/c.py")
    assert found(tmp_path) == ["a.py", "gen/c.py"]
    assert found(tmp_path, exclude=("gen/",)) == ["a.py", "build/b.py"]
    assert found(tmp_path, extend_exclude=("gen/",)) == ["a.py"]
    assert found(tmp_path, extend_exclude=("!build/",)) == ["a.py", "build/b.py", "gen/c.py"]


def test_excluded_folder_that_is_named_is_audited(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "env/lib/site-packages/shop/app.py", "env/pyvenv.cfg")
    assert found(tmp_path / "env/lib/site-packages/shop") == ["env/lib/site-packages/shop/app.py"]


def test_ignore_files_above_the_audited_folder_count(tmp_path: Path) -> None:
    (tmp_path / ".git" / "info").mkdir(parents=True)
    write(tmp_path, "app/keep.py", "app/drop.py", "app/local.py", "app/gen/x.py", "app/sub/drop.py")
    (tmp_path / ".gitignore").write_text("drop.py\n/app/gen/\n")
    (tmp_path / ".git" / "info" / "exclude").write_text("local.py\n")
    (tmp_path / "app" / "sub" / ".gitignore").write_text("!drop.py\n")
    assert found(tmp_path / "app") == ["app/keep.py", "app/sub/drop.py"]
    everything = ["app/drop.py", "app/gen/x.py", "app/keep.py", "app/local.py", "app/sub/drop.py"]
    assert found(tmp_path / "app", respect_gitignore=False) == everything


def test_named_file_and_named_folder_are_audited_though_ignored(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("*.py\nout/\n")
    write(tmp_path, "a.py", "out/b.py", "out/c.py")
    assert found(tmp_path / "a.py") == ["a.py"]
    assert found(tmp_path / "out") == ["out/b.py", "out/c.py"]
    assert found(tmp_path, tmp_path / "out" / "b.py") == ["out/b.py"]


@posix
def test_linked_ignore_file_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "root/pyproject.toml", "root/a.py")
    (tmp_path / "patterns").write_text("*.py\n")
    (tmp_path / "root" / ".gitignore").symlink_to(tmp_path / "patterns")
    assert found(tmp_path / "root") == ["a.py"]
    write(tmp_path, "repository/info/exclude", text="*.py\n")
    (tmp_path / "root" / ".git").symlink_to(tmp_path / "repository")
    assert found(tmp_path / "root") == ["a.py"]


GENERATED = {
    "comment": "# @generated by a tool\nx = 1\n",
    "two lines": "#!/usr/bin/env python\n# This file was generated by stubgen.\n#\n# Do not edit it by hand.\nx = 1\n",
    "docstring": '# coding: utf-8\n"""\n    API\n\n    Generated by a generator\n\n    Do not edit the class.\n"""\n',
    "capitals": "# Code generated by protoc. DO NOT EDIT.\n",
    "bom": "\ufeff# Code generated by protoc. DO NOT EDIT.\r\n",
}


@pytest.mark.parametrize("text", GENERATED.values(), ids=GENERATED)
def test_generated_code_is_skipped_with_the_reason(text: str, tmp_path: Path) -> None:
    write(tmp_path, "main.py")
    write(tmp_path, "made.py", text=text)
    tree = discover([tmp_path], Config())
    assert names(tree) == ["main.py"]
    assert tree.skipped == (("made.py", "generated"),)
    assert found(tmp_path / "made.py") == ["made.py"]


@pytest.mark.parametrize(
    "text",
    [
        "# Generated by Django 4.2 on 2024-01-01\nx = 1\n",
        'x = 1\n# @generated\nHEADER = "# @generated, do not edit"\n',
        "# Tokens are generated here with secrets; see make_token.\n",
        '"""Writes files that begin with @generated."""\n',
        "# Do not edit prices here; they are generally set by the shop.\n",
    ],
)
def test_code_that_a_person_edits_is_audited(text: str, tmp_path: Path) -> None:
    write(tmp_path, "a.py", text=text)
    assert found(tmp_path) == ["a.py"]


def test_compiled_protocols_are_generated_by_name(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "user_pb2.py", "user_pb2_grpc.py")
    skipped = discover([tmp_path], Config()).skipped
    assert skipped == (("user_pb2.py", "generated"), ("user_pb2_grpc.py", "generated"))


def test_too_large_is_skipped_even_when_named(tmp_path: Path) -> None:
    write(tmp_path, "small.py")
    write(tmp_path, "large.py", text="#" * 101)
    for paths in ([tmp_path], [tmp_path / "small.py", tmp_path / "large.py"]):
        tree = discover(paths, Config(max_file_size=100))
        assert names(tree) == ["small.py"]
        assert tree.skipped == (("large.py", "too large"),)


def test_only_python_is_audited(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.pyi", "c.txt")
    write(tmp_path, "script", text="#!/usr/bin/env python3\nx = 1\n")
    write(tmp_path, "other", text="#!/bin/sh\n")
    assert found(tmp_path) == ["a.py"]
    tree = discover([tmp_path / name for name in ("a.py", "c.txt", "script", "other")], Config())
    assert names(tree) == ["a.py", "script"]
    assert tree.skipped == (("c.txt", "not a Python file"), ("other", "not a Python file"))


def test_nothing_to_audit_says_why(tmp_path: Path) -> None:
    write(tmp_path, "build/a.py", "b_pb2.py")
    with pytest.raises(NothingToAudit) as caught:
        discover([tmp_path], Config())
    assert str(caught.value) == (
        f"no Python file to audit in {tmp_path} (1 left out by ignore files and excludes; b_pb2.py: generated)"
    )
    assert caught.value.exit_code == 3


def test_missing_path_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file or folder") as caught:
        discover([tmp_path / "gone"], Config())
    assert caught.value.exit_code == 2


@posix
def test_links_are_not_followed_out_of_the_tree(tmp_path: Path) -> None:
    write(tmp_path, "outside/secret.py", "root/pyproject.toml", "root/a.py")
    (tmp_path / "root" / "away").symlink_to(tmp_path / "outside")
    (tmp_path / "root" / "away.py").symlink_to(tmp_path / "outside" / "secret.py")
    (tmp_path / "root" / "passwd").symlink_to("/etc/passwd")
    tree = discover([tmp_path / "root"], Config())
    assert names(tree) == ["a.py"]
    assert tree.skipped == (("away", "link out of the tree"), ("away.py", "link out of the tree"))


@posix
def test_cycles_and_links_to_what_is_audited_anyway_add_nothing(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "app/a.py", "app/sub/b.py")
    (tmp_path / "app" / "sub" / "up").symlink_to(tmp_path / "app")
    (tmp_path / "app" / "root").symlink_to(tmp_path)
    (tmp_path / "app" / "self").symlink_to("self")
    (tmp_path / "app" / "again.py").symlink_to("a.py")
    assert found(tmp_path / "app") == ["app/a.py", "app/sub/b.py"]


@posix
def test_link_to_code_beside_the_audited_folder_is_followed_once(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "app/a.py", "shared/s.py", "shared/deep/t.py")
    (tmp_path / "app" / "shared").symlink_to("../shared")
    (tmp_path / "app" / "twice").symlink_to("../shared/deep")
    (tmp_path / "shared" / "loop").symlink_to("../shared")
    tree = discover([tmp_path / "app"], Config())
    assert names(tree) == ["app/a.py", "app/shared/deep/t.py", "app/shared/s.py"]
    assert tree.read("app/shared/s.py") == b"x = 1\n"


@posix
def test_what_cannot_be_read_is_listed(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    (tmp_path / "gone.py").symlink_to("nowhere.py")
    os.mkfifo(tmp_path / "pipe.py")
    tree = discover([tmp_path], Config())
    assert names(tree) == ["a.py"]
    assert tree.skipped == (
        ("gone.py", "unreadable: broken link"),
        ("pipe.py", "unreadable: not a regular file"),
    )


@posix
def test_strange_names_are_kept_and_undecodable_ones_told(tmp_path: Path) -> None:
    strange = ["new\nline.py", "::error::x.py", "\x1b[31mred.py", "naïve 日本.py", "a%0Ab.py"]
    write(tmp_path, *strange)
    try:
        (tmp_path / os.fsdecode(b"bad\xff.py")).write_text("x = 1\n")
    except OSError:
        pytest.skip("the file system refuses undecodable names")
    tree = discover([tmp_path], Config())
    assert names(tree) == sorted(strange)
    assert tree.skipped == (("bad\\xff.py", "unreadable: its name is not UTF-8"),)
