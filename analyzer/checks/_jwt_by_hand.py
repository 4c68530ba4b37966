"""The part of BA301 about tokens taken apart with base64."""

from __future__ import annotations

import msgspec

from analyzer.facts.expressions import AnyExpression, Attribute, Call, Constant, Subscript
from analyzer.flow.arguments import argument
from analyzer.flow.engine import Flow, Point, below
from analyzer.flow.environment import Definition, key
from analyzer.flow.questions import chain_end
from analyzer.model import Confidence

BASE64 = frozenset({"b64decode", "urlsafe_b64decode", "standard_b64decode", "decodebytes", "base64url_decode", "b64d"})

_TOKEN_WORDS = ("token", "jwt", "bearer", "credential", "authorization", "assertion")


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one call, how sure we are, and what to do instead."""

    message: str
    fix: str
    confidence: Confidence = Confidence.HIGH
    claim: str = ""
    """The claim whose check is off; a function that looks at the claim itself is in order."""
    signed: bool = False
    """The signature is verified all the same: nobody gets in who was never let in."""


def by_hand(flow: Flow, point: Point, call: Call) -> Fault | None:
    """``json.loads(b64decode(token.split(".")[1]))``."""
    if chain_end(call) not in {"loads", "loads_json", "json_decode"}:
        return None
    first = argument(call, 0, "s")
    if first is None:
        return None
    seen = _Derivation(flow)
    seen.follow(first, Point(point.place, first, point.environment), 10)
    if not (seen.decoded and seen.payload):
        return None
    return Fault(
        f"The claims of {f'`{seen.payload}`' if seen.payload != '?' else 'a token'} are read with base64, "
        "its signature is never verified",
        'Verify it with a JWT library, `jwt.decode(token, key, algorithms=["…"])`, and use the claims that returns',
    )


class _Derivation:
    """What an expression was made from, all the way back: was it base64-decoded, is it the middle of a token?"""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._seen: set[int] = set()
        self.decoded = False
        self.payload = ""

    def follow(self, expression: AnyExpression, point: Point, depth: int) -> None:
        """Look at an expression and everything it is made of."""
        if depth <= 0 or id(expression) in self._seen:
            return
        self._seen.add(id(expression))
        known_as = point.environment.get(key(expression), ()) if key(expression) else ()
        for definition in known_as:
            self._defined(definition, point, depth)
        if known_as:
            return
        if isinstance(expression, Call) and chain_end(expression) in BASE64:
            self.decoded = True
        if isinstance(expression, Subscript) and isinstance(expression.index, Constant) and expression.index.value == 1:
            self._split(expression.value, point)
        for inner in below(expression):
            self.follow(inner, point, depth - 1)

    def _defined(self, definition: Definition, point: Point, depth: int) -> None:
        if definition.how == "item" and definition.index[-1:] == (1,):
            for one in definition.previous:
                if one.expression is not None:
                    self._split(one.expression, Point(point.place, one.expression, one.environment or {}))
        for one in (definition, *definition.previous):
            if one.expression is not None:
                inner = Point(point.place, one.expression, one.environment or {})
                self.follow(one.expression, inner, depth - 1)

    def _split(self, expression: AnyExpression, point: Point) -> None:
        for origin in self._flow.origins(Point(point.place, expression, point.environment)):
            call = origin.expression
            if not isinstance(call, Call) or chain_end(call) not in {"split", "rsplit"}:
                continue
            separator = argument(call, 0, "sep")
            if isinstance(separator, Constant) and separator.value in {".", b"."}:
                name = key(call.func.value) if isinstance(call.func, Attribute) else ""
                if not name or any(word in name.lower() for word in _TOKEN_WORDS) or len(name) < 3:
                    self.payload = name or "?"
