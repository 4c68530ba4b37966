"""A router that nothing imports by name."""

from ninja import Router

router = Router()


@router.put("/profile")
def profile(request):
    return {}
