"""Who may do what."""

from pyramid.security import Allowed, Denied


class Policy:
    def identity(self, request):
        return request.headers.get("x-user")

    def authenticated_userid(self, request):
        return self.identity(request)

    def permits(self, request, context, permission):
        return Allowed("ok") if self.identity(request) else Denied("no")

    def remember(self, request, userid, **kw):
        return []

    def forget(self, request, **kw):
        return []


def trace_factory(handler, registry):
    def trace(request):
        return handler(request)

    return trace
