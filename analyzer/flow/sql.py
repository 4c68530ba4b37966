"""Reading SQL in a row of parts: is it a statement, and where in it do the foreign parts stand?

No grammar, a few shapes: what decides is the skeleton of a statement, which prose does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.flow.parts import Part, Row

HOLE = "\x00"
"""Stands for a part that is not constant."""

_LEAD = r"\A(?:\s|\(|--[^\n]*\n|/\*.*?\*/|\x00\s)*"
_NAME = r"[\w\x00`\"\[\].$:{}@-]+"
_STATEMENT = re.compile(
    _LEAD + r"(?:"
    rf"SELECT\b[^;]*?\bFROM\b\s*[\w\x00`\"\[(.:{{]|SELECT\s+(?:\x00|\*|[\w.]+\s*\(|\d|DISTINCT\b|@@)"
    rf"|INSERT\s+(?:OR\s+\w+\s+|IGNORE\s+)?INTO\s+{_NAME}|REPLACE\s+INTO\s+{_NAME}|UPDATE\s+(?:ONLY\s+)?{_NAME}[^;]*?\bSET\b"
    rf"|DELETE\s+FROM\s+{_NAME}|MERGE\s+INTO\s|WITH\s+(?:RECURSIVE\s+)?{_NAME}[^;]*?\bAS\s*(?:(?:NOT\s+)?MATERIALIZED\s*)?\("
    r"|(?:CREATE|DROP|ALTER)\s+(?:OR\s+REPLACE\s+|TEMP(?:ORARY)?\s+|UNIQUE\s+|VIRTUAL\s+|MATERIALIZED\s+|FOREIGN\s+)*"
    r"(?:TABLE|INDEX|VIEW|DATABASE|SCHEMA|SEQUENCE|TRIGGER|FUNCTION|PROCEDURE|ROLE|USER|TYPE|EXTENSION|COLUMN|KEYSPACE)\b"
    r"|TRUNCATE\s+(?:TABLE\s+)?\S|PRAGMA\s+\S|(?:GRANT|REVOKE)\b[^;]*?\b(?:TO|ON|FROM)\b|EXEC(?:UTE)?\s+\S|CALL\s+\S+\s*\("
    r"|COPY\s+\S+[^;]*?\b(?:FROM|TO)\b|VACUUM\b|ANALYZE\b|ATTACH\s+DATABASE\b|EXPLAIN\b|SHOW\s+\w|DESCRIBE\s+\S|USE\s+\S+\s*;?\s*\Z"
    r"|SET\s+(?:LOCAL|SESSION|GLOBAL)\b|KILL\s|LOCK\s+TABLES?\b|BEGIN\b|CLUSTER\b|REINDEX\b|REFRESH\s+MATERIALIZED\b)",
    re.IGNORECASE | re.DOTALL,
)
_CLAUSE = re.compile(
    r"(?:=|<>|!=|<|>|\bLIKE\b|\bIN\b|\bBETWEEN\b|\bIS\b|\bMATCH\b|~)\s*['(\x00:%]|\bORDER\s+BY\b|\bOVER\s*\(|\bAND\b|\bOR\b"
    r"|\bASC\b|\bDESC\b|\bWHERE\b|\bEXISTS\b|::\w",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"\A\s*EXPLAIN\b[^\x00]*\s\Z|\b(?:FROM|AS)\s*\(\s*\Z", re.IGNORECASE)
"""What stands before a whole statement: it was not put together here."""
_NAMED = re.compile(
    r"(?:\b(?:FROM|JOIN|INTO|TABLE|TABLES|UPDATE|INDEX|VIEW|DATABASE|SCHEMA|COLUMN|ROLE|USER|SEQUENCE|TRUNCATE|EXISTS|PRAGMA"
    r"|KILL|CONNECTION|USE|DESCRIBE|TRIGGER|FUNCTION|CONSTRAINT|REFERENCES|ONLY|EXTENSION|TYPE|VACUUM|ANALYZE|REINDEX|TO|ON|AS"
    r"|CANCEL|COLUMNS|CHANNEL|LISTEN|NOTIFY|KEY|SAVEPOINT|FULL|CONCURRENTLY|RENAME|ADD|TEMPORARY|COPY|USING|COLLATE|OWNER)\s+[\"`\[]?"
    r"|[\"`\[]|[\w\x00\"`\]]\.[\"`\[]?|INTO\s+\S+\s*\([^)]*|\bTABLE\b[^(]*\([^)]*|\bON\s+\S+\s*\([^)=]*)\Z",
    re.IGNORECASE,
)


def rendered(row: Row) -> str:
    """The text of a row, every part that is not constant as :data:`HOLE`."""
    return "".join(part.text if part.kind == "text" else HOLE for part in row)


def is_statement(row: Row) -> bool:
    """Whether a row reads like a whole SQL statement."""
    return _STATEMENT.match(rendered(row)) is not None


def is_clause(row: Row) -> bool:
    """Whether a row reads like a piece of SQL: a condition, an ordering, a window."""
    text = rendered(row)
    return _STATEMENT.match(text) is not None or _CLAUSE.search(text) is not None


def positions(row: Row) -> Iterator[tuple[Part, str]]:
    """The foreign parts of a row with where they stand: ``quoted`` (in a text literal), ``value``, ``name`` (of a
    table, a column, an object), ``whole`` (a statement of its own) or ``clause`` (anywhere else)."""
    text = ""
    for part in row:
        if part.source or part.kind == "supplied":
            yield part, _position(text)
        text += part.text if part.kind == "text" else HOLE


def _position(before: str) -> str:
    if before.count("'") % 2:
        return "quoted"
    if _WHOLE.search(before):
        return "whole"
    if _NAMED.search(before):
        return "name"
    if re.search(r"\bSELECT\b(?:(?!\bFROM\b|\bWHERE\b|[=']).)*\Z", before, re.IGNORECASE | re.DOTALL):
        return "name"
    if re.search(r"(?:[=<>(,]|\bLIKE|\bIN|\bBETWEEN|\bAND|\bLIMIT|\bOFFSET|\bVALUES)\s*\(?\Z", before, re.IGNORECASE):
        return "value"
    return "clause"
