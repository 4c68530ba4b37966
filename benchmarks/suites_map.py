"""Which tests of other scanners ask for what our rules find: CodeQL's folders, bandit's and ruff's numbers."""

from __future__ import annotations

import msgspec


class Family(msgspec.Struct, frozen=True):
    """One kind of defect: our rules, the numbers that bandit (``B``) and ruff (``S``) share, CodeQL's folders.

    ``query``: of the alerts of several queries in one folder, those of the others are left aside.
    """

    title: str
    ours: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    query: str = ""

    @property
    def cwes(self) -> list[str]:
        """``CWE-89`` of each folder, once."""
        return list(dict.fromkeys(f"CWE-{int(name.split('-')[1])}" for name in self.folders))


ONLY_BANDIT = ("614", "703")
"""Numbers that ruff does not have."""
_SHELL = ("602", "604", "605", "609")
_XML = ("313", "314", "315", "316", "317", "318", "319")
_PICKLE = ("301", "302", "506")
CODEQL = (
    Family("path from a request", ("BA103",), (), ("CWE-022-PathInjection",)),
    Family("archive unpacked anywhere", ("BA103",), ("202",), ("CWE-022-TarSlip",)),
    Family("template from a request", ("BA107",), (), ("CWE-074-TemplateInjection",)),
    Family(
        "command from a request", ("BA102",), (*_SHELL, "603", "606", "607"),
        ("CWE-078-CommandInjection", "CWE-078-CommandInjection-py2"),
    ),
    Family(
        "command from a library's argument", ("BA102",), (*_SHELL, "603", "606", "607"),
        ("CWE-078-UnsafeShellCommandConstruction",),
    ),
    Family("templates without escaping", ("BA107",), ("701", "702"), ("CWE-079-Jinja2WithoutEscaping",)),
    Family("HTML from a request", ("BA107",), ("703", "704", "308"), ("CWE-079-ReflectedXss",)),
    Family("SQL from a request", ("BA101",), ("608", "610", "611"), ("CWE-089-SqlInjection",)),
    Family(
        "SQL from the command line", ("BA101",), ("608", "610", "611"), ("CWE-089-SqlInjection-local-threat-model",)
    ),
    Family("LDAP from a request", ("BA111",), (), ("CWE-090-LdapInjection",)),
    Family("code from a request", ("BA106",), ("102", "307"), ("CWE-094-CodeInjection",)),
    Family("log from a request", ("BA114",), (), ("CWE-117-LogInjection",)),
    Family("error shown to the client", ("BA402",), (), ("CWE-209-StackTraceExposure",)),
    Family("debugger of Flask", ("BA604",), ("201",), ("CWE-215-FlaskDebug",)),
    Family("unknown SSH hosts", ("BA601",), ("507",), ("CWE-295-MissingHostKeyValidation",)),
    Family("certificates not checked", ("BA601",), ("501",), ("CWE-295-RequestWithoutValidation",)),
    Family("secrets logged", ("BA206",), (), ("CWE-312-CleartextLogging",)),
    Family(
        "secrets stored", ("BA202", "BA602", "BA206"), (), ("CWE-312-CleartextStorage", "CWE-312-CleartextStorage-py3")
    ),
    Family("short keys", ("BA204",), ("505",), ("CWE-326-WeakCryptoKey",)),
    Family("broken ciphers", ("BA204",), ("304", "305"), ("CWE-327-BrokenCryptoAlgorithm",)),
    Family(
        "old TLS", ("BA601",), ("502", "503", "504"), ("CWE-327-InsecureDefaultProtocol", "CWE-327-InsecureProtocol")
    ),
    Family(
        "weak digests of secrets", ("BA203", "BA204"), ("303", "324"), ("CWE-327-WeakSensitiveDataHashing",)
    ),
    Family("objects from a request", ("BA105",), (*_PICKLE, "614"), ("CWE-502-UnsafeDeserialization",)),
    Family("redirect from a request", ("BA108",), (), ("CWE-601-UrlRedirect",)),
    Family("XML entities", ("BA109",), _XML, ("CWE-611-Xxe",)),
    Family(
        "cookie flags", ("BA602",), (), ("CWE-614-InsecureCookie", "CWE-1004-NonHttpOnlyCookie",
        "CWE-1275-SameSiteNoneCookie"),
    ),
    Family("XPath from a request", ("BA112",), (), ("CWE-643-XPathInjection",)),
    Family("secrets in source", ("BA201",), ("105", "106", "107"), ("CWE-798-HardcodedCredentials",)),
    Family("request to a host of the client", ("BA104",), (), ("CWE-918-ServerSideRequestForgery",), "py/full-ssrf"),
    Family("CORS", ("BA603",), (), ("CWE-942-CorsMisconfigurationMiddleware",)),
    Family("MongoDB filter from a request", ("BA110",), (), ("CWE-943-NoSqlInjection",)),
)  # fmt: skip
COUNTERPARTS = (
    Family("SQL built from strings", ("BA101",), ("608", "610", "611")),
    Family("commands through a shell", ("BA102",), _SHELL),
    Family("archives unpacked anywhere", ("BA103",), ("202",)),
    Family("unsafe deserialization", ("BA105",), (*_PICKLE, "614")),
    Family("`exec` and `eval`", ("BA106",), ("102", "307")),
    Family("templates and markup without escaping", ("BA107",), ("308", "701", "702", "703", "704")),
    Family("XML parsers", ("BA109",), _XML),
    Family("secrets in source", ("BA201",), ("105", "106", "107")),
    Family("weak digests", ("BA203", "BA204"), ("303", "324")),
    Family("weak ciphers and keys", ("BA204",), ("304", "305", "505")),
    Family("random numbers", ("BA205",), ("311",)),
    Family("certificates, TLS and SSH hosts", ("BA601",), ("323", "501", "502", "503", "504", "507")),
    Family("debugger of Flask", ("BA604",), ("201",)),
    Family("calls without a timeout", ("BA608",), ("113",)),
)
