"""A small hand-made audit that shows every part of a report: the raw findings, the sources, the finished report."""

from __future__ import annotations

import msgspec

from analyzer.config import Config
from analyzer.findings import finish
from analyzer.model import (
    Confidence,
    Finding,
    Location,
    Note,
    Related,
    Report,
    Severity,
    Span,
    Statistics,
    Step,
)
from analyzer.rulebook import load_rules

RULES = load_rules()

FILES = {
    "app/repositories/users.py": (
        "from app.db import connect\n"
        "\n"
        "\n"
        "class UserRepository:\n"
        "    def by_name(self, name: str):\n"
        "        cursor = connect().cursor()\n"
        "        cursor.execute(f\"SELECT * FROM users WHERE name = '{name}'\")\n"
        "        return cursor.fetchone()\n"
        "\n"
        "    def by_mail(self, mail: str):\n"
        "        cursor = connect().cursor()\n"
        "        cursor.execute(\n"
        '            "SELECT * FROM users "\n'
        '            "WHERE mail = \'" + mail + "\'"\n'
        "        )\n"
        "        return cursor.fetchone()\n"
    ),
    "app/settings.py": (
        "DEBUG = True\n"
        '\tSIGNING_KEY = "kept-under-the-mat-5521"  # 日本語のコメント\n'
        'LEGACY = "kept-too"  # backend-audit: ignore[BA201] rotated in March, read by nobody\n'
    ),
    "app/orders/service.py": "from app.orders import api\n\n\ndef total(order):\n    return api.price(order)\n",
    "app/orders/api.py": "from app.orders import service\n",
}
COMMENTS = {
    "app/settings.py": [(3, 22, "# backend-audit: ignore[BA201] rotated in March, read by nobody", False)],
}


def finding(rule: str, path: str, span: tuple[int, int, int, int], message: str, fix: str, **more: object) -> Finding:
    """A finding with its rule's own severity, at high confidence unless told otherwise."""
    known = next(entry for entry in RULES if entry.code == rule)
    base = Finding(
        rule=rule,
        location=place(path, span),
        message=message,
        fix=fix,
        severity=known.severity,
        confidence=Confidence.HIGH,
    )
    return msgspec.structs.replace(base, **more)


def place(path: str, span: tuple[int, int, int, int]) -> Location:
    """A location from a path and the four numbers of a span."""
    return Location(path, Span(*span))


def raw_findings() -> list[Finding]:
    """What the detectors of the sample saw."""
    users, settings = "app/repositories/users.py", "app/settings.py"
    login = Step(place("app/controllers/auth.py", (12, 5, 12, 10)), "AuthController.login")
    by_name = Step(place(users, (5, 9, 5, 16)), "UserRepository.by_name")
    return [
        finding(
            "BA101",
            users,
            (7, 24, 7, 69),
            "SQL text is built from `name` with an f-string and executed.",
            'Pass `name` as a parameter: `cursor.execute("SELECT * FROM users WHERE name = ?", (name,))`.',
            engines=("backend-audit", "semgrep"),
            scope="app.repositories.users.UserRepository.by_name",
            route="POST /login",
            chain=(login, by_name),
            related=(Related(place(users, (5, 23, 5, 32)), "`name` comes in here"),),
        ),
        finding(
            "BA101",
            users,
            (12, 9, 15, 10),
            "SQL text is built from `mail` with + and executed.",
            "Pass `mail` as a parameter of the query.",
            confidence=Confidence.MEDIUM,
            engines=("bandit",),
            scope="app.repositories.users.UserRepository.by_mail",
        ),
        finding(
            "BA201",
            settings,
            (2, 16, 2, 41),
            "`SIGNING_KEY` is a secret written into the code.",
            'Read it from the environment: `os.environ["SIGNING_KEY"]`.',
            secrets=(Span(2, 16, 2, 41),),
            scope="app.settings",
        ),
        finding(
            "BA201", settings, (3, 10, 3, 20), "`LEGACY` is a secret.", "Remove it.", secrets=(Span(3, 10, 3, 20),)
        ),
        finding(
            "BA504",
            "app/orders/service.py",
            (1, 1, 1, 27),
            "`app.orders.service` and `app.orders.api` import each other.",
            "Cut the import of `app.orders.api` in line 1.",
            severity=Severity.WARNING,
            steps=(
                Step(place("app/orders/service.py", (1, 1, 1, 27)), "`app.orders.service` imports `app.orders.api`"),
                Step(place("app/orders/api.py", (1, 1, 1, 31)), "`app.orders.api` imports `app.orders.service`"),
            ),
        ),
        finding(
            "BA501",
            "app/orders/service.py",
            (4, 5, 4, 10),
            "never shown",
            "never shown",
            confidence=Confidence.LOW,
        ),
    ]


def sample(findings: list[Finding] | None = None, files: dict[str, str] | None = None, **more: object) -> Report:
    """The finished report of the sample, or of other findings in other files; ``more`` replaces its fields."""
    texts = FILES if files is None else files
    outcome = finish(
        raw_findings() if findings is None else findings,
        rules=RULES,
        all_rules=RULES,
        config=Config(),
        comments=COMMENTS if files is None else {},
        read=lambda path: texts[path].encode("utf-8", "surrogatepass"),
    )
    report = Report(
        version="0.1.0",
        root="/srv/audited repository",
        paths=tuple(sorted(texts)),
        rules=RULES,
        findings=outcome.findings,
        suppressed=outcome.suppressed,
        notes=(
            Note("engine", "BA005 degraded-engine: bandit timed out after 60 s"),
            Note("file", "app/generated.py: generated"),
        ),
        statistics=Statistics(files=42, lines=3100, not_analysed=1, routes=7, below=outcome.below),
        frameworks=("FastAPI",),
    )
    return msgspec.structs.replace(report, **more)
