"""Two more, as another module has them."""

from fastapi import APIRouter

router = APIRouter()
loans = APIRouter()


@router.put("/{shelf}")
def fill(shelf: int): ...


@loans.delete("/{loan}")
def end(loan: int): ...
