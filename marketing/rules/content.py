"""Marketers' HTML made harmless, with one place for the form."""

from __future__ import annotations

import re

import nh3

_FORM = re.compile(r"<div\s+data-form(?:=\"[^\"]*\")?\s*>\s*</div>", re.IGNORECASE)
_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em",
    "figcaption", "figure", "h1", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p",
    "pre", "q", "s", "section", "small", "span", "strong", "sub", "sup", "table",
    "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "div": {"data-form"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
# The classes of the pages' own stylesheet.
_LAYOUT = {"hero", "columns", "card", "lead", "muted", "centered", "quote"}


def sanitise(html: str) -> str:
    """The HTML with everything but plain content removed.

    Runs when a page is saved and again whenever it is shown.
    """
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=dict.fromkeys(("div", "section", "p", "span"), _LAYOUT),
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


def split_at_form(html: str) -> tuple[str, str]:
    """What stands before the form and what after; at the end where no place is."""
    before, *after = _FORM.split(html)
    return before, "".join(after)
