"""Imports in the browser: upload, map, try, start, follow, read the report."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.rights import may, rights_of
from core.base.errors import DomainError
from core.base.text import whole_number
from core.jobs.models import Job
from core.journal.services import acting
from crm.imports.forms import mapping_columns, mapping_form, mapping_of
from crm.imports.jobs import import_enqueue
from crm.imports.registry import import_entities, import_entity
from crm.imports.running import OPEN_STATES
from crm.imports.services import import_draft, import_start
from crm.imports.stopping import import_stop
from crm.imports.undo.services import UNDER_WAY, may_undo, undo_problem
from crm.models import Import, ImportRow

PAGE = 50
LISTED = 100
_FORMULA = ("=", "@", "\t", "\r")


def own_import(request: HttpRequest, pk: int, action: str = "read") -> Import:
    """The import, where the user sees it: 404 unseen, 403 where it is not theirs."""
    rows = Import.objects.visible_to(request.user).select_related("created_by")
    batch = get_object_or_404(rows, pk=pk)
    if not may(request.user, action, batch, "import"):
        raise PermissionDenied
    return batch


@login_required
@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """The imports that the user sees, newest first."""
    if not rights_of(request.user).has("import", "read"):
        raise PermissionDenied
    rows = Import.objects.visible_to(request.user).select_related("created_by")
    context = {
        "imports": rows[:LISTED],
        "may_create": rights_of(request.user).has("import", "create"),
    }
    return render(request, "crm/imports/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Choose what the file holds, and the file."""
    rights = rights_of(request.user)
    if not rights.has("import", "create"):
        raise PermissionDenied
    entities = [e for e in import_entities() if rights.has(e.key, "create")]
    context: dict[str, Any] = {"entities": entities, "problem": None}
    context["chosen"] = request.POST.get("entity") or request.GET.get("entity", "lead")
    file = request.FILES.get("file")
    if request.method == "POST" and file is None:
        context["problem"] = "Choose a file."
    elif file is not None:
        try:
            with acting(request.user, via="browser"):
                batch = import_draft(
                    user=request.user,
                    entity=context["chosen"],
                    file=file,
                    file_name=file.name or "import.csv",
                )
            return redirect("import_map", batch.pk)
        except DomainError as error:
            context["problem"] = error.detail
    status = 400 if context["problem"] else 200
    return render(request, "crm/imports/new.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def import_map(request: HttpRequest, pk: int) -> HttpResponse:
    """Give each column its field, then try the file dry or start."""
    batch = own_import(request, pk, "update")
    if batch.state != "draft" and not (batch.dry_run and batch.state == "completed"):
        return redirect("import_show", pk)
    problem = None
    mapping = batch.mapping
    if request.method == "POST":
        mapping = mapping_of(request.POST, batch)
        try:
            _start(request, batch, mapping, dry_run="start" not in request.POST)
            return redirect("import_show", pk)
        except DomainError as error:
            problem = error
    context = {
        "batch": batch,
        "problem": problem,
        "columns": mapping_columns(batch, mapping),
        **mapping_form(batch, mapping),
    }
    status = problem.status if problem else 200
    return render(request, "crm/imports/map.html", context, status=status)


def _start(request: HttpRequest, batch: Import, mapping: Any, *, dry_run: bool) -> None:
    with acting(request.user, via="browser"):
        started = import_start(
            batch=batch, user=request.user, mapping=mapping, dry_run=dry_run
        )
        import_enqueue(batch=started)


@login_required
@require_GET
def import_show(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an import is, and what became of its rows; asked again by htmx."""
    batch = own_import(request, pk)
    if batch.state == "draft":
        return redirect("import_map", pk)
    result = request.GET.get("result", "rejected")
    undo = request.GET.get("undo", "")
    after = request.GET.get("after", "")
    rows = batch.rows.filter(row_no__gt=whole_number(after) or 0).exclude(result="")
    if undo in ImportRow.Undo.values:
        rows, result = rows.filter(undo=undo), ""
    elif result in ImportRow.Result.values:
        rows, undo = rows.filter(result=result), ""
    else:
        result = undo = ""
    page = list(rows.order_by("row_no")[: PAGE + 1])
    context = {
        **_undo_shown(request, batch),
        "undo": undo,
        "batch": batch,
        "entity": import_entity(batch.entity),
        "running": batch.state in OPEN_STATES or batch.undo_state in UNDER_WAY,
        "importing": batch.state in OPEN_STATES,
        "percent": batch.done * 100 // batch.total if batch.total else 100,
        "result": result,
        "results": _result_tabs(batch),
        "rows": page[:PAGE],
        "next_after": page[PAGE - 1].row_no if len(page) > PAGE else None,
        "mine": may(request.user, "update", batch, "import"),
    }
    part = bool(getattr(request, "htmx", False))
    name = "_progress.html" if part else "show.html"
    return render(request, f"crm/imports/{name}", context)


def _undo_shown(request: HttpRequest, batch: Import) -> dict[str, Any]:
    """How far an undo is, its results as tabs, and whether one can begin."""
    job = Job.objects.filter(pk=batch.undo_job_id or 0).first()
    counts = {
        "undone": batch.undone,
        "partly": batch.undone_partly,
        "kept": batch.undo_kept,
        "gone": batch.undo_gone,
    }
    return {
        "undo_job": job,
        "undoing": batch.undo_state in UNDER_WAY,
        "undo_tabs": [
            (value, label, counts[value])
            for value, label in ImportRow.Undo.choices
            if batch.undo_state
        ],
        "undoable": undo_problem(batch) is None
        and may(request.user, "update", batch, "import")
        and may_undo(request.user, batch),
    }


def _result_tabs(batch: Import) -> list[tuple[str, str, int]]:
    found = ImportRow.Result.choices
    return [(value, label, getattr(batch, value)) for value, label in found]


@login_required
@require_POST
def import_begin(request: HttpRequest, pk: int) -> HttpResponse:
    """After a dry run: the same file with the same mapping, for good."""
    batch = own_import(request, pk, "update")
    _start(request, batch, batch.mapping, dry_run=False)
    return redirect("import_show", pk)


@login_required
@require_POST
def import_halt(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop; what is done stays done."""
    batch = own_import(request, pk, "update")
    with acting(request.user, via="browser"):
        import_stop(batch=batch)
    return redirect("import_show", pk)


@login_required
@require_GET
def import_rejected(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The rejected rows as a file to mend and import again, with the reasons."""
    batch = own_import(request, pk)
    answer = StreamingHttpResponse(_rejected(batch), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="rejected-{batch.pk}.csv"'
    return answer


@login_required
@require_GET
def import_report(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every row with what became of it, by the import and by its undo."""
    batch = own_import(request, pk)
    answer = StreamingHttpResponse(_report(batch), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="report-{batch.pk}.csv"'
    return answer


def _report(batch: Import) -> Any:
    writer = csv.writer(_Echo())
    header = batch.layout["header"]
    told = ["Result", "Why rejected", "Undo", "Why it stays"]
    yield "\ufeff" + writer.writerow([*map(_harmless, header), *told])
    for row in batch.rows.order_by("row_no").iterator():
        cells = [*row.raw, *[""] * (len(header) - len(row.raw))][: len(header)]
        outcome = [
            row.get_result_display(),
            _said(row.errors),
            row.get_undo_display(),
            _said(row.undo_why),
        ]
        yield writer.writerow([*map(_harmless, cells), *map(_harmless, outcome)])


def _said(lines: Any) -> str:
    return "; ".join(
        f"{line['attr']}: {line['detail']}" if line["attr"] else line["detail"]
        for line in lines
    )


class _Echo:
    def write(self, line: str) -> str:
        return line


def _rejected(batch: Import) -> Any:
    writer = csv.writer(_Echo())
    header = batch.layout["header"]
    yield "\ufeff" + writer.writerow([*map(_harmless, header), "Why rejected"])
    rows = batch.rows.filter(result="rejected").order_by("row_no")
    for raw, errors in rows.values_list("raw", "errors").iterator():
        why = _said(errors)
        cells = [*raw, *[""] * (len(header) - len(raw))][: len(header)]
        yield writer.writerow([*map(_harmless, cells), why])


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet will not run as a formula; numbers stay as they are."""
    looks_signed = cell[:1] in ("+", "-") and not cell[1:].strip(" 0123456789().,-/")
    if cell.startswith(_FORMULA) or (cell[:1] in ("+", "-") and not looks_signed):
        return f"'{cell}"
    return cell
