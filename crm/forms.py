"""The forms of customers and leads, with the custom fields of an administrator."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from core.access.models import Team, User
from core.ui.forms import RecordForm
from core.ui.lookups import LookupField
from crm.lists import CHOICE_FIELDS
from crm.models import (
    Account,
    Campaign,
    Choice,
    Contact,
    CustomField,
    Lead,
    Product,
)

ADDRESS = (
    "address_line1",
    "address_line2",
    "postal_code",
    "city",
    "state_or_province",
    "country",
)
PREFERENCES = ("do_not_email", "do_not_bulk_email", "do_not_phone")
CUSTOM = "custom__"


class DateInput(forms.DateInput):
    """The browser's own date field, which wants ISO dates."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def custom_form_field(definition: CustomField) -> forms.Field:
    """The form field of a custom field."""
    shared: dict[str, Any] = {
        "label": definition.label,
        "required": False,
        "help_text": definition.help_text,
    }
    choices = [(str(value), str(value)) for value in definition.choices]
    kinds: dict[str, Any] = {
        "number": lambda: forms.DecimalField(**shared),
        "boolean": lambda: forms.NullBooleanField(**shared),
        "date": lambda: forms.DateField(widget=DateInput(), **shared),
        "datetime": lambda: forms.DateTimeField(**shared),
        "choice": lambda: forms.ChoiceField(choices=[("", ""), *choices], **shared),
        "multi_choice": lambda: forms.MultipleChoiceField(choices=choices, **shared),
    }
    made: forms.Field = kinds.get(
        definition.kind, lambda: forms.CharField(max_length=5000, **shared)
    )()
    return made


def link_field() -> forms.URLField:
    """A profile elsewhere; an address without its scheme is taken as https."""
    return forms.URLField(
        label="LinkedIn", required=False, max_length=300, assume_scheme="https"
    )


class CrmForm(RecordForm):
    """A record with extensible lists, tags and custom fields.

    `entity` names whose lists and custom fields belong to it.
    """

    entity: ClassVar[str] = ""

    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True), required=False, empty_label="Nobody"
    )
    team = forms.ModelChoiceField(
        Team.objects.all(), required=False, empty_label="The owner's team"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fill_lists()
        self.add_custom()
        if self.instance.pk is None and "owner" in self.fields:
            self.fields["owner"].initial = self.user
        if "tags" in self.fields:
            self.fields["tags"].help_text = "Separate several with commas."
            self.fields["tags"].required = False

    def fill_lists(self) -> None:
        """Offer the values of extensible lists; what a record already says stays."""
        lists = CHOICE_FIELDS.get(self.entity, {})
        wanted = {name: key for name, key in lists.items() if name in self.fields}
        values: dict[str, list[str]] = {}
        rows = Choice.objects.filter(list__in=set(wanted.values()), active=True)
        for key, value in rows.values_list("list", "value"):
            values.setdefault(key, []).append(value)
        for name, key in wanted.items():
            offered = values.get(key, [])
            kept = getattr(self.instance, name, "")
            if kept and kept not in offered:
                offered = [*offered, kept]
            label = self.fields[name].label
            self.fields[name] = forms.ChoiceField(
                choices=[("", ""), *((value, value) for value in offered)],
                required=False,
                label=label,
                widget=forms.Select(attrs={"class": "form-select h"}),
            )

    def add_custom(self) -> None:
        """Add a field for each custom field of the entity."""
        if not self.entity:
            return
        known = self.instance.custom or {}
        for each in CustomField.objects.filter(entity=self.entity, active=True):
            field = custom_form_field(each)
            field.initial = known.get(each.key)
            self.dress(field)
            self.fields[CUSTOM + each.key] = field

    def all_sections(self) -> list[tuple[str, tuple[str, ...]]]:
        """The sections, and the custom fields in one of their own."""
        own = tuple(name for name in self.fields if name.startswith(CUSTOM))
        return [*self.sections, *([("Own fields", own)] if own else [])]

    def values(self) -> dict[str, Any]:
        """What the service gets: custom fields gathered under `custom`."""
        cleaned = dict(self.cleaned_data)
        custom = {
            key.removeprefix(CUSTOM): self.plain(cleaned.pop(key))
            for key in list(cleaned)
            if key.startswith(CUSTOM)
        }
        if custom:
            cleaned["custom"] = custom
        if cleaned.get("team") is None:
            cleaned.pop("team", None)
        return cleaned

    @staticmethod
    def plain(value: Any) -> Any:
        """A cleaned value as JSON holds it; blank means no value."""
        if value in ("", None, []):
            return None
        if hasattr(value, "isoformat"):
            return value.isoformat()
        return float(value) if hasattr(value, "as_tuple") else value


class ContactForm(CrmForm):
    linkedin_url = link_field()
    entity = "contact"
    sections = (
        (
            "Person",
            (
                "first_name",
                "last_name",
                "job_title",
                "email",
                "phone",
                "mobile_phone",
                "account",
                "company_name",
                "buying_role",
                "relationship",
                "linkedin_url",
                "website",
                "language",
                "birth_date",
                "is_child",
                "guardian",
            ),
        ),
        ("Address", ADDRESS),
        (
            "Preferences",
            (
                "do_not_email",
                "do_not_bulk_email",
                "do_not_phone",
                "follow_email",
                "prefill_forms",
                "marketing_only",
                "consent_level",
            ),
        ),
        ("Belongs to", ("owner", "team", "tags")),
        ("Description", ("description",)),
    )
    account = LookupField(Account, "account")
    guardian = LookupField(Contact, "contact", label="Parent or guardian")

    class Meta:
        model = Contact
        fields = (
            "first_name",
            "last_name",
            "job_title",
            "email",
            "phone",
            "mobile_phone",
            "account",
            "company_name",
            "buying_role",
            "relationship",
            "linkedin_url",
            "website",
            "language",
            "birth_date",
            "is_child",
            "guardian",
            *ADDRESS,
            *PREFERENCES,
            "follow_email",
            "prefill_forms",
            "marketing_only",
            "consent_level",
            "owner",
            "team",
            "tags",
            "description",
        )
        widgets = {"birth_date": DateInput()}


class AccountForm(CrmForm):
    entity = "account"
    sections = (
        (
            "Company",
            (
                "name",
                "industry",
                "relationship",
                "number_of_employees",
                "annual_revenue",
                "phone",
                "email",
                "website",
                "email_domain",
                "parent",
                "primary_contact",
            ),
        ),
        ("Address", ADDRESS),
        ("Belongs to", ("owner", "team", "tags")),
        ("Description", ("description",)),
    )
    parent = LookupField(Account, "account", label="Parent account")
    primary_contact = LookupField(Contact, "contact", label="Primary contact")

    class Meta:
        model = Account
        fields = (
            "name",
            "industry",
            "relationship",
            "number_of_employees",
            "annual_revenue",
            "phone",
            "email",
            "website",
            "email_domain",
            "parent",
            "primary_contact",
            *ADDRESS,
            "owner",
            "team",
            "tags",
            "description",
        )


class LeadForm(CrmForm):
    linkedin_url = link_field()
    entity = "lead"
    sections = (
        (
            "Interest",
            (
                "topic",
                "lead_source",
                "rating",
                "product",
                "campaign",
                "estimated_value",
                "budget",
                "purchase_timeframe",
                "purchase_process",
                "decision_maker",
                "need",
            ),
        ),
        (
            "Person",
            (
                "first_name",
                "last_name",
                "job_title",
                "email",
                "phone",
                "mobile_phone",
                "parent_contact",
                "buying_role",
                "linkedin_url",
            ),
        ),
        (
            "Company",
            (
                "company_name",
                "parent_account",
                "industry",
                "number_of_employees",
                "annual_revenue",
                "website",
            ),
        ),
        ("Address", ADDRESS),
        ("Preferences", PREFERENCES),
        ("Belongs to", ("owner", "team", "tags")),
        ("Description", ("description",)),
    )
    parent_contact = LookupField(Contact, "contact", label="Contact")
    parent_account = LookupField(Account, "account", label="Account")
    product = LookupField(Product, "product", label="Product of interest")
    campaign = LookupField(Campaign, "campaign")

    class Meta:
        model = Lead
        fields = (
            "topic",
            "lead_source",
            "rating",
            "product",
            "campaign",
            "estimated_value",
            "budget",
            "purchase_timeframe",
            "purchase_process",
            "decision_maker",
            "need",
            "first_name",
            "last_name",
            "job_title",
            "email",
            "phone",
            "mobile_phone",
            "parent_contact",
            "buying_role",
            "linkedin_url",
            "company_name",
            "parent_account",
            "industry",
            "number_of_employees",
            "annual_revenue",
            "website",
            *ADDRESS,
            *PREFERENCES,
            "owner",
            "team",
            "tags",
            "description",
        )


class ProductForm(CrmForm):
    owner = team = None  # type: ignore[assignment]  # products belong to everybody

    class Meta:
        model = Product
        fields = ("name", "code", "family", "price", "active", "description")


class CampaignForm(CrmForm):
    entity = "campaign"

    class Meta:
        model = Campaign
        fields = (
            "name",
            "code",
            "kind",
            "status",
            "starts_on",
            "ends_on",
            "budget",
            "owner",
            "team",
            "description",
        )
        widgets = {"starts_on": DateInput(), "ends_on": DateInput()}

    def add_custom(self) -> None:
        """Campaigns have no custom fields."""
