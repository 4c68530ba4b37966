"""The shape of the knowledge files; README.md beside this file describes every field for people who add one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Names(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which callables an entry speaks of.

    A canonical name fits when it begins with one of ``packages`` (whole dotted words) and its last word is one of
    ``calls``. ``?`` among the packages stands for a callee of any or of unknown origin; then ``receivers``, when given,
    must hold the last word before the call (lower case, ``conn`` also fits ``db_conn``).
    """

    packages: tuple[str, ...]
    calls: tuple[str, ...]
    receivers: tuple[str, ...] = ()

    def fits(self, dotted: str, written: str) -> bool:
        """Whether the entry speaks of a callee: its canonical name (``""``: unknown) and its chain as written."""
        name = dotted or written
        holder, _, last = name.rpartition(".")
        if last not in self.calls:
            return False
        if dotted and any(within(dotted, package) for package in self.packages):
            return True
        return "?" in self.packages and self._received(holder)

    def _received(self, holder: str) -> bool:
        if not self.receivers:
            return True
        words = holder.lower().replace("()", "").replace("[]", "").rpartition(".")[2].split("_")
        return any(receiver in words for receiver in self.receivers)


class Sink(Names, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A callable that takes text of a language. ``kind`` is ``sql``; ``argument`` the position of the text (−1: none),
    ``keywords`` the names it may be given by; with ``evidence`` ``text`` the call only counts when the text reads like
    a statement; ``wraps`` marks a callable that makes the text an object for another sink; with ``receiver`` the object
    before the dot is what the operation obeys; ``fix`` is the advice."""

    kind: str
    argument: int = 0
    keywords: tuple[str, ...] = ()
    evidence: str = "name"
    wraps: bool = False
    receiver: bool = False
    fix: str = ""


class Hasher(Names, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A callable that turns a password into something. ``kind``: ``slow`` (made for passwords), ``fast`` (a plain
    digest), ``derive`` (a key derivation whose cost is an argument)."""

    kind: str


class Decoder(Names, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A callable that reads a token. ``kind``: ``verify`` (checks the signature unless told otherwise), ``unverified``
    (never does), ``header`` (reads the unverified header). ``key``/``algorithms`` are positions (−1: none);
    ``required`` is true where a call without algorithms accepts whatever the token asks for."""

    kind: str
    library: str
    key: int = 1
    algorithms: int = 2
    required: bool = False


class Signer(Names, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A callable that signs a token or is given the key for it. ``claims``, ``header`` and ``key`` are positions (−1:
    none), ``keywords`` the names the key may be given by."""

    library: str
    claims: int = -1
    header: int = -1
    key: int = -1
    keywords: tuple[str, ...] = ()


class Primitive(Names, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A callable of a cryptographic library. ``kind``: ``cipher`` and ``digest`` (broken, whatever is done with them),
    ``padding``, or what one argument has to be right for: ``mode``, ``vector``, ``size``, ``curve``, ``mac``. That
    argument stands at ``argument`` (−1: none) or under ``keywords``; ``least`` is the fewest bits that are enough;
    ``name`` what messages call it, where it is not its own last word."""

    kind: str
    name: str = ""
    argument: int = -1
    keywords: tuple[str, ...] = ()
    least: int = 0


class Client(Names, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A callable that makes an object which speaks to another system: an HTTP client, a queue, somebody's SDK."""


class Issuer(Names, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A callable whose answer holds a secret among other things; ``kind`` is what it is: ``token``, ``secret``."""

    kind: str


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Least costs of key derivations and names of schemes that do not protect a password."""

    iterations: dict[str, int] = {}
    bcrypt_rounds: int = 10
    scrypt_cost: int = 8_192
    """``N`` of scrypt."""
    argon2: tuple[tuple[int, int], ...] = ()
    """Memory in KiB and the passes that are enough with it."""
    weak_schemes: tuple[str, ...] = ()
    weak_hashers: tuple[str, ...] = ()


Kinds = dict[str, tuple[str, ...]]
"""Names by the kind of input they bring: ``path``, ``query``, ``form``, ``body``, ``file``, ``header``, ``cookie``."""


class OwnRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Classes whose objects are the request themselves, and which of their attributes a client fills."""

    classes: tuple[str, ...]
    parts: Kinds


class Requests(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the frameworks' requests spell what a client sends: attributes and methods of a request (``parts``), methods
    whose first argument names the input (``methods``), those that bring no text (``numbers``), ``handlers``, and the
    dotted names of the classes that a file comes in (``uploads``), of those that requests and websockets are objects
    of (``objects``), and the methods of a websocket that wait for its client (``receiving``)."""

    parts: Kinds = {}
    methods: Kinds = {}
    numbers: Kinds = {}
    handlers: tuple[OwnRequest, ...] = ()
    uploads: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    receiving: tuple[str, ...] = ()


class System(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A measured backend: its release, its lines, how many handlers and how many functions of repositories it has."""

    name: str
    version: str
    lines: int
    handlers: int
    methods: int


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One measure over all backends that have a say in it: how many these are, how many units were measured, and the
    value that a share of the code (in percent) does not exceed."""

    name: str
    systems: int
    units: int
    at: dict[str, float]


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What real backends look like; written by ``python -m benchmarks calibrate``, explained in docs/calibration.md."""

    date: str = ""
    backends: tuple[System, ...] = ()
    measured: tuple[Measured, ...] = ()

    def threshold(self, measure: str, share: int) -> float:
        """The value that ``share`` percent of the code does not exceed. Raises ``KeyError`` if not measured."""
        for item in self.measured:
            if item.name == measure:
                return item.at[str(share)]
        raise KeyError(measure)


class UrlTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The routes that a library brings: ``module`` is what projects include (a module of Django's, or what makes a
    router by its canonical name), ``library`` says of which version they are.

    A route is methods (``GET POST``, ``ANY``), path, view, and what asks who the client is (empty for nothing).
    ``include`` are other tables below a prefix, with the application that must be installed for it (empty for none).
    ``installed`` is a package: routes with ``{application}`` count for every application of it that is installed.
    """

    module: str
    library: str
    routes: tuple[tuple[str, str, str, str], ...] = ()
    include: tuple[tuple[str, str, str], ...] = ()
    installed: str = ""


class Knowledge(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={
        "sinks": "sink",
        "hashers": "hasher",
        "decoders": "decoder",
        "primitives": "primitive",
        "signers": "signer",
        "clients": "client",
        "issuers": "issuer",
    },
):
    """Everything known, over all files."""

    sinks: tuple[Sink, ...] = ()
    hashers: tuple[Hasher, ...] = ()
    decoders: tuple[Decoder, ...] = ()
    primitives: tuple[Primitive, ...] = ()
    signers: tuple[Signer, ...] = ()
    clients: tuple[Client, ...] = ()
    issuers: tuple[Issuer, ...] = ()
    weights: Weights = Weights()
    requests: Requests = Requests()
    calibration: Calibration = Calibration()
    urls: tuple[UrlTable, ...] = ()

    def sink(self, kind: str, dotted: str, written: str) -> Sink | None:
        """The sink of a kind that a callee is, if any."""
        return next((one for one in self.sinks if one.kind == kind and one.fits(dotted, written)), None)

    def hasher(self, dotted: str, written: str) -> Hasher | None:
        """The hasher that a callee is, if any."""
        return next((one for one in self.hashers if one.fits(dotted, written)), None)

    def decoder(self, dotted: str, written: str) -> Decoder | None:
        """The token decoder that a callee is, if any."""
        return next((one for one in self.decoders if one.fits(dotted, written)), None)

    def signer(self, dotted: str) -> Signer | None:
        """The signer that a callee is, by its canonical name."""
        return next((one for one in self.signers if one.fits(dotted, dotted)), None)

    def client(self, dotted: str) -> bool:
        """Whether calling a canonical name makes an object that speaks to another system."""
        return any(one.fits(dotted, dotted) for one in self.clients)

    def issuer(self, dotted: str) -> Issuer | None:
        """What is known of a callee whose answer holds a secret, by its canonical name."""
        return next((one for one in self.issuers if one.fits(dotted, dotted)), None)

    def primitive(self, kind: str, dotted: str) -> Primitive | None:
        """What is known of a kind about a cryptographic callee, by its canonical name."""
        return next((one for one in self.primitives if one.kind == kind and one.fits(dotted, dotted)), None)


def names(entries: Iterable[Names]) -> frozenset[str]:
    """The last words of all callables of some entries: a quick test on a chain before anything is resolved."""
    return frozenset(call for entry in entries for call in entry.calls)


def within(dotted: str, package: str) -> bool:
    """Whether a dotted name lies in a package (or is it)."""
    return dotted == package or (dotted.startswith(package) and dotted[len(package)] in ".()[]")


def by_name(kinds: Kinds) -> dict[str, str]:
    """The kind of each name."""
    return {name: kind for kind, names_of_kind in kinds.items() for name in names_of_kind}
