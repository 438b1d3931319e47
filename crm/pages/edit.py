"""Create and edit customers, leads, products and campaigns."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.urls import reverse

from core.ui.forms import FormPage, RecordForm
from crm import forms
from crm.models import Account, Campaign, Contact, Lead, Product
from crm.services.duplicates import likely_duplicates
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

    def _user(self) -> Any:
        return self.request.user


class ContactEdit(CrmEdit):
    entity, model, noun = "contact", Contact, "contact"
    form_class = forms.ContactForm
    list_url_name, record_url_name = "contact_list", "contact"

    def warnings(self, form: RecordForm) -> list[dict[str, Any]]:
        """People who are known already; those one may not open by name only."""
        found = likely_duplicates(form.cleaned_data)
        ids = [each.contact.pk for each in found]
        visible = set(
            Contact.objects.visible_to(self.request.user)
            .filter(pk__in=ids)
            .values_list("pk", flat=True)
        )
        return [
            {
                "text": each.contact.name,
                "why": each.reason,
                "url": reverse("contact", args=[each.contact.pk])
                if each.contact.pk in visible
                else "",
            }
            for each in found
        ]


class AccountEdit(CrmEdit):
    entity, model, noun = "account", Account, "account"
    form_class = forms.AccountForm
    list_url_name, record_url_name = "account_list", "account"


class LeadEdit(CrmEdit):
    entity, model, noun = "lead", Lead, "lead"
    form_class = forms.LeadForm
    list_url_name, record_url_name = "lead_list", "lead"


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
