"""The report for code scanning: SARIF 2.1.0 (OASIS Standard, 27 March 2020) as GitHub takes it.

GitHub's limits are its own ("SARIF support for code scanning", limits of uploads): 25,000 results a run, 10 MB when
compressed with gzip. Results stand worst first, because only the first 5,000 are shown, and what is cut is told in a
notification.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import msgspec

from analyzer.model import Report, Suppressed
from analyzer.report.options import Options
from analyzer.report.project import NAME, URL
from analyzer.report.ranking import badness
from analyzer.report.sarif_notes import NOTIFICATIONS, notification, notifications
from analyzer.report.sarif_places import ROOT_ID
from analyzer.report.sarif_results import result
from analyzer.report.sarif_rules import descriptor
from analyzer.report.words import plural, rules_by_code

FORMAT = "sarif"
MOST_RESULTS = 25_000
MOST_BYTES = 10_000_000
"""Of the compressed file; GitHub says "10 MB", so the smaller megabyte."""
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(report: Report, options: Options) -> str:
    """The report as SARIF; suppressed findings are in it only when everything is asked for (``verbose``).

    Code scanning opens an alert for a suppressed result as for any other, so they stay out by default.
    """
    rules = rules_by_code(report)
    entries = [Suppressed(finding, "") for finding in report.findings]
    entries += report.suppressed if options.verbose else ()
    entries.sort(key=lambda entry: (bool(entry.kind), badness(entry.finding, rules)))
    shown = entries[:MOST_RESULTS]
    while True:
        text = _text(_log(report, shown, len(entries) - len(shown)))
        size = _compressed(text)
        if size <= MOST_BYTES or not shown:
            return text
        # Results compress about alike, so the ratio is a good first guess and the margin saves most second ones.
        shown = shown[: min(len(shown) - 1, int(len(shown) * MOST_BYTES / size * 0.95))]


def _log(report: Report, shown: Sequence[Suppressed], cut: int) -> dict[str, Any]:
    codes = [rule.code for rule in report.rules]
    index = {code: number for number, code in enumerate(codes)}
    told = notifications(report.notes)
    if cut:
        told.append(notification("limit", f"{plural(cut, 'result')} left out to keep the limits of code scanning."))
    invocation: dict[str, Any] = {"executionSuccessful": report.complete}
    if told:
        invocation["toolExecutionNotifications"] = told
    root = _root(report.root)
    run = {
        "tool": {
            "driver": {
                "name": NAME,
                "semanticVersion": report.version,
                "version": report.version,
                "informationUri": URL,
                "rules": [descriptor(rule) for rule in report.rules],
                "notifications": NOTIFICATIONS,
            }
        },
        "automationDetails": {"id": f"{NAME}/"},
        "invocations": [invocation],
        "originalUriBaseIds": {ROOT_ID: root},
        "columnKind": "unicodeCodePoints",
        "language": "en-US",
        "results": [result(entry, index) for entry in shown],
    }
    if "uri" in root:
        # The working copy that was audited: code scanning knows the remote and the commit, and we use no git.
        run["versionControlProvenance"] = [{"repositoryUri": root["uri"], "mappedTo": {"uriBaseId": ROOT_ID}}]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _root(root: str) -> dict[str, Any]:
    """Where the relative paths start; its URI is the one thing in the file that depends on the host."""
    described: dict[str, Any] = {"description": {"text": "The root of the audited repository."}}
    path = PurePath(root)
    if path.is_absolute():
        described["uri"] = path.as_uri().rstrip("/") + "/"
    return described


def _text(log: dict[str, Any]) -> str:
    """JSON in ASCII; dumped in one go and then indented, which is ten times faster than dumping with an indent."""
    compact = json.dumps(log, ensure_ascii=True, separators=(",", ":"))
    return msgspec.json.format(compact, indent=2) + "\n"


def _compressed(text: str) -> int:
    """The size as GitHub measures it; a text that is smaller than the limit as it is needs no measuring."""
    return len(text) if len(text) <= MOST_BYTES else len(gzip.compress(text.encode("ascii"), mtime=0))
