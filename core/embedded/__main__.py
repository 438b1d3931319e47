"""Second stage of the launcher, in the virtual environment."""

from __future__ import annotations

import sys

from core.embedded.bench import bench
from core.embedded.binaries import MissingService
from core.embedded.manage import manage
from core.embedded.paths import FolderError
from core.embedded.processes import StartError
from core.embedded.serve import serve
from core.embedded.suite import run_tests


def main(arguments: list[str]) -> int:
    """Carry out one command of `run.py`; problems become one clear message."""
    command, rest = arguments[0], arguments[1:]
    try:
        if command == "serve":
            return serve()
        if command == "manage":
            return manage(rest)
        if command == "bench":
            return bench(rest)
        return run_tests(rest)
    except (FolderError, MissingService, StartError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
