"""People and companies."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Right, Trim

from core.base.models import Record, search_text, sort_key
from core.journal.triggers import journaled
from crm.querysets import AccountQuerySet, ContactQuerySet

PHONE_END = 8


def phone_end(name: str) -> Right:
    """The last digits of a number, equal with and without its country's prefix."""
    digits = models.Func(
        models.F(name),
        models.Value("[^0-9]"),
        models.Value(""),
        models.Value("g"),
        function="regexp_replace",
        output_field=models.TextField(),
    )
    return Right(digits, PHONE_END)


def phone_index(name: str, index: str) -> models.Index:
    """Duplicates: records by the end of a phone number."""
    return models.Index(phone_end(name), name=index, condition=~models.Q(**{name: ""}))


class ActiveState(models.TextChoices):
    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"


class AddressFields(models.Model):
    """A postal address."""

    address_line1 = models.CharField(max_length=250, blank=True, default="")
    address_line2 = models.CharField(max_length=250, blank=True, default="")
    postal_code = models.CharField(max_length=40, blank=True, default="")
    city = models.CharField(max_length=120, blank=True, default="")
    state_or_province = models.CharField(max_length=120, blank=True, default="")
    country = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        abstract = True


class PersonFields(AddressFields):
    """What a contact and a lead both say about a person.

    `email_norm` and `phone_norm` are kept by the database and are what matching
    compares; the columns beside them keep what was typed.
    """

    salutation = models.CharField(max_length=40, blank=True, default="")
    first_name = models.CharField(max_length=120, blank=True, default="")
    last_name = models.CharField(max_length=120, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=60, blank=True, default="")
    mobile_phone = models.CharField(max_length=60, blank=True, default="")
    job_title = models.CharField(max_length=160, blank=True, default="")
    company_name = models.CharField(max_length=200, blank=True, default="")
    website = models.CharField(max_length=300, blank=True, default="")
    linkedin_url = models.URLField(max_length=300, blank=True, default="")
    profile_links = ArrayField(
        models.URLField(max_length=300), default=list, blank=True
    )
    buying_role = models.CharField(max_length=60, blank=True, default="")
    do_not_email = models.BooleanField(default=False)
    do_not_bulk_email = models.BooleanField(default=False)
    do_not_phone = models.BooleanField(default=False)
    description = models.TextField(blank=True, default="")
    email_norm = models.GeneratedField(
        expression=Lower(Trim("email")),
        output_field=models.CharField(max_length=254),
        db_persist=True,
    )

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        """First and last name; the address where there is none."""
        full = f"{self.first_name} {self.last_name}".strip()
        return full or self.email or self.company_name or "No name"


class Account(Record, AddressFields):
    """A company: sold to, or a partner or supplier."""

    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=60, blank=True, default="")
    website = models.CharField(max_length=300, blank=True, default="")
    email_domain = models.CharField(
        max_length=253,
        blank=True,
        default="",
        help_text="People with an address in this domain belong to the account.",
    )
    industry = models.CharField(max_length=120, blank=True, default="")
    relationship = models.CharField(max_length=60, blank=True, default="")
    number_of_employees = models.PositiveIntegerField(null=True, blank=True)
    annual_revenue = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, blank=True
    )
    description = models.TextField(blank=True, default="")
    state = models.CharField(
        max_length=8, choices=ActiveState.choices, default=ActiveState.ACTIVE
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="subsidiaries",
    )
    primary_contact = models.ForeignKey(
        "crm.Contact",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    originating_lead = models.ForeignKey(
        "crm.Lead",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="originated_accounts",
    )
    name_norm = models.GeneratedField(
        expression=Lower(Trim("name")),
        output_field=models.CharField(max_length=200),
        db_persist=True,
    )
    sort_name = models.GeneratedField(
        expression=sort_key("name"), output_field=models.TextField(), db_persist=True
    )
    search_text = models.GeneratedField(
        expression=search_text("name", "email", "phone", "website", "city"),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = AccountQuerySet.as_manager()

    class Meta:
        triggers = journaled("account", account_id="id")
        indexes = [
            # Look-up of a company by what a lead or a form says.
            models.Index(fields=["name_norm"], name="account_name_norm"),
            models.Index(
                fields=["email_domain"],
                name="account_email_domain",
                condition=~models.Q(email_domain=""),
            ),
            models.Index(
                fields=["external_id"],
                name="account_external_id",
                condition=~models.Q(external_id=""),
            ),
            # Duplicates: companies by number and address.
            phone_index("phone", "account_phone_end"),
            models.Index(
                Lower(Trim("email")),
                name="account_email_typed",
                condition=~models.Q(email=""),
            ),
            models.Index(fields=["-created_at", "-id"], name="account_newest"),
            models.Index(fields=["sort_name", "id"], name="account_by_name"),
            GinIndex(
                OpClass("search_text", name="gin_trgm_ops"), name="account_search"
            ),
            GinIndex(fields=["tags"], name="account_tags"),
        ]

    def __str__(self) -> str:
        return self.name


class Contact(Record, PersonFields):
    """A person: customer, prospect, partner, supplier, speaker, vendor or sponsor.

    `marketing_only` says that only marketing knows this person; sales views leave
    them out until a lead of theirs is qualified.
    """

    account = models.ForeignKey(
        Account,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="contacts",
    )
    state = models.CharField(
        max_length=8, choices=ActiveState.choices, default=ActiveState.ACTIVE
    )
    marketing_only = models.BooleanField(default=False)
    follow_email = models.BooleanField(default=True)
    prefill_forms = models.BooleanField(default=True)
    CONSENT_LEVELS = [
        (0, "None"),
        (1, "Consent"),
        (2, "Transactional"),
        (3, "Subscriptions"),
        (4, "Marketing"),
        (5, "Profiling"),
    ]
    consent_level = models.PositiveSmallIntegerField(choices=CONSENT_LEVELS, default=0)
    is_child = models.BooleanField(default=False)
    guardian = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="wards",
    )
    birth_date = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=20, blank=True, default="")
    relationship = models.CharField(max_length=60, blank=True, default="")
    source_type = models.CharField(
        max_length=40, blank=True, default="", editable=False
    )
    source_id = models.BigIntegerField(null=True, blank=True, editable=False)
    originating_lead = models.ForeignKey(
        "crm.Lead",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="originated_contacts",
    )
    sort_name = models.GeneratedField(
        expression=sort_key("last_name", "first_name", "email"),
        output_field=models.TextField(),
        db_persist=True,
    )
    search_text = models.GeneratedField(
        expression=search_text(
            "first_name", "last_name", "email", "company_name", "phone", "mobile_phone"
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        triggers = journaled("contact", contact_id="id", account_id="account_id")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(guardian=models.F("id")),
                name="contact_not_own_guardian",
                violation_error_message="Nobody is their own parent or guardian.",
            ),
            models.CheckConstraint(
                condition=models.Q(consent_level__lte=5), name="contact_consent_0_to_5"
            ),
        ]
        indexes = [
            models.Index(
                fields=["email_norm"],
                name="contact_email_norm",
                condition=~models.Q(email_norm=""),
            ),
            models.Index(
                fields=["external_id"],
                name="contact_external_id",
                condition=~models.Q(external_id=""),
            ),
            # Duplicates: people by number and birthday.
            phone_index("phone", "contact_phone_end"),
            phone_index("mobile_phone", "contact_mobile_end"),
            models.Index(
                fields=["birth_date", "id"],
                name="contact_born",
                condition=models.Q(birth_date__isnull=False),
            ),
            models.Index(fields=["-created_at", "-id"], name="contact_newest"),
            models.Index(fields=["sort_name", "id"], name="contact_by_name"),
            GinIndex(
                OpClass("search_text", name="gin_trgm_ops"), name="contact_search"
            ),
            GinIndex(fields=["tags"], name="contact_tags"),
            GinIndex(
                fields=["custom"], name="contact_custom", opclasses=["jsonb_path_ops"]
            ),
        ]

    def __str__(self) -> str:
        return self.name
