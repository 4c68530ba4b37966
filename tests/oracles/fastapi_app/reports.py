"""Routers of a library's class: one includes the other, and that one is included by the application."""

from tests.oracles.fastapi_library import QuietRouter

router = QuietRouter(prefix="/reports")
daily = QuietRouter(prefix="/daily")


@router.get("/{year}")
def yearly(year: int): ...


@daily.post("/{day}")
def one_day(day: str): ...


router.include_router(daily)
