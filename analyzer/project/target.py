"""What a name denotes, once all modules are known."""

from __future__ import annotations

import msgspec


class Target(msgspec.Struct, frozen=True):
    """The thing a dotted chain leads to.

    ``kind`` and what belongs to it:
    ``module``    a module of the project (``path``),
    ``function``  a function or method (``path``, ``index`` into ``Outline.functions``),
    ``class``     a class (``path``, ``index`` into ``Outline.classes``),
    ``instance``  an object of a class of the project (``path``, ``index`` of the class),
    ``variable``  a module- or class-level variable whose value leads nowhere further (``path``),
    ``external``  anything of a library or the language.
    ``dotted`` is the canonical name: ``app.models.User.save`` for what is ours; for external things the path through
    the library with ``()`` for every call and every instance on the way: ``sqlite3.connect().cursor().execute``,
    ``sqlalchemy.orm.Session().execute`` (also where ``session: Session`` was merely declared), ``builtins.open``.
    """

    kind: str
    dotted: str
    path: str = ""
    index: int = -1

    @property
    def ours(self) -> bool:
        """True for symbols of the audited project."""
        return self.kind != "external"


class Place(msgspec.Struct, frozen=True, order=True):
    """A function of the project by its file and its index in the file's outline; −1 is module-level code."""

    path: str
    index: int
