"""Facts of people, companies and leads that need more than their plain value."""

from __future__ import annotations

from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.ui import cells
from core.ui.parts import Fact
from core.ui.sources import source_names
from crm.models import CustomField, Lead, Tag

HIGHEST_CONSENT = 5


def consent_bar(level: int, label: str) -> SafeString:
    """The level of consent as five segments, with its name."""
    steps = format_html_join(
        "",
        '<i class="{}"></i>',
        (("on" if n < level else "",) for n in range(HIGHEST_CONSENT)),
    )
    return format_html(
        '<span class="h-consent"><span class="bar" aria-hidden="true">{}</span>'
        "{}, {}</span>",
        steps,
        level,
        label,
    )


def tag_chips(names: list[str]) -> SafeString:
    """Tags in their colours (one query)."""
    if not names:
        return cells.EMPTY
    colours = dict(Tag.objects.filter(name__in=names).values_list("name", "colour"))
    return format_html_join(
        " ",
        '<span class="h-badge plain tag-{}">{}</span>',
        ((colours.get(name, "slate"), name) for name in names),
    )


def web_links(addresses: list[str]) -> SafeString:
    """Profiles elsewhere; each opens in a new tab."""
    if not addresses:
        return cells.EMPTY
    return format_html_join(
        "",
        '<a class="h-plainlink cut" style="display:block" href="{}" target="_blank" '
        'rel="noopener">{}</a>',
        (
            (each, each.partition("://")[2] or each)
            for each in addresses
            if each.startswith(("http://", "https://"))
        ),
    )


def source_of(record: Any) -> Any:
    """What a record came from: a form, a page, an import; with a link where known."""
    if not record.source_type:
        return cells.EMPTY
    key = (record.source_type, record.source_id or 0)
    label, url = source_names([key]).get(key, ("", ""))
    label = label or record.source_type.replace("_", " ").capitalize()
    if not url:
        return label
    return format_html('<a class="h-link" href="{}">{}</a>', url, label)


def sales_ready_since(lead: Lead) -> Any:
    """Since when a lead is sales ready, and with which score."""
    if not (lead.sales_ready and lead.sales_ready_at):
        return None
    since = cells.ago(lead.sales_ready_at)
    if lead.sales_ready_score is None:
        return since
    return format_html("{} with score {}", since, lead.sales_ready_score)


def custom_facts(record: Any) -> tuple[Fact, ...]:
    """One fact for each custom field of the entity (one query)."""
    entity = record._meta.model_name or ""
    fields = CustomField.objects.filter(entity=entity, active=True)
    return tuple(_custom(each) for each in fields)


def _custom(definition: CustomField) -> Fact:
    def show(record: Any) -> Any:
        return cells.plain(_spoken(definition.kind, record.custom.get(definition.key)))

    return Fact(f"custom__{definition.key}", definition.label, show)


def _spoken(kind: str, value: Any) -> Any:
    """A value of the JSON as what it means."""
    if isinstance(value, str) and kind in ("date", "datetime"):
        read = parse_date if kind == "date" else parse_datetime
        try:
            return read(value) or value
        except ValueError:
            return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else str(value)
    return value
