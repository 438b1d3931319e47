"""The forms of segments: their details, and picking segments for contacts."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from zoneinfo import available_timezones

from django import forms

from core.base.models import Organisation
from core.ui.forms import RecordForm
from core.ui.lookups import LookupField
from crm.models import Campaign, Contact
from segments.models import Segment, SegmentException
from segments.pages.picking import felt_by, pick_line


class SegmentForm(RecordForm):
    """What a segment is called and how it is kept; conditions have their own page."""

    campaign = LookupField(Campaign, "campaign")
    time_zone = forms.ChoiceField(
        help_text="Days and relative dates are counted in this time zone."
    )
    sections = (
        ("Segment", ("name", "kind", "description")),
        ("Kept how", ("time_zone", "scope", "campaign")),
    )

    class Meta:
        model = Segment
        fields = ("name", "kind", "description", "time_zone", "scope", "campaign")
        labels = {"kind": "Type"}
        help_texts = {
            "kind": "Dynamic follows conditions, compound joins live segments, static "
            "is picked by hand. "
            "The type is fixed once the segment has been live.",
            "scope": "With the owner's team, only contacts of that team can follow "
            "the conditions.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone: Any = self.fields["time_zone"]
        zone.choices = [(name, name) for name in sorted(available_timezones())]
        if self.instance.pk is None:
            self.initial.setdefault("time_zone", Organisation.current().time_zone)
        elif self.instance.went_live_at is not None:
            del self.fields["kind"]


class SegmentPicks(forms.ModelMultipleChoiceField):
    """Static segments as lines with a box each: what each is for, what it feeds."""

    @cached_property
    def felt(self) -> dict[int, str]:
        # The form of a bulk action knows no user: what is at work goes unnamed.
        queryset: Any = self.queryset
        return felt_by(list(queryset), None)

    def label_from_instance(self, obj: Any) -> str:
        return pick_line(obj, self.felt.get(obj.pk, ""))


class PickWidget(forms.CheckboxSelectMultiple):
    """Boxes in the look of the side panels."""

    template_name = "segments/_picks.html"


class PickForm(forms.Form):
    """Which static segments."""

    segments = SegmentPicks(
        Segment.objects.static().select_related("campaign").order_by("name"),
        label="Static segments",
        widget=PickWidget,
        error_messages={"required": "Choose at least one segment."},
    )


class MemberForm(forms.Form):
    """A contact to put into a static segment."""

    contact = LookupField(Contact, "contact", required=True)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["contact"]
        field.bind_to(user)


class ExceptionForm(MemberForm):
    """A contact that is always, or never, in a dynamic segment, and why."""

    mode = forms.ChoiceField(
        choices=SegmentException.MODES,
        widget=forms.Select(attrs={"class": "form-select h"}),
        label="What",
    )
    reason = forms.CharField(
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control h"}),
    )
