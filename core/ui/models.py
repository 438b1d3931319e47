"""What the back office itself keeps."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class FormSent(models.Model):
    """A form that was sent: its token makes a second click harmless.

    Written in the transaction of what the form did, with the address of the result.
    """

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    url = models.CharField(max_length=500)
    sent_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "forms sent"

    def __str__(self) -> str:
        return str(self.token)
