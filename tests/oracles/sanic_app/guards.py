"""What runs around handlers."""

from functools import wraps

from sanic.exceptions import Unauthorized


def signed_in(handler):
    @wraps(handler)
    async def inner(request, *args, **kwargs):
        if not request.ctx.user:
            raise Unauthorized("sign in")
        return await handler(request, *args, **kwargs)

    return inner


async def identify(request):
    request.ctx.user = request.headers.get("x-user")


async def only_staff(request):
    if request.ctx.user != "staff":
        raise Unauthorized("staff only")
