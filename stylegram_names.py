"""Our packages under their own names, for a program that imports one of them and lies beside a `db.py` of its own.

Invariant: what a program's `import db` finds is Python's own to say until a door of ours is used; from then on the name
is that of our package, for all that is behind the door is written in it. A module that already has it is left alone.
"""

import os.path
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

_FOLDER = os.path.dirname(os.path.abspath(__file__))    # noqa: PTH100, PTH120 - it loads before everything else


def claim(name: str) -> None:
    """Sees to it that this package is ours. Raises ImportError where the program has loaded a module of that name."""
    loaded = sys.modules.get(name)
    if loaded is None:
        spec = PathFinder.find_spec(name, [_FOLDER])
        if spec is None or spec.loader is None:
            raise ImportError(f"stylegram is not whole: it has no package {name!r}", name=name)
        module = sys.modules[name] = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    elif _FOLDER not in map(os.path.dirname, getattr(loaded, "__path__", ())):
        origin = getattr(loaded, "__file__", None) or "a module of the program's"
        raise ImportError(
            f"stylegram has a package {name!r}, and this program has loaded another one ({origin}): rename that, "
            "or import stylegram's first", name=name)
