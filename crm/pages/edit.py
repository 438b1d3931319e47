"""Create and edit customers, leads, products and campaigns."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.urls import reverse

from core.access.rights import may
from core.base.text import whole_number
from core.ui.forms import FormPage, RecordForm
from crm import forms
from crm.duplicates.folding import FOLDED
from crm.duplicates.showing import Shown, duplicates_shown
from crm.models import Account, Activity, Campaign, Contact, Lead, Product
from crm.pages import columns
from crm.services.activities import activity_links_lead
from crm.services.lead_from import carried_from, person_of
from crm.services.records import record_create, record_update


class CrmEdit(FormPage):
    """Every form of this app ends in the same two services."""

    def create(self, values: dict[str, Any]) -> Model:
        made: Model = record_create(
            entity=self.entity, values=values, user=self._user()
        )
        return made

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Model:
        changed: Model = record_update(
            record=record, values=values, user=self._user(), version=version
        )
        return changed

    def warnings(self, form: RecordForm, record: Any) -> list[dict[str, Any]]:
        """Who is known already; what one may not open by name and owner only."""
        if self.entity not in FOLDED:
            return []
        found = duplicates_shown(
            self.entity, form.cleaned_data, self._user(), record=record
        )
        return [warning_line(each, self._user()) for each in found]

    @property
    def check_url(self) -> str:  # type: ignore[override]  # of this entity
        if self.entity not in FOLDED:
            return ""
        return reverse("duplicate_warnings", args=[self.entity])

    def _user(self) -> Any:
        return self.request.user


def warning_line(found: Shown, user: Any) -> dict[str, Any]:
    """One record that may be the same; whom marketing knows can be taken on."""
    why = found.likely.reason
    line: dict[str, Any] = {"text": found.name, "why": why, "score": found.likely.score}
    if not found.visible:
        owner = found.record.owner
        return line | {"why": f"{why}, owned by {owner}" if owner else why}
    line["url"] = reverse(found.entity, args=[found.record.pk])
    if found.marketing_only:
        line["badge"] = columns.contact_badge(found.record)
        if may(user, "make_sales", found.record, "contact"):
            line["take"] = reverse("contact_make_sales", args=[found.record.pk])
    return line


class ContactEdit(CrmEdit):
    entity, model, noun = "contact", Contact, "contact"
    form_class = forms.ContactForm
    list_url_name, record_url_name = "contact_list", "contact"


class AccountEdit(CrmEdit):
    entity, model, noun = "account", Account, "account"
    form_class = forms.AccountForm
    list_url_name, record_url_name = "account_list", "account"


class LeadEdit(CrmEdit):
    entity, model, noun = "lead", Lead, "lead"
    form_class = forms.LeadForm
    list_url_name, record_url_name = "lead_list", "lead"

    def activity(self) -> Activity | None:
        """The call or appointment that this lead comes out of, if it is named."""
        pk = number_of(self.request.GET.get("activity", ""))
        if pk is None:
            return None
        rows = Activity.objects.visible_to(self.request.user)
        found: Activity | None = rows.filter(pk=pk).first()
        return found

    def initial(self) -> dict[str, Any]:
        """A lead out of a call carries the person, the company and what was said."""
        activity, user = self.activity(), self.request.user
        carried: dict[str, Any] = {}
        if activity is not None:
            carried = carried_from(activity, user)
        elif pk := number_of(self.request.GET.get("contact", "")):
            contact = Contact.objects.visible_to(user).filter(pk=pk).first()
            carried = person_of(contact, user) if contact else {}
        return carried | super().initial()

    def create(self, values: dict[str, Any]) -> Model:
        made = super().create(values)
        activity = self.activity()
        if activity is not None:
            activity_links_lead(activity=activity, lead_id=made.pk)
        return made


def number_of(text: str) -> int | None:
    """The id in an address, or None."""
    return whole_number(text)


class ProductEdit(CrmEdit):
    entity, model, noun = "product", Product, "product"
    form_class = forms.ProductForm
    list_url_name, record_url_name = "product_list", "product_edit"

    def url_of(self, record: Any) -> str:
        return reverse(self.list_url_name)


class CampaignEdit(CrmEdit):
    entity, model, noun = "campaign", Campaign, "campaign"
    form_class = forms.CampaignForm
    list_url_name, record_url_name = "campaign_list", "campaign_edit"

    def url_of(self, record: Any) -> str:
        return reverse(self.list_url_name)
