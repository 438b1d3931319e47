"""Marketing forms and the landing pages that show them."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from core.base.models import Owned, Stamped, search_text, sort_key
from core.journal.triggers import journaled
from crm.models import Campaign, MatchingStrategy, Product
from marketing.querysets import FormQuerySet, PageQuerySet


class LiveState(models.TextChoices):
    DRAFT = "draft", "Draft"
    LIVE = "live", "Live"
    STOPPED = "stopped", "Stopped"


class Form(Stamped, Owned):
    """Questions a visitor answers, and what becomes of the answers.

    `fields` is a list of field definitions (see marketing.rules.fields): one value,
    so that a form is edited, versioned and read as a whole.
    """

    class Mode(models.TextChoices):
        CONTACTS_AND_LEADS = "contacts_and_leads", "Contacts and leads"
        ONLY_CONTACTS = "only_contacts", "Only contacts"
        ONLY_LEADS = "only_leads", "Only leads"
        NONE = "none", "No update"

    name = models.CharField(max_length=200)
    state = models.CharField(
        max_length=8, choices=LiveState.choices, default=LiveState.DRAFT
    )
    fields = models.JSONField(default=list, blank=True)
    mode = models.CharField(
        max_length=20,
        choices=Mode.choices,
        default=Mode.CONTACTS_AND_LEADS,
        help_text="What a submission may create and update.",
    )
    contact_strategy = models.ForeignKey(
        MatchingStrategy,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"target": "contact"},
        help_text="How a contact is found. Empty: by email.",
    )
    lead_strategy = models.ForeignKey(
        MatchingStrategy,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"target": "lead"},
        help_text="How an open lead is found. Empty: by email, any open lead.",
    )
    generate_without_matching = models.BooleanField(
        default=False, help_text="Every submission makes a new lead."
    )
    submit_label = models.CharField(max_length=60, default="Send")
    success_text = models.TextField(
        default="Thank you. We have received your message.", max_length=2000
    )
    error_text = models.TextField(
        default="Please correct the fields marked below.", max_length=2000
    )
    limit_text = models.TextField(
        default="Too many messages came from your network. Please try again in a "
        "minute; what you typed is still here.",
        max_length=2000,
    )
    limit_per_minute = models.PositiveIntegerField(
        default=1000,
        help_text="Submissions taken from one network address in a minute by each "
        "web process; 0 for no limit.",
    )
    min_seconds = models.PositiveSmallIntegerField(
        default=0,
        help_text="A form filled in faster than this is held as suspected spam; "
        "0 for no such check.",
    )
    redirect_path = models.CharField(
        max_length=500,
        blank=True,
        default="",
        help_text="Where a visitor goes after sending: a path on this site, or an "
        "address on an allowed host. Empty shows the success text.",
    )
    remember_me = models.BooleanField(
        default=False, help_text="Offer visitors to be remembered (sets a cookie)."
    )
    prefill = models.BooleanField(
        default=False, help_text="Fill in what a remembered visitor sent last time."
    )
    search_text = models.GeneratedField(
        expression=search_text("name"),
        output_field=models.TextField(),
        db_persist=True,
    )
    sort_name = models.GeneratedField(
        expression=sort_key("name"), output_field=models.TextField(), db_persist=True
    )

    objects = FormQuerySet.as_manager()

    class Meta:
        verbose_name = "marketing form"
        triggers = journaled("form")
        indexes = [
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="form_search")
        ]

    def __str__(self) -> str:
        return self.name


class Page(Stamped, Owned):
    """A landing page at /p/SLUG/ with one place for a form.

    The page gives the leads it brings their topic (its title where none is set),
    lead source, campaign and product.
    """

    title = models.CharField(max_length=200)
    slug = models.SlugField(
        max_length=120,
        unique=True,
        error_messages={"unique": "There is a page at this address already."},
    )
    state = models.CharField(
        max_length=8, choices=LiveState.choices, default=LiveState.DRAFT
    )
    content = models.TextField(
        blank=True,
        default="",
        max_length=200_000,
        help_text="The form stands where <div data-form></div> is, else at the end.",
    )
    description = models.CharField(max_length=300, blank=True, default="")
    form = models.ForeignKey(
        Form, null=True, blank=True, on_delete=models.PROTECT, related_name="pages"
    )
    topic = models.CharField(max_length=300, blank=True, default="")
    lead_source = models.CharField(max_length=200, blank=True, default="")
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    language = models.CharField(max_length=20, default="en")
    consent_level = models.PositiveSmallIntegerField(
        default=0,
        choices=[
            (0, "None"),
            (1, "Consent"),
            (2, "Transactional"),
            (3, "Subscriptions"),
            (4, "Marketing"),
            (5, "Profiling"),
        ],
        help_text="A submission raises the contact to this level, never lowers it.",
    )
    search_text = models.GeneratedField(
        expression=search_text("title", "slug"),
        output_field=models.TextField(),
        db_persist=True,
    )
    sort_name = models.GeneratedField(
        expression=sort_key("title"), output_field=models.TextField(), db_persist=True
    )

    objects = PageQuerySet.as_manager()

    class Meta:
        verbose_name = "landing page"
        triggers = journaled("page")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(consent_level__lte=5), name="page_consent_0_to_5"
            )
        ]
        indexes = [
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="page_search")
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Where the public finds it."""
        return f"/p/{self.slug}/"
