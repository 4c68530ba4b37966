"""What belongs to the protocol and not to the business: names of requests and answers, paging, calls to the outside."""

from __future__ import annotations

import re

_HEADS = {
    "request", "req", "response", "resp", "res", "self", "cls", "app", "settings", "config", "logger", "log", "g",
    "session", "current_app", "http", "status", "router", "form", "serializer", "messages", "context", "ctx", "headers",
    "kwargs", "args", "options", "os", "sys", "re", "json", "math", "background_tasks",
}  # fmt: skip
_PAGING = {
    "page", "size", "limit", "offset", "skip", "per_page", "page_size", "page_number", "total", "pages", "start", "end",
    "index", "idx", "i", "j", "n", "length", "position", "take", "top", "chunk_size", "page_count", "total_pages",
    "start_index", "end_index", "items_per_page", "count",
}  # fmt: skip
_FORMS = re.compile(
    r"(?:^|_)(?:form|serializer|formset|response|request|query|stmt|statement|queryset|qs|params|filters?|headers?)$"
)

_LIBRARIES = (
    "requests.", "httpx.", "aiohttp.", "urllib.request.", "urllib3.", "smtplib.", "boto3.", "paramiko.", "ftplib.",
    "subprocess.", "pexpect.", "asyncssh.", "ldap3.", "stripe.", "razorpay.", "braintree.",
    "twilio.", "sendgrid.", "telnetlib.", "websockets.connect", "zmq.", "pika.",
)  # fmt: skip
_NOT_CALLS = (
    "requests.exceptions", "aiohttp.web", "httpx.Timeout", "aiohttp.ClientTimeout", "aiohttp.FormData",
    "subprocess.CalledProcessError", "httpx.HTTP",
)  # fmt: skip
_OF_ANSWERS = frozenset(
    "json text read raise_for_status iter_content iter_lines iter_bytes decode close splitlines strip items get keys "
    "values pop split lower upper replace encode copy hex".split()
)
"""Methods of what a call brought back."""
_MAKERS = frozenset({"session", "client", "resource", "connect"})
"""Functions that make an object to call out with, as classes do."""
_SENDERS = re.compile(
    r"(?:^|\.)(?:send_message|email_user|sendmail|send_push|send_(?:\w+_)?(?:e?mails?|sms|otp)(?:_\w+)?)$"
    r"|(?:^|[._])(?:e?mail|mailer|sms|[A-Z]\w*(?:Mail|Message|Alternatives)\(\))\.(?:async_?|a)?send$"
)
_SECRETS = (
    "hashlib.", "bcrypt.", "secrets.", "hmac.", "random.", "os.urandom", "passlib.", "argon2.", "cryptography.",
    "werkzeug.security.", "werkzeug.check_password_hash", "werkzeug.generate_password_hash", "pwdlib.", "pyotp.",
    "django.contrib.auth.hashers.", "flask_bcrypt.", "itsdangerous.", "nacl.", "django.core.signing.",
)  # fmt: skip


def is_transport_name(name: str) -> bool:
    """Whether a name speaks of the protocol, of paging or of the answer (``page_size``, ``response``)."""
    name = name.replace("()", "").replace("[]", "")
    return name in _HEADS or name in _PAGING or _FORMS.search(name) is not None


def is_transport(chain: str) -> bool:
    """Whether a chain starts at the request, the response, a form or a setting."""
    head = chain.partition(".")[0].replace("()", "").replace("[]", "")
    return not head or head in _HEADS or _FORMS.search(head) is not None


def outbound(dotted: str) -> bool:
    """Whether calling a library's name leaves the process: HTTP, mail, queues, programs."""
    return dotted.startswith(_LIBRARIES) and not dotted.startswith(_NOT_CALLS) and not _of_answer(dotted)


def _of_answer(dotted: str) -> bool:
    """Whether a method only looks at what an earlier call brought: ``requests.get().json``; that of an object that was
    made to call out with does more."""
    holder, _, name = dotted.rpartition(".")
    if not holder.endswith(("()", "[]")) or name not in _OF_ANSWERS:
        return False
    made = holder.removesuffix("[]").removesuffix("()").rpartition(".")[2]
    return not (made[:1].isupper() or made in _MAKERS)


def sends(chain: str) -> bool:
    """Whether a call is named like the sending of a message."""
    return _SENDERS.search(chain) is not None


def secrecy(dotted: str) -> bool:
    """Whether a library's name hashes, signs or draws a secret."""
    return dotted.startswith(_SECRETS) and not _of_answer(dotted)
