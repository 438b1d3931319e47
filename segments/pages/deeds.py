"""What the buttons of a segment do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from core.access.rights import rights_of
from core.base.errors import DomainError
from core.base.text import whole_number
from core.query.errors import QueryError
from core.ui.doors import browser_door
from segments import rules
from segments.models import Segment
from segments.pages.page import SegmentScreen
from segments.services import lifecycle
from segments.services.drafts import draft_discard, draft_publish
from segments.services.membership import membership_refresh
from segments.services.versions import version_values


class SegmentDeed(SegmentScreen):
    """The buttons of a segment, each a door to one service."""

    NEEDS: ClassVar = {
        "go-live": "publish",
        "stop": "publish",
        "publish": "publish",
        "discard": "update",
        "return": "update",
        "refresh": "read",
        "duplicate": "read",
        "delete": "delete",
    }

    def post(self, request: HttpRequest, pk: int, deed: str) -> HttpResponseBase:
        segment = self.segment
        if deed not in self.NEEDS:
            raise Http404
        if not self.may(self.NEEDS[deed]):
            raise PermissionDenied
        deeds: dict[str, Callable[[], tuple[str, str]]] = {
            "go-live": self.go_live,
            "stop": self.stop,
            "publish": self.publish,
            "discard": self.discard,
            "return": self.return_to,
            "refresh": self.refresh,
            "duplicate": self.duplicate,
            "delete": self.delete,
        }
        user: Any = request.user
        try:
            with browser_door(user):
                said, url = deeds[deed]()
        except QueryError as error:
            first = "Not published" if deed == "publish" else "Not live yet"
            messages.error(request, f"{first}. {error.detail}")
            place = urlencode({"at": error.path})
            return redirect(f"{reverse('segment', args=[segment.pk])}?{place}")
        except DomainError as error:
            messages.error(request, error.detail)
            return redirect(self.back(deed))
        messages.success(request, said)
        return redirect(url)

    def here(self) -> str:
        return reverse("segment", args=[self.segment.pk])

    def back(self, deed: str) -> str:
        """Where a refusal is read: where the button stood."""
        name = "segment_review" if deed == "publish" else "segment"
        return reverse(name, args=[self.segment.pk])

    def version(self) -> int | None:
        """The version of the segment that the page showed."""
        return whole_number(self.request.POST.get("version", ""))

    def publish(self) -> tuple[str, str]:
        segment, change = draft_publish(
            segment_id=self.segment.pk,
            expected_version=self.version(),
            user=self.request.user,
        )
        if not segment.is_live:
            return "Published. They take effect when it goes live.", self.here()
        said = f"Published: {change.entered:,} in, {change.left:,} out."
        return said, reverse("segment_members", args=[segment.pk])

    def discard(self) -> tuple[str, str]:
        draft_discard(segment_id=self.segment.pk, expected_version=self.version())
        return "The changes are discarded.", self.here()

    def return_to(self) -> tuple[str, str]:
        number = whole_number(self.request.POST.get("number", "")) or 0
        if not self.segment.versions.filter(number=number).exists():
            raise Http404
        values = version_values(self.segment, number)
        segment = lifecycle.segment_update(
            segment_id=self.segment.pk, user=self.request.user, **values
        )
        if segment.draft is None:
            return f"It asks for what version {number} asked for.", self.here()
        said = f"Version {number} is ready to be published."
        return said, reverse("segment_review", args=[segment.pk])

    def go_live(self) -> tuple[str, str]:
        live = lifecycle.segment_go_live(
            segment_id=self.segment.pk, user=self.request.user
        )
        if live.kind == Segment.Kind.STATIC:
            return "Live.", self.here()
        seconds = max(0.1, live.evaluation_ms / 1000)
        people = "contact" if live.member_count == 1 else "contacts"
        said = f"Live in {seconds:.1f} s: {live.member_count:,} {people}."
        return said, self.here()

    def stop(self) -> tuple[str, str]:
        # The question before the button named what uses it.
        lifecycle.segment_stop(segment_id=self.segment.pk, ignore_uses=True)
        return "Stopped. Its members stay as they are.", self.here()

    def refresh(self) -> tuple[str, str]:
        rules.check_can_stop(self.segment.state)
        change = membership_refresh(segment_id=self.segment.pk)
        return f"Refreshed: {change.entered:,} in, {change.left:,} out.", self.here()

    def duplicate(self) -> tuple[str, str]:
        if not rights_of(self.request.user).has("segment", "create"):
            raise PermissionDenied
        copy = lifecycle.segment_duplicate(
            segment_id=self.segment.pk, user=self.request.user
        )
        return f"{copy} made, as a draft.", reverse("segment", args=[copy.pk])

    def delete(self) -> tuple[str, str]:
        name = str(self.segment)
        lifecycle.segment_delete(segment_id=self.segment.pk)
        return f"{name} deleted.", reverse("segment_list")
