"""Compile requirements/*.in into hashed, universal locks (needs `uv`).

Usage: python tools/lock.py [--upgrade]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "requirements"
OPTIONS = [
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
]


def main() -> None:
    for name in ("runtime", "dev"):
        source = FOLDER / f"{name}.in"
        target = FOLDER / f"{name}.txt"
        subprocess.run(
            [
                "uv",
                "pip",
                "compile",
                "-q",
                *OPTIONS,
                *sys.argv[1:],
                str(source.relative_to(FOLDER.parent)),
                "-o",
                str(target.relative_to(FOLDER.parent)),
            ],
            check=True,
            cwd=FOLDER.parent,
        )


if __name__ == "__main__":
    main()
