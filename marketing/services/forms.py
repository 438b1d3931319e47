"""Making, changing, starting and stopping forms and pages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from core.base.errors import Invalid, Refused
from core.base.text import text_problem
from crm.matching.find import strategy_of
from crm.models import CustomField, MatchingStrategy
from crm.services.records import record_lock
from marketing.live import forget_form
from marketing.models import Form, LiveState, Page
from marketing.rules.content import sanitise
from marketing.rules.fields import FieldSpec, load_fields, parse_fields
from marketing.rules.redirects import redirect_problem

CONTACT_STRATEGY = "contact-email"
LEAD_STRATEGY = "lead-email"
_FORM_FIELDS = {
    "name", "fields", "mode", "contact_strategy", "lead_strategy",
    "generate_without_matching", "submit_label", "success_text", "error_text",
    "limit_text", "limit_per_minute", "min_seconds", "redirect_path", "remember_me",
    "prefill", "owner", "team",
}  # fmt: skip
_PAGE_FIELDS = {
    "title", "slug", "content", "description", "form", "topic", "lead_source",
    "campaign", "product", "language", "consent_level", "owner", "team",
}  # fmt: skip


@transaction.atomic
def form_save(form: Form, *, version: int | None = None, **data: Any) -> Form:
    """Create or change a form; journaled as form.created or form.updated.

    Holds the row; Stale where its version moved on. Raises Invalid at the field. A
    live form stays live only while it could go live.
    """
    if form.pk is not None:
        form = record_lock(record=form, version=version)
    _assign(form, data, _FORM_FIELDS)
    form.fields = [spec.as_definition() for spec in parse_fields(form.fields)]
    if problem := redirect_problem(form.redirect_path, settings.REDIRECT_HOSTS):
        raise Invalid("invalid", problem, attr="redirect_path")
    _check_strategy(form.contact_strategy, "contact")
    _check_strategy(form.lead_strategy, "lead")
    _check_custom_fields(load_fields(form.fields))
    if form.state == LiveState.LIVE:
        _check_ready(form)
    _store(form)
    forget_form(form.pk)
    return form


@transaction.atomic
def form_go_live(form: Form) -> Form:
    """Let the public use a form.

    Raises Invalid where its strategies compare what no required field asks for.
    """
    _check_ready(form)
    _set_state(form, LiveState.LIVE)
    return form


@transaction.atomic
def form_stop(form: Form) -> Form:
    """Take a form away from the public; its submissions stay.

    Every web process notices within two seconds.
    """
    _set_state(form, LiveState.STOPPED)
    return form


@transaction.atomic
def page_save(page: Page, *, version: int | None = None, **data: Any) -> Page:
    """Create or change a page; its HTML is made harmless.

    Holds the row; Stale where its version moved on. Raises Invalid at the field.
    """
    if page.pk is not None:
        page = record_lock(record=page, version=version)
    _assign(page, data, _PAGE_FIELDS)
    page.content = sanitise(page.content)
    _store(page)
    return page


@transaction.atomic
def page_go_live(page: Page) -> Page:
    """Publish a page. Raises Refused where its form is missing or not live."""
    if page.form is None:
        raise Refused("no_form", "Choose a form for this page first.", attr="form")
    if page.form.state != LiveState.LIVE:
        raise Refused("form_not_live", "Its form is not live yet.", attr="form")
    _set_state(page, LiveState.LIVE)
    return page


@transaction.atomic
def page_stop(page: Page) -> Page:
    """Take a page off the public site."""
    _set_state(page, LiveState.STOPPED)
    return page


@transaction.atomic
def capture_delete(record: Form | Page, *, version: int | None = None) -> None:
    """Delete a form or page. Refused for a form with pages or submissions."""
    locked = record_lock(record=record, version=version)
    if isinstance(locked, Form):
        if locked.pages.exists() or locked.submissions.exists():
            raise Refused(
                "form_in_use", "This form has pages or submissions. Stop it instead."
            )
        forget_form(locked.pk)
    locked.delete()


def strategies_of(form: Form) -> tuple[MatchingStrategy, MatchingStrategy]:
    """How this form finds contacts and leads; the shipped ways where none is set."""
    return (
        form.contact_strategy or strategy_of("contact", CONTACT_STRATEGY),
        form.lead_strategy or strategy_of("lead", LEAD_STRATEGY),
    )


def missing_attributes(form: Form) -> list[tuple[str, str]]:
    """What the strategies compare and no required field asks for.

    Each as (strategy name, attribute).
    """
    specs = [s for s in load_fields(form.fields) if s.required]
    contact, lead = strategies_of(form)
    for_contact = {s.contact for s in specs}
    # A lead without an attribute of its own is compared by its parent contact's.
    for_lead = for_contact | {s.lead for s in specs} | {"page"}
    used: list[tuple[MatchingStrategy, set[str]]] = []
    if form.mode in (Form.Mode.CONTACTS_AND_LEADS, Form.Mode.ONLY_CONTACTS):
        used.append((contact, for_contact))
    with_leads = form.mode in (Form.Mode.CONTACTS_AND_LEADS, Form.Mode.ONLY_LEADS)
    if with_leads and not form.generate_without_matching:
        used.append((lead, for_lead))
    return [
        (strategy.name, attribute)
        for strategy, filled in used
        for attribute in strategy.attributes
        if attribute not in filled
    ]


def form_checks(form: Form) -> list[tuple[bool, str]]:
    """What a form needs to go live, each with whether it is there."""
    missing = [
        (False, f'"{name}" compares {attribute}: ask for it in a required field')
        for name, attribute in missing_attributes(form)
    ]
    served = (True, "Required fields ask for what matching compares")
    return [(bool(form.fields), "Has at least one field"), *(missing or [served])]


def page_checks(page: Page) -> list[tuple[bool, str]]:
    """What a page needs to go live, each with whether it is there."""
    form = page.form
    live = form is not None and form.state == LiveState.LIVE
    return [(form is not None, "Has a form"), (live, "Its form is live")]


def _check_ready(form: Form) -> None:
    if not form.fields:
        raise Invalid("no_fields", "Add at least one field first.", attr="fields")
    if missing := missing_attributes(form):
        name, attribute = missing[0]
        raise Invalid(
            "strategy_not_served",
            f'The strategy "{name}" compares {attribute}, which no required field of '
            "this form fills. Every submission would fail.",
            attr="fields",
        )


def _check_strategy(strategy: MatchingStrategy | None, target: str) -> None:
    if strategy is not None and strategy.target != target:
        raise Invalid(
            "invalid",
            f"This strategy finds {strategy.target}s.",
            attr=f"{target}_strategy",
        )


def _check_custom_fields(specs: list[FieldSpec]) -> None:
    """Refuse targets that name a custom field nobody defined."""
    wanted = {
        (entity, spec.target(entity).removeprefix("custom."), f"fields[{n}].{entity}")
        for n, spec in enumerate(specs)
        for entity in ("contact", "lead")
        if spec.target(entity).startswith("custom.")
    }
    if not wanted:
        return
    rows = CustomField.objects.filter(active=True)
    known = set(rows.values_list("entity", "key"))
    for entity, key, attr in sorted(wanted):
        if (entity, key) not in known:
            raise Invalid("invalid", f"There is no custom field {key}.", attr=attr)


def _assign(record: Form | Page, data: dict[str, Any], allowed: set[str]) -> None:
    for name, value in data.items():
        if name not in allowed:
            raise Invalid("unknown_field", f"Unknown field {name}.", attr=name)
        if isinstance(value, str) and (problem := text_problem(value)):
            raise Invalid("invalid", problem, attr=name)
        setattr(record, name, value)


def _store(record: Form | Page) -> None:
    """Validate and write; the database's own values are read back."""
    try:
        record.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error
    record.save()
    record.refresh_from_db()


def _set_state(record: Form | Page, state: LiveState) -> None:
    """Write the state alone; journaled by the triggers as a change."""
    record.state = state
    record.save(update_fields=["state"])
    record.refresh_from_db()
    if isinstance(record, Form):
        forget_form(record.pk)
