"""How the program starts: its own modules come first, however it is started.

Invariant: once this is loaded, no module of the user's that has the name of one of ours (`db.py` in the folder that the
program is started from, `demo.py` on PYTHONPATH) takes its place. The name of this one is left for nobody else to give.
"""

import os.path
import sys
from importlib.machinery import ModuleSpec, PathFinder

TYPE_CHECKING = False   # typing takes longer to load than all else here, and Ctrl-C is taken over only after it
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

OWN = frozenset({"cli", "console", "db", "demo", "exporting", "gallery", "scraper", "stylizer"})
FOLDER = os.path.dirname(os.path.abspath(__file__))     # noqa: PTH100, PTH120 - pathlib loads longer than Ctrl-C waits


class OwnModules:
    """Finds our modules beside this one; the search path, which others write to, is asked for all the rest."""

    @staticmethod
    def find_spec(
        name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> ModuleSpec | None:
        """As importlib.abc.MetaPathFinder says."""
        return PathFinder.find_spec(name, [FOLDER], target) if path is None and name in OWN else None


sys.meta_path.insert(0, OwnModules)


def main() -> None:
    """The console script."""
    from cli import main

    main()
