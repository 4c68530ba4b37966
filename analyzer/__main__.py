"""``python -m analyzer``."""

import os
import sys

if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:  # noqa: PTH109
    # For ``-m`` Python looks for modules in the current folder first, and what lies there may be what is audited.
    # ``os`` and ``sys`` are loaded already; ``pathlib`` could be a planted one. Only this package itself may have come
    # from there (a checkout that is not installed), so its folder is asked last.
    del sys.path[0]
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120

from analyzer.cli.main import run

if __name__ == "__main__":
    run()
