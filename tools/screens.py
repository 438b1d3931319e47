"""Take pictures of the product's screens, to be looked at after every change.

    python tools/screens.py http://127.0.0.1:8000 FOLDER --user NAME --password X
        [--paths / /leads/ ...]

Each path is taken wide (1440) and narrow (390), light and dark. The run fails where
a page writes an error to the console or asks another host for anything.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Literal
from urllib.parse import urlparse

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
PATHS = ["/", "/contacts/", "/accounts/", "/leads/", "/activities/", "/products/"]


def sign_in(page: Page, base: str, user: str, password: str) -> None:
    page.goto(f"{base}/login/")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.click("button:has-text('Sign in')")
    page.wait_for_load_state("networkidle")


def name_of(path: str) -> str:
    return path.strip("/").replace("/", "-").replace("?", "-") or "home"


def shoot(
    browser: Browser,
    args: argparse.Namespace,
    size: str,
    theme: Literal["light", "dark"],
) -> list[str]:
    """Take every path in one size and theme; the faults seen on the way."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    faults: list[str] = []
    host = urlparse(args.base).netloc
    page.on(
        "console",
        lambda m: faults.append(f"{page.url}: {m.text}") if m.type == "error" else None,
    )
    page.on(
        "request",
        lambda r: (
            faults.append(f"{page.url}: asks {r.url}")
            if r.url.startswith("http") and urlparse(r.url).netloc != host
            else None
        ),
    )
    sign_in(page, args.base, args.user, args.password)
    for path in args.paths:
        page.goto(args.base + path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=str(args.folder / f"{name_of(path)}-{size}-{theme}.png"))
    context.close()
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--user", default="marketer")
    parser.add_argument("--password", default="demo")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--sizes", nargs="*", default=list(SIZES))
    parser.add_argument("--themes", nargs="*", default=["light", "dark"])
    parser.add_argument("--paths", nargs="*", default=PATHS)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=args.chromium, args=FLAGS)
        for size in args.sizes:
            for theme in args.themes:
                faults += shoot(browser, args, size, theme)
        browser.close()
    for fault in sorted(set(faults)):
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
