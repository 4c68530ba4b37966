"""What the first description names."""


def listed(year=None): ...


def added(body): ...


class Film:
    @staticmethod
    def shown(film): ...


def renamed(film, body): ...
