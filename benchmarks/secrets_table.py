"""The section on secrets of ``docs/comparison.md``."""

from __future__ import annotations

from benchmarks.peers import table
from benchmarks.secrets import SLACK, Secrets, Teller


def section(found: Secrets) -> str:
    """The section, its heading first."""
    first = found.tellers[0]
    own = [
        [
            _name(teller),
            f"{teller.python.found} of {teller.python.expected}",
            str(teller.python.alarms),
            f"{teller.settings.found} of {teller.settings.expected}",
            str(teller.settings.alarms),
        ]
        for teller in found.tellers
    ]
    judged = [
        [
            _name(teller),
            f"{teller.judged.found} of {teller.judged.expected}",
            f"{teller.judged.alarms} of {found.innocent}",
        ]
        for teller in found.tellers
    ]
    secrets = first.judged.expected
    lines = secrets + found.innocent
    return f"""## Which secrets are told

Made by `python -m benchmarks secrets` on {found.date} with Python {found.python}; every figure is from running
the tools, all of them on the same files.

### Lines of public applications

{lines} lines of {len(found.applications)} public applications that a person has judged: {secrets} hold a secret that
works at run time, {found.innocent} only look like it (a setting without a default, a value from the environment, a path
called `…_TOKEN_…`, the name of a cookie). A secret is found by a report at most {SLACK} lines away; a line without one
must have no report at all. The applications: {", ".join(found.applications)}.

{table(["Tool", "secrets found", "other lines reported"], judged)}

### Our fixtures

[`fixtures/BA201-hardcoded-secret`](../fixtures/BA201-hardcoded-secret), {found.lines} lines: each expected line is
marked, and every report on another line is wrong. Settings files are YAML, TOML, INI, JSON and a Dockerfile beside the
code.

{table(["Tool", "in Python", "wrong", "in settings files", "wrong"], own)}

The fixtures are ours, and a test holds BA201 to them; that it passes says only that they are kept. They were written
from what real code looks like, and so say something about the others. The judged lines were at hand too while the rule
was built, and are too few to tell 95 % from 100 %.

bandit and ruff know a secret by the name it is given to, and report every text with such a name: messages, form
fields, names of headers. They read Python only. detect-secrets looks at any file, for forms of known keys, for
entropy, and for names; it is made to keep new secrets out of a repository, where a wrong report costs one line in a
baseline. It also finds keys in files that we do not read. None of them follows where the text goes.
"""


def _name(teller: Teller) -> str:
    codes = teller.codes[0] if len(teller.codes) == 1 else f"{teller.codes[0]}–{teller.codes[-1][1:]}"
    return f"{teller.tool} {teller.version}, {codes}"
