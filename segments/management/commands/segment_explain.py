"""Say what a segment asks for, and why a contact is in or out."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.base.errors import DomainError
from core.query.language import validate
from crm.models import Contact
from segments.models import Segment
from segments.services.sentences import segment_sentence
from segments.services.why import segment_why


class Command(BaseCommand):
    """The sentence of a segment; with --contact also true or false on each part."""

    help = "Say what a segment asks for, and why a contact is in or out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, help="The segment")
        parser.add_argument("--contact", type=int, help="A contact to explain")

    def handle(self, *args: Any, **options: Any) -> None:
        segment = Segment.objects.filter(pk=options["id"]).first()
        if segment is None:
            raise CommandError(f"There is no segment {options['id']}.")
        try:
            if segment.is_computed:
                validate(segment.definition, ends_on="contact")
            self.stdout.write(segment_sentence(segment) or "Picked by hand.")
            if options["contact"]:
                self._why(segment, options["contact"])
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _why(self, segment: Segment, contact_id: int) -> None:
        contact = Contact.objects.filter(pk=contact_id).first()
        if contact is None:
            raise CommandError(f"There is no contact {contact_id}.")
        answer = segment_why(segment=segment, contact=contact)
        text = json.dumps(answer, indent=2, default=str, ensure_ascii=False)
        self.stdout.write(text)
