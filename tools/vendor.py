"""Fetch the browser libraries the product ships, by name and version.

Run `python tools/vendor.py` with npm on PATH. It writes `static/vendor/`,
`static/sprite.svg` and `vendor.lock.json` (name, version, sha256, licence); the
product itself never needs node. `python tools/vendor.py --check` compares the files
on disk with the lock and changes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
SPRITE = ROOT / "static" / "sprite.svg"
LOCK = ROOT / "vendor.lock.json"
SOURCE_MAP = re.compile(rb"\n?(/\*|//)[#@] sourceMappingURL=[^\n*]*(\*/)?")

PACKAGES: dict[str, tuple[str, str, dict[str, str]]] = {
    # package: version, licence, {file in the package: file in static/vendor/...}
    "@tabler/core": (
        "1.6.1",
        "MIT",
        {"dist/css/tabler.min.css": "tabler.min.css"},
    ),
    "htmx.org": (
        "2.0.11",
        "0BSD",
        {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"},
    ),
    "@fontsource-variable/inter": (
        "5.2.8",
        "OFL-1.1",
        {
            "files/inter-latin-wght-normal.woff2": "inter-latin-wght-normal.woff2",
            "files/inter-latin-ext-wght-normal.woff2": (
                "inter-latin-ext-wght-normal.woff2"
            ),
            "LICENSE": "LICENSE",
        },
    ),
}
ICONS = ("@tabler/icons", "3.51.0", "MIT")
ICON_NAMES = [
    "adjustments",
    "brand-linkedin",
    "browser",
    "browser-check",
    "calendar-check",
    "calendar-x",
    "clipboard",
    "mail-x",
    "pointer",
    "adjustments-horizontal",
    "affiliate",
    "alert-triangle",
    "archive",
    "arrow-back-up",
    "arrow-left",
    "arrow-right",
    "arrows-exchange",
    "arrows-sort",
    "arrows-split-2",
    "ban",
    "bell",
    "bolt",
    "box",
    "building",
    "buildings",
    "bulb",
    "calendar",
    "calendar-event",
    "calendar-stats",
    "chart-bar",
    "chart-donut",
    "chart-funnel",
    "chart-line",
    "check",
    "checkbox",
    "checklist",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up",
    "circle-check",
    "click",
    "clock",
    "cloud-upload",
    "code",
    "coin",
    "columns-3",
    "copy",
    "database",
    "dots",
    "download",
    "external-link",
    "eye",
    "file-import",
    "file-text",
    "files",
    "filter",
    "filter-2",
    "flag",
    "flame",
    "folder",
    "forms",
    "gauge",
    "git-merge",
    "hierarchy-2",
    "history",
    "home",
    "id",
    "inbox",
    "info-circle",
    "key",
    "keyboard",
    "language",
    "layout-kanban",
    "layout-sidebar-left-collapse",
    "layout-sidebar-left-expand",
    "link",
    "list",
    "list-check",
    "list-details",
    "loader-2",
    "lock",
    "logout",
    "mail",
    "mail-forward",
    "mail-off",
    "mail-opened",
    "map-pin",
    "menu-2",
    "message",
    "message-circle",
    "microphone",
    "moon",
    "note",
    "notes",
    "pencil",
    "percentage",
    "phone",
    "phone-off",
    "player-pause",
    "player-play",
    "player-stop",
    "plus",
    "puzzle",
    "refresh",
    "report",
    "report-analytics",
    "route",
    "search",
    "send",
    "settings",
    "share",
    "shield",
    "shield-check",
    "sitemap",
    "sort-ascending",
    "sort-descending",
    "speakerphone",
    "star",
    "sun",
    "swords",
    "table",
    "tag",
    "tags",
    "target-arrow",
    "ticket",
    "trash",
    "trophy",
    "upload",
    "user",
    "user-check",
    "user-circle",
    "user-plus",
    "user-question",
    "user-search",
    "user-x",
    "users",
    "users-group",
    "versions",
    "webhook",
    "world",
    "world-www",
    "x",
]


def fetch(package: str, version: str, into: Path) -> Path:
    """Unpack one package, fetched by the npm client as it is configured here."""
    done = subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{version}"],
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    archive = into / done.stdout.strip().splitlines()[-1]
    target = into / archive.stem
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    return target / "package"


def without_source_map(name: str, content: bytes) -> bytes:
    """Drop the pointer to a map that is not shipped (the manifest would miss it)."""
    if name.endswith((".css", ".js")):
        return SOURCE_MAP.sub(b"", content)
    return content


def folder_of(package: str, version: str) -> str:
    return f"{package.strip('@').replace('/', '-')}-{version}"


def entry(package: str, version: str, licence: str, files: list[Path]) -> dict:
    return {
        "name": package,
        "version": version,
        "licence": licence,
        "files": {
            str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    }


def vendor_package(package: str, work: Path) -> dict:
    version, licence, wanted = PACKAGES[package]
    source = fetch(package, version, work)
    folder = VENDOR / folder_of(package, version)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for inside, name in wanted.items():
        path = folder / name
        path.write_bytes(without_source_map(name, (source / inside).read_bytes()))
        written.append(path)
    return entry(package, version, licence, written)


def make_sprite(work: Path) -> dict:
    package, version, licence = ICONS
    source = fetch(package, version, work) / "icons" / "outline"
    symbols = []
    for name in sorted(set(ICON_NAMES)):
        svg = (source / f"{name}.svg").read_text()
        inner = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.S)
        assert inner, name
        shapes = " ".join(
            line.strip()
            for line in inner.group(1).splitlines()
            if line.strip() and 'd="M0 0h24v24H0z"' not in line
        )
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    SPRITE.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg">\n'
        "<!-- Tabler Icons (MIT), outline; only those used -->\n"
        + "\n".join(symbols)
        + "\n</svg>\n"
    )
    return entry(package, version, licence, [SPRITE])


def check() -> int:
    """Compare what is on disk with the lock; the exit code says whether it holds."""
    wrong = []
    for package in json.loads(LOCK.read_text()):
        for name, digest in package["files"].items():
            path = ROOT / name
            known = path.exists() and hashlib.sha256(path.read_bytes()).hexdigest()
            if known != digest:
                wrong.append(name)
    for name in wrong:
        print(f"{name} differs from vendor.lock.json")
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        return check()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        lock = [vendor_package(name, work) for name in PACKAGES]
        lock.append(make_sprite(work))
    LOCK.write_text(json.dumps(lock, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
