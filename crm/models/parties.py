"""The further people and companies of a lead, each with a role."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from core.journal.triggers import journaled
from crm.models.customers import Account, Contact
from crm.models.leads import Lead
from crm.querysets import LeadPartyQuerySet


class LeadParty(models.Model):
    """Somebody who has to do with a lead besides its parent contact and account."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="parties")
    contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="lead_parties",
    )
    account = models.ForeignKey(
        Account,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="lead_parties",
    )
    role = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    objects = LeadPartyQuerySet.as_manager()

    class Meta:
        verbose_name = "person or account of a lead"
        verbose_name_plural = "people and accounts of leads"
        triggers = journaled(
            "lead_party",
            lead_id="lead_id",
            contact_id="contact_id",
            account_id="account_id",
            versioned=False,
        )
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(contact__isnull=False, account__isnull=True)
                | models.Q(contact__isnull=True, account__isnull=False),
                name="lead_party_one_of_two",
                violation_error_message="Name a contact or an account.",
            ),
            models.UniqueConstraint(
                fields=["lead", "contact", "role"],
                condition=models.Q(contact__isnull=False),
                name="lead_party_contact_once",
                violation_error_message="This person has this role already.",
            ),
            models.UniqueConstraint(
                fields=["lead", "account", "role"],
                condition=models.Q(account__isnull=False),
                name="lead_party_account_once",
                violation_error_message="This account has this role already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.known_as}, {self.role}"

    @property
    def known_as(self) -> str:
        """The name of the person or the company."""
        return str(self.contact or self.account)
