"""What a file is, by its content, and whether it may be kept; pure rules."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

NAME_LENGTH = 200
# Enough of a file to know it by.
HEAD = 4096

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"{\\rtf", "application/rtf"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
# What runs when somebody opens it: known by its content, whatever its name.
PROGRAMS: tuple[bytes, ...] = (
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"#!",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
RUNS_BY_NAME = frozenset(
    [
        "app",
        "bat",
        "bin",
        "cmd",
        "com",
        "cpl",
        "dll",
        "dmg",
        "exe",
        "gadget",
        "hta",
        "inf",
        "iso",
        "jar",
        "js",
        "jse",
        "lnk",
        "msc",
        "msi",
        "msp",
        "pif",
        "ps1",
        "psm1",
        "reg",
        "scf",
        "scr",
        "sh",
        "sys",
        "url",
        "vb",
        "vbe",
        "vbs",
        "ws",
        "wsc",
        "wsf",
        "wsh",
        "xll",
    ]
)
OFFICE = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
OLE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
}
TEXTS = {
    "csv": "text/csv",
    "eml": "message/rfc822",
    "ics": "text/calendar",
    "json": "application/json",
    "md": "text/markdown",
    "vcf": "text/vcard",
}
UNKNOWN = "application/octet-stream"
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|iframe)\b", re.I)
_SVG = re.compile(rb"<svg\b", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def clean_name(name: str) -> str:
    """The name of a file without folders and characters that no file should have.

    Only for showing and downloading: no path on the server is made from it.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*')
    # Isolates and overrides could show "exe.pdf" for a name that ends otherwise.
    bare = re.sub("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", printable)
    bare = bare.encode("utf-8", "ignore").decode().strip(" .")
    if len(bare) > NAME_LENGTH:
        tail = PurePosixPath(bare).suffix[:20]
        bare = bare[: NAME_LENGTH - len(tail)].rstrip() + tail
    return bare or "file"


def extension(name: str) -> str:
    """The last part of a name after its dot, in lower case."""
    return PurePosixPath(name).suffix.lower().lstrip(".")


def sniffed(head: bytes, name: str) -> str:
    """What a file is by its first bytes; its name only decides among the like."""
    ending = extension(name)
    if head.startswith(b"PK\x03\x04"):
        return OFFICE.get(ending, "application/zip")
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        heic = head[8:12] in (b"heic", b"heix", b"mif1")
        return "image/heic" if heic else "video/mp4"
    for begin, kind in SIGNATURES:
        if head.startswith(begin):
            is_ole = kind == "application/x-ole-storage"
            return OLE.get(ending, kind) if is_ole else kind
    return _text_kind(head, ending)


def _text_kind(head: bytes, ending: str) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "ignore")
    # A cut through a letter at the end loses at most three bytes.
    whole = len(head) - len(text.encode()) <= 6
    if not whole or _CONTROL.search(text):
        return UNKNOWN
    if _SVG.search(head):
        return "image/svg+xml"
    if _MARKUP.search(head):
        return "text/html"
    return TEXTS.get(ending, "text/plain")


def refusal(head: bytes, name: str) -> str:
    """Why a file is not kept, in words; an empty text where it may be."""
    ending = extension(name)
    if any(head.startswith(begin) for begin in PROGRAMS) or ending in RUNS_BY_NAME:
        return "Programs and scripts cannot be attached. Put it in an archive."
    return ""


def size_problem(size: int, most: int) -> str:
    """Why a file of this size is not kept, in words."""
    if size == 0:
        return "This file is empty."
    if size > most:
        return f"This file has {shown_size(size)}; at most {shown_size(most)} go in."
    return ""


def shown_size(size: int) -> str:
    """A size as people say it."""
    if size < 1000:
        return f"{size} bytes"
    if size < 1_000_000:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1_000_000:.1f} MB"
