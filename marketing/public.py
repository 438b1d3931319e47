"""The public doors: landing pages, and the forms that strangers answer."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar, cast

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.access.rights import rights_of
from core.api.authentication import TokenAuthentication
from core.base.errors import Denied, DomainError
from marketing.limits import over_limit
from marketing.live import LiveForm, live_form, organisation_name
from marketing.models import Form, Page, Submission
from marketing.public_forms import (
    Answer,
    read_answer,
    shown_fields,
    spam_reason,
)
from marketing.rules.content import sanitise, split_at_form
from marketing.rules.redirects import redirect_problem
from marketing.rules.targets import UTM
from marketing.rules.tokens import sign_shown
from marketing.services.matching import submission_match
from marketing.services.submissions import submission_store, visitor_create
from marketing.services.visits import last_answers, visit_record
from marketing.visitors import forget, remember, visitor_of

# Nothing but our stylesheet and pictures; no script at all.
PUBLIC_CSP: dict[str, Any] = {
    "default-src": [NONE],
    "style-src": [SELF],
    "img-src": [SELF, "https:"],
    "font-src": [SELF],
    # A redirect after sending counts as part of it.
    "form-action": [SELF, *(f"https://{host}" for host in settings.REDIRECT_HOSTS)],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


V = TypeVar("V", bound=Callable[..., HttpResponse])


def _policy(view: V) -> V:
    """Answer under the public policy instead of the back office's."""
    return cast(V, csp(PUBLIC_CSP)(cast(Any, view)))


@require_safe
@_policy
def page_view(request: HttpRequest, slug: str) -> HttpResponse:
    """A live landing page; 404 for every other."""
    page = _live_page(slug=slug)
    live = live_form(page.form_id) if page and page.form_id else None
    if page is None or live is None:
        raise Http404
    visitor = visitor_of(request)
    known: dict[str, Any] = {}
    if visitor is not None and request.method == "GET":
        visit_record(visitor_id=visitor, page=page, machine=_is_prefetch(request))
        known = last_answers(visitor, live) if live.form.prefill else {}
    return _show(request, live, page, values=known)


@require_safe
@_policy
def page_thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """What a visitor sees after sending the form of a page."""
    page = _live_page(slug=slug)
    if page is None or page.form is None:
        raise Http404
    return _thanks(request, page.form, page)


@csrf_exempt  # anybody may answer a form, from any page; no session is read
@_policy
def form_view(request: HttpRequest, pk: int) -> HttpResponse:
    """A live form by itself: shown on GET, answered on POST."""
    live = live_form(pk)
    if live is None:
        return _no_form(request)
    if request.method in ("GET", "HEAD"):
        return _show(request, live, None)
    if request.method != "POST":
        return HttpResponse(status=HTTPStatus.METHOD_NOT_ALLOWED)
    try:
        answer = read_answer(request, live)
    except DomainError as error:
        return _refused(error)
    return _answered(request, live, answer)


@require_safe
@_policy
def form_thanks(request: HttpRequest, pk: int) -> HttpResponse:
    """What a visitor sees after sending a form that stands by itself."""
    live = live_form(pk)
    if live is None:
        raise Http404
    return _thanks(request, live.form, None)


def _answered(request: HttpRequest, live: LiveForm, answer: Answer) -> HttpResponse:
    """Check, store and answer; matching is the worker's."""
    form = live.form
    if answer.errors:
        return _correct(request, live, answer)
    if over_limit(form.pk, _address(request), form.limit_per_minute):
        return _slow_down(request, live, answer)
    user = None
    if answer.wait:
        try:
            user = _api_client(request)
        except DomainError as error:
            return _refused(error)
    visitor = _visitor(request, answer)
    submission = submission_store(
        form_id=form.pk,
        page_id=_page_id(answer),
        values=answer.values,
        visitor_id=visitor,
        remember=answer.remember,
        referrer=answer.referrer or _referrer(request, answer),
        utm=answer.utm,
        spam=spam_reason(answer, live),
    )
    if user is not None:
        return _outcome(submission, form)
    response = _accepted(form, submission, answer)
    if answer.remember and visitor is not None:
        remember(response, visitor)
    elif answer.remember is False and visitor is not None:
        forget(response)
    return response


def _api_client(request: HttpRequest) -> Any:
    """Whose token it is; only a client that may read submissions learns the outcome.

    Raises Denied. A session does not do: this door has no protection against
    requests that another site makes in somebody's name.
    """
    try:
        found = TokenAuthentication().authenticate(Request(request))
    except AuthenticationFailed as error:
        raise Denied(str(error.detail)) from error
    if found is None:
        raise Denied("To wait for the outcome, send an API token.")
    if not rights_of(found[0]).has("submission", "read"):
        raise Denied()
    return found[0]


def _visitor(request: HttpRequest, answer: Answer) -> int | None:
    """The remembered browser; a new number where one asks to be remembered."""
    known = visitor_of(request)
    if known is None and answer.remember:
        return visitor_create().pk
    return known


def _page_id(answer: Answer) -> int | None:
    """The live page that the form stood on: by its token, else by its name."""
    if answer.shown is not None:
        return answer.shown.page_id or None
    if answer.page:
        found = _live_page(slug=answer.page)
        return found.pk if found else None
    return None


def _accepted(form: Form, submission: Submission, answer: Answer) -> HttpResponse:
    target = _target(form)
    if answer.is_json:
        body = {"status": "accepted", "message": form.success_text, "redirect": target}
        return JsonResponse(body, status=HTTPStatus.CREATED)
    if not target:
        target = f"/f/{form.pk}/thanks/"
        if submission.page_id is not None:
            slug = Page.objects.filter(pk=submission.page_id).values_list("slug")
            target = f"/p/{slug[0][0]}/thanks/" if slug else target
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": target})


def _target(form: Form) -> str:
    """Where the form sends a visitor; checked again, as allowed hosts may change."""
    if redirect_problem(form.redirect_path, settings.REDIRECT_HOSTS):
        return ""
    return form.redirect_path


def _outcome(submission: Submission, form: Form) -> HttpResponse:
    """Match at once and say what came of it; only for a signed-in API client."""
    done = submission_match(submission_id=submission.pk, wait=True) or submission
    body = {
        "submission": done.pk,
        "state": done.state,
        "reason": done.reason,
        "matched": done.matched,
        "contact": done.contact_id,
        "lead": done.lead_id,
        "message": form.success_text,
        "redirect": _target(form),
    }
    return JsonResponse(body, status=HTTPStatus.CREATED)


def _correct(request: HttpRequest, live: LiveForm, answer: Answer) -> HttpResponse:
    """Say at each field what is wrong, with what was typed still there."""
    if answer.is_json:
        required = {s.name for s in live.specs if answer.raw.get(s.name) in (None, "")}
        errors = [
            {
                "code": "required" if name in required else "invalid",
                "detail": problem,
                "attr": name,
            }
            for name, problem in answer.errors.items()
        ]
        return _errors("validation_error", errors, HTTPStatus.BAD_REQUEST)
    return _again(request, live, answer, live.form.error_text, HTTPStatus.BAD_REQUEST)


def _slow_down(request: HttpRequest, live: LiveForm, answer: Answer) -> HttpResponse:
    status = HTTPStatus.TOO_MANY_REQUESTS
    if answer.is_json:
        error = {"code": "throttled", "detail": live.form.limit_text, "attr": None}
        response = _errors("throttled", [error], status)
    else:
        response = _again(request, live, answer, live.form.limit_text, status)
    response["Retry-After"] = "60"
    return response


def _again(
    request: HttpRequest, live: LiveForm, answer: Answer, message: str, status: int
) -> HttpResponse:
    page_id = _page_id(answer)
    page = _live_page(pk=page_id) if page_id else None
    values = {k: v for k, v in answer.raw.items() if v is not None}
    return _show(
        request,
        live,
        page,
        values=values,
        errors=answer.errors,
        message=message,
        status=status,
        answer=answer,
    )


def _refused(error: DomainError) -> HttpResponse:
    detail = {"code": error.code, "detail": error.detail, "attr": error.attr}
    kind = "validation_error" if error.status == HTTPStatus.BAD_REQUEST else error.code
    return _errors(kind, [detail], error.status)


def _no_form(request: HttpRequest) -> HttpResponse:
    if not (request.content_type or "").endswith("json"):
        raise Http404
    detail = {"code": "not_found", "detail": "This form is not open.", "attr": None}
    return _errors("not_found", [detail], HTTPStatus.NOT_FOUND)


def _errors(kind: str, errors: list[dict[str, Any]], status: int) -> HttpResponse:
    return JsonResponse({"type": kind, "errors": errors}, status=status)


def _show(
    request: HttpRequest,
    live: LiveForm,
    page: Page | None,
    *,
    values: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    message: str = "",
    status: int = 200,
    answer: Answer | None = None,
) -> HttpResponse:
    before, after = split_at_form(sanitise(page.content)) if page else ("", "")
    utm = answer.utm if answer else _utm(request)
    referrer = answer.referrer if answer else request.headers.get("Referer", "")
    context = {
        "page": page,
        "form": live.form,
        # S308: the HTML is sanitised in this very function.
        "before": mark_safe(before),  # noqa: S308
        "after": mark_safe(after),  # noqa: S308
        "fields": shown_fields(live.specs, values or {}, errors or {}),
        "message": message,
        "token": sign_shown(live.form.pk, page.pk if page else 0),
        "utm": utm,
        "referrer": referrer[:2000],
        "language": page.language if page else "en",
        "organisation": organisation_name(),
    }
    # Without the request: nothing of the back office may touch a public page.
    html = render_to_string("marketing/public/page.html", context)
    return HttpResponse(html, status=status)


def _thanks(request: HttpRequest, form: Form, page: Page | None) -> HttpResponse:
    context = {
        "page": page,
        "form": form,
        "language": page.language if page else "en",
        "organisation": organisation_name(),
    }
    return HttpResponse(render_to_string("marketing/public/thanks.html", context))


def _live_page(**which: Any) -> Page | None:
    return Page.objects.live().select_related("form").filter(**which).first()


def _utm(request: HttpRequest) -> dict[str, str]:
    found = {name: request.GET.get(name, "")[:200] for name in UTM}
    return {name: value for name, value in found.items() if value}


def _referrer(request: HttpRequest, answer: Answer) -> str:
    """The page a foreign form stands on; our own pages hand theirs over."""
    if answer.shown is not None or answer.is_json:
        return ""
    return request.headers.get("Referer", "").replace("\x00", "")[:2000]


def _address(request: HttpRequest) -> str:
    """The network address; behind a trusted proxy, the one it says."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.headers.get("X-Forwarded-For", "")
        return forwarded.rsplit(",", 1)[-1].strip()[:64]
    return str(request.META.get("REMOTE_ADDR", ""))


def _is_prefetch(request: HttpRequest) -> bool:
    purpose = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    return "prefetch" in purpose.lower()
