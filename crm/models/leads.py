"""Expressions of interest."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Value
from django.db.models.functions import Now

from core.base.models import Record, search_text, sort_key
from core.journal.triggers import journaled
from crm.models.customers import Account, Contact, PersonFields, phone_index
from crm.models.lists import Campaign, Product
from crm.models.processes import ProcessState
from crm.processes.triggers import StageColumns, stages_kept
from crm.querysets import LeadQuerySet


class Lead(Record, PersonFields):
    """An expression of interest, kept apart from customers until it is qualified.

    A closed lead (qualified or disqualified) is read-only. An orphaned lead has
    neither a parent contact nor a parent account.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        QUALIFIED = "qualified", "Qualified"
        DISQUALIFIED = "disqualified", "Disqualified"

    class StatusReason(models.TextChoices):
        NEW = "new", "New"
        CONTACTED = "contacted", "Contacted"
        QUALIFIED = "qualified", "Qualified"
        LOST = "lost", "Lost"
        CANNOT_CONTACT = "cannot_contact", "Cannot contact"
        NO_LONGER_INTERESTED = "no_longer_interested", "No longer interested"
        CANCELED = "canceled", "Canceled"

    class Rating(models.TextChoices):
        HOT = "hot", "Hot"
        WARM = "warm", "Warm"
        COLD = "cold", "Cold"

    class Process(models.TextChoices):
        MARKETING = (
            "marketing",
            "Lead to opportunity marketing sales process",
        )
        SALES = "sales", "Lead to opportunity sales process"

    class Stage(models.TextChoices):
        INQUIRY = "inquiry", "Inquiry"
        AUTOMATED_QUALIFICATION = (
            "automated_marketing_qualification",
            "Automated marketing qualification",
        )
        TELE_ACCEPTANCE = "teleprospecting_acceptance", "Teleprospecting acceptance"
        TELE_QUALIFICATION = (
            "teleprospecting_qualification",
            "Teleprospecting qualification",
        )
        SALES_ACCEPTANCE = "sales_acceptance", "Sales acceptance"
        QUALIFY = "qualify", "Qualify"

    topic = models.CharField(max_length=300, blank=True, default="")
    industry = models.CharField(max_length=120, blank=True, default="")
    number_of_employees = models.PositiveIntegerField(null=True, blank=True)
    annual_revenue = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, blank=True
    )
    lead_source = models.CharField(max_length=200, blank=True, default="")
    rating = models.CharField(
        max_length=8, choices=Rating.choices, blank=True, default=""
    )
    state = models.CharField(max_length=14, choices=State.choices, default=State.OPEN)
    status_reason = models.CharField(max_length=40, default=StatusReason.NEW)
    parent_contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="leads",
    )
    parent_account = models.ForeignKey(
        Account,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="leads",
    )
    product = models.ForeignKey(
        Product,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="leads",
    )
    campaign = models.ForeignKey(
        Campaign,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="leads",
    )
    referrer = models.CharField(max_length=2000, blank=True, default="")
    utm_source = models.CharField(max_length=200, blank=True, default="")
    utm_medium = models.CharField(max_length=200, blank=True, default="")
    utm_campaign = models.CharField(max_length=200, blank=True, default="")
    utm_term = models.CharField(max_length=200, blank=True, default="")
    utm_content = models.CharField(max_length=200, blank=True, default="")
    source_type = models.CharField(
        max_length=40, blank=True, default="", editable=False
    )
    source_id = models.BigIntegerField(null=True, blank=True, editable=False)

    estimated_value = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True
    )
    budget = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    need = models.TextField(blank=True, default="")
    purchase_timeframe = models.CharField(max_length=60, blank=True, default="")
    purchase_process = models.CharField(max_length=60, blank=True, default="")
    decision_maker = models.BooleanField(default=False)

    # Keys of processes and their stages, which are data; the shipped ones are above.
    # Written by `crm.services.lead_stage`.
    process = models.CharField(max_length=60, default=Process.MARKETING)
    stage = models.CharField(max_length=60, default=Stage.INQUIRY)
    stage_since = models.DateTimeField(
        null=True, blank=True, editable=False, db_default=Now()
    )
    process_state = models.CharField(
        max_length=10,
        choices=ProcessState.choices,
        default=ProcessState.ACTIVE,
        db_default=ProcessState.ACTIVE,
        editable=False,
    )
    process_ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    process_ticks = models.JSONField(
        default=dict, db_default=Value({}, models.JSONField()), editable=False
    )
    teleprospecting_ready = models.BooleanField(
        default=False, db_default=False, editable=False
    )
    teleprospect_accepted = models.BooleanField(
        default=False, db_default=False, editable=False
    )
    entered_by_sales = models.BooleanField(default=False, editable=False)
    sales_ready = models.BooleanField(default=False)
    sales_ready_at = models.DateTimeField(null=True, blank=True, editable=False)
    sales_ready_score = models.IntegerField(null=True, blank=True, editable=False)
    sales_accepted = models.BooleanField(default=False)
    returned_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Returned to marketing and held until it falls below the "
        "threshold, or until the hold has passed and something new happened.",
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    last_activity_at = models.DateTimeField(null=True, blank=True, editable=False)

    sort_name = models.GeneratedField(
        expression=sort_key("last_name", "first_name", "email"),
        output_field=models.TextField(),
        db_persist=True,
    )
    search_text = models.GeneratedField(
        expression=search_text(
            "topic",
            "first_name",
            "last_name",
            "email",
            "company_name",
            "phone",
            "mobile_phone",
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = LeadQuerySet.as_manager()

    class Meta:
        triggers = [
            *journaled(
                "lead",
                lead_id="id",
                contact_id="parent_contact_id",
                account_id="parent_account_id",
                quiet=("last_activity_at",),
            ),
            *stages_kept(StageColumns("lead")),
        ]
        indexes = [
            # Matching: open leads of an address.
            models.Index(
                fields=["email_norm"],
                name="lead_email_norm",
                condition=~models.Q(email_norm=""),
            ),
            models.Index(
                fields=["external_id"],
                name="lead_external_id",
                condition=~models.Q(external_id=""),
            ),
            # Duplicates: leads by number.
            phone_index("phone", "lead_phone_end"),
            phone_index("mobile_phone", "lead_mobile_end"),
            # The shipped workflow walks the orphaned leads.
            models.Index(
                fields=["id"],
                name="lead_orphaned",
                condition=models.Q(
                    parent_contact__isnull=True, parent_account__isnull=True
                ),
            ),
            # Lists: open leads, newest first; mine; sales ready.
            models.Index(fields=["state", "-created_at", "-id"], name="lead_by_state"),
            models.Index(
                fields=["owner", "state", "-created_at", "-id"], name="lead_mine"
            ),
            # Sales ready, newest first; lists put empty values last both ways.
            models.Index(
                models.F("sales_ready_at").desc(nulls_last=True),
                models.F("id").desc(),
                name="lead_sales_ready",
                condition=models.Q(sales_ready=True, state="open"),
            ),
            # Open leads that nobody has: no order follows from `owner IS NULL`.
            models.Index(
                fields=["-created_at", "-id"],
                name="lead_unassigned",
                condition=models.Q(owner=None, state="open"),
            ),
            models.Index(fields=["-created_at", "-id"], name="lead_newest"),
            models.Index(fields=["sort_name", "id"], name="lead_by_name"),
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="lead_search"),
            GinIndex(fields=["tags"], name="lead_tags"),
        ]

    def __str__(self) -> str:
        return self.topic or self.name

    @property
    def is_closed(self) -> bool:
        return self.state != self.State.OPEN

    @property
    def is_orphaned(self) -> bool:
        return self.parent_contact_id is None and self.parent_account_id is None
