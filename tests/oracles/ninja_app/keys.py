"""What finds out who is asking."""

from ninja.security import APIKeyHeader, HttpBearer
from ninja.throttling import AnonRateThrottle


class Token(HttpBearer):
    def authenticate(self, request, token):
        if token == request.headers.get("X-Expected"):
            return token
        return None


class Key(APIKeyHeader):
    param_name = "X-API-Key"

    def authenticate(self, request, key):
        return key if key in {"one"} else None


def from_office(request):
    if request.META["REMOTE_ADDR"].startswith("10."):
        return "office"
    return None


slowly = AnonRateThrottle("10/m")
