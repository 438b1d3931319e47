"""Settings of sales: pipelines with their stages, currencies with their rates."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.generic import View

from core.access.rights import rights_of
from core.base.errors import DomainError
from core.base.models import Organisation
from core.ui.doors import browser_door
from sales.models import Currency, ExchangeRate, Pipeline, PipelineStage
from sales.services import money, pipelines

_TEXT = {"class": "form-control h"}
SPARE_STAGES = 3
SHOWN_RATES = 200


class Setting(LoginRequiredMixin, View):
    """A settings page: for whoever may read the entity; written by who may change."""

    entity: ClassVar[str]
    action: ClassVar[str] = "read"

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        user: Any = request.user
        if user.is_authenticated:
            wanted = self.action if request.method in ("GET", "HEAD") else "update"
            if not rights_of(user).has(self.entity, wanted):
                raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def may_update(self) -> bool:
        return rights_of(self.request.user).has(self.entity, "update")


class PipelineForm(forms.Form):
    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs=_TEXT))
    description = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={**_TEXT, "rows": 2}),
    )
    is_default = forms.BooleanField(
        label="New opportunities go through this pipeline",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input m-0"}),
    )
    active = forms.BooleanField(
        label="Active",
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input m-0"}),
    )


class StageForm(forms.Form):
    """One row of the table of stages; without a name it is left out."""

    key = forms.SlugField(required=False, widget=forms.HiddenInput)
    position = forms.IntegerField(
        label="Order",
        required=False,
        min_value=1,
        max_value=999,
        widget=forms.NumberInput(attrs={**_TEXT, "aria-label": "Order"}),
    )
    name = forms.CharField(
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={**_TEXT, "aria-label": "Stage"}),
    )
    probability = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(
            attrs={**_TEXT, "aria-label": "Probability in percent"}
        ),
    )
    stale_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=9999,
        widget=forms.NumberInput(attrs={**_TEXT, "aria-label": "Stale after days"}),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("name") and said.get("probability") is None:
            self.add_error("probability", "Give a probability.")
        return said


StageTable = forms.formset_factory(StageForm, extra=SPARE_STAGES)


class PipelineListPage(Setting):
    entity = "pipeline"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = Pipeline.objects.visible_to(request.user).prefetch_related("stages")
        still_open = Count("opportunities", filter=Q(opportunities__state="open"))
        context = {
            "pipelines": rows.annotate(number=still_open),
            "may_update": self.may_update,
        }
        return render(request, "sales/pipelines.html", context)


class PipelineEdit(Setting):
    """A pipeline with its stages in one form; deleted from here too."""

    entity, action = "pipeline", "update"

    def row(self) -> Pipeline:
        if "pk" not in self.kwargs:
            return Pipeline()
        rows = Pipeline.objects.visible_to(self.request.user)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
        row = self.row()
        values = {n: getattr(row, n) for n in pipelines.FIELDS}
        stages = list(PipelineStage.objects.of(row.pk or 0))
        table = StageTable(
            prefix="stages",
            initial=[
                {
                    "key": stage.key,
                    "position": place,
                    "name": stage.name,
                    "probability": stage.probability,
                    "stale_days": stage.stale_days,
                }
                for place, stage in enumerate(stages, 1)
            ],
        )
        return self.show(row, PipelineForm(initial=values), table)

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
        row = self.row()
        if request.POST.get("do") == "delete" and row.pk:
            return self.delete(row)
        form = PipelineForm(request.POST)
        table = StageTable(request.POST, prefix="stages")
        if not (form.is_valid() and table.is_valid()):
            return self.show(row, form, table, status=422)
        number = request.POST.get("version", "")
        try:
            with browser_door(request.user):
                pipelines.pipeline_save(
                    pipeline=row,
                    values=form.cleaned_data,
                    stages=stages_of(table.cleaned_data),
                    expected_version=int(number) if number.isdecimal() else None,
                )
        except DomainError as error:
            form.add_error(
                error.attr if error.attr in form.fields else None, str(error)
            )
            return self.show(self.row(), form, table, status=error.status)
        messages.success(request, f"{row} saved.")
        return redirect("pipeline_list")

    def delete(self, row: Pipeline) -> HttpResponseBase:
        try:
            with browser_door(self.request.user):
                pipelines.pipeline_delete(pipeline=row)
            messages.success(self.request, f"{row} deleted.")
        except DomainError as error:
            messages.error(self.request, error.detail)
            return redirect("pipeline_edit", row.pk)
        return redirect("pipeline_list")

    def show(
        self, row: Pipeline, form: PipelineForm, table: Any, status: int = 200
    ) -> HttpResponse:
        context = {"pipeline": row, "form": form, "table": table}
        template = "sales/pipeline_edit.html"
        return render(self.request, template, context, status=status)


def stages_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The named rows of the table in the order that their numbers say."""
    named = [row for row in rows if row.get("name")]
    named.sort(key=lambda row: row["position"] or len(rows) + 1)
    wanted = ("key", "name", "probability", "stale_days")
    return [
        {name: row[name] for name in wanted if row[name] not in (None, "")}
        for row in named
    ]


class CurrencyForm(forms.Form):
    code = forms.CharField(
        min_length=3,
        max_length=3,
        widget=forms.TextInput(attrs={**_TEXT, "placeholder": "USD"}),
    )
    name = forms.CharField(
        max_length=80,
        widget=forms.TextInput(attrs={**_TEXT, "placeholder": "US dollar"}),
    )

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).upper()


class RateForm(forms.Form):
    day = forms.DateField(
        widget=forms.DateInput(attrs={**_TEXT, "type": "date"}),
    )
    rate = forms.DecimalField(
        max_digits=20,
        decimal_places=10,
        widget=forms.NumberInput(attrs={**_TEXT, "step": "any"}),
    )


class Acting(Setting):
    """A settings page whose buttons each do one thing, and say what became of it."""

    def do(self, deed: str) -> str:
        """Do it and say so; DomainError where it is refused."""
        raise NotImplementedError

    def act(self, *back: Any) -> HttpResponseBase:
        try:
            with browser_door(self.request.user):
                said = self.do(self.request.POST.get("do", ""))
            messages.success(self.request, said)
        except DomainError as error:
            messages.error(self.request, error.detail)
        return redirect(*back)


def _read(form: forms.Form) -> dict[str, Any]:
    """What was typed, or the first thing that is wrong with it."""
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        label = form[name].label if name in form.fields else ""
        raise DomainError("invalid", f"{label}: {problems[0]}")
    return form.cleaned_data


class CurrencyListPage(Acting):
    """Currencies with the rate of today; one is added, switched on or off."""

    entity = "currency"

    def get(self, request: HttpRequest) -> HttpResponse:
        rates = ExchangeRate.objects.filter(
            currency=OuterRef("pk"), day__lte=timezone.localdate()
        ).order_by("-day")
        rows = Currency.objects.visible_to(request.user).annotate(
            rate_now=Subquery(rates.values("rate")[:1]),
            rate_day=Subquery(rates.values("day")[:1]),
        )
        context = {
            "currencies": rows.order_by("-active", "code"),
            "base": Organisation.current().currency,
            "form": CurrencyForm(),
            "may_update": self.may_update,
        }
        return render(request, "sales/currencies.html", context)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        return self.act("currency_list")

    def do(self, deed: str) -> str:
        if deed == "convert":
            number = money.open_amounts_convert()
            return f"{number:,} open opportunities converted at today's rates."
        if deed == "add":
            values = {**_read(CurrencyForm(self.request.POST)), "active": True}
            return f"{money.currency_save(currency=Currency(), values=values)} added."
        rows = Currency.objects.visible_to(self.request.user)
        code = self.request.POST.get("currency", "")[:3]
        row = get_object_or_404(rows, code=code.replace("\x00", ""))
        on = deed == "activate"
        money.currency_save(currency=row, values={"active": on})
        return f"{row} is {'active' if on else 'inactive'}."


class CurrencyPage(Acting):
    """The rates of one currency."""

    entity = "currency"

    def row(self) -> Currency:
        rows = Currency.objects.visible_to(self.request.user)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row()
        context = {
            "currency": row,
            "base": Organisation.current().currency,
            "rates": row.rates.all()[:SHOWN_RATES],
            "form": RateForm(initial={"day": timezone.localdate()}),
            "may_update": self.may_update,
        }
        return render(request, "sales/currency.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.row()
        return self.act("currency", pk)

    def do(self, deed: str) -> str:
        row = self.row()
        if deed == "delete":
            number = self.request.POST.get("rate", "")
            wanted = int(number) if number.isdecimal() and len(number) < 19 else 0
            money.rate_delete(rate=get_object_or_404(row.rates, pk=wanted))
            return "Rate deleted."
        values = _read(RateForm(self.request.POST))
        found = row.rates.filter(day=values["day"]).first() or ExchangeRate()
        saved = money.rate_save(rate=found, values={**values, "currency": row})
        return f"Rate of {saved.day:%-d %B %Y} saved."
