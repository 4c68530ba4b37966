"""Why ours misses lines of CodeQL's tests, by the title of the row: what was read when the suite was last measured."""

BY_DESIGN = {
    "archive unpacked anywhere": "the archive is named on the command line; no client sends it",
    "command from a library's argument": "the argument of a library's function is no client's",
    "SQL from the command line": "who starts the program is no client",
    "broken ciphers": "the same four defects, reported where the cipher is made and not where it is used",
    "secrets logged": "addresses, positions, telephone and card numbers are private, but nobody logs in with them, and "
    "the password of eight lines is a constant placeholder. A true miss: what `getpass` gave, printed",
    "secrets stored": "a password written into a file; the rule looks at rows and comparisons",
    "cookie flags": "the cookie's name is a parameter. Each folder annotates one flag, and cookies of some names only; "
    "the other reports are cookies without another flag, or of other names",
    "short keys": "a helper that gets the size is reported at its caller; no curve is too short for the rule",
}
TRUE_MISSES = {
    "path from a request": "a search for `../` passes for a check, though an absolute path gets by; an object in a "
    "global loses the data; the directory of `send_from_directory` is not looked at. The other reports are false: a "
    "path that a helper or another name of `normpath` has normalized, checked with `startswith`",
    "command from a request": "a program that the client names, without a shell; six lines are modules of Python 2",
    "templates without escaping": "`Environment` under another name; a `Template` of plain text",
    "HTML from a request": "JSON sent as HTML",
    "SQL from a request": "the first argument of Django's `extra`",
    "error shown to the client": "`traceback.format_exc()` as the whole answer, the exception itself, and a helper",
    "debugger of Flask": "`debug` by position, and `run` under another name",
    "unknown SSH hosts": "no rule asks for host keys",
    "certificates not checked": "`verify` passed on by a helper that calls through another name",
    "old TLS": "constants imported by name, and contexts that allow every version or restrict it by options",
    "weak digests of secrets": "the digest of the `cryptography` package, fed by `update`",
    "redirect from a request": "other handlers of the file check a URL, and one check in a module silences the rule "
    "for all of it; without them the five that are wrong by themselves are reported",
    "XPath from a request": "`ETXPath`; the other is of Python 2",
    "secrets in source": "one is a user's name; the other password says of itself that it is insecure",
    "request to a host of the client": "functions without a route, `http.client`, and clients of Azure",
    "MongoDB filter from a request": "JavaScript in `$function` and `$accumulator`, `__raw__`, and `get_db`",
}
