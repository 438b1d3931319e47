"""Addresses of segments."""

from __future__ import annotations

from django.urls import path

from segments.pages import (
    contacts,
    deeds,
    flow,
    lists,
    many,
    members,
    page,
    templates,
    versions,
    why,
)

urlpatterns = [
    path("segments/", lists.SegmentList.as_view(), name="segment_list"),
    path("segments/new/", page.SegmentEdit.as_view(), name="segment_create"),
    path(
        "segments/templates/",
        templates.TemplateGallery.as_view(),
        name="segment_templates",
    ),
    path(
        "segments/templates/<int:pk>/edit/",
        templates.TemplateEdit.as_view(),
        name="segment_template_edit",
    ),
    path(
        "segments/templates/<int:pk>/do/<slug:deed>/",
        templates.TemplateDeed.as_view(),
        name="segment_template_do",
    ),
    path(
        "segments/<int:pk>/template/",
        templates.SegmentAsTemplate.as_view(),
        name="segment_as_template",
    ),
    path("segments/<int:pk>/", page.SegmentPage.as_view(), name="segment"),
    path("segments/<int:pk>/edit/", page.SegmentEdit.as_view(), name="segment_edit"),
    path(
        "segments/<int:pk>/members/",
        members.SegmentMembers.as_view(),
        name="segment_members",
    ),
    path(
        "segments/<int:pk>/members/add/",
        members.MemberAdd.as_view(),
        name="segment_member_add",
    ),
    path(
        "segments/<int:pk>/members/many/",
        many.SegmentMany.as_view(),
        name="segment_members_many",
    ),
    path(
        "segments/<int:pk>/exceptions/",
        members.ExceptionChange.as_view(),
        name="segment_exceptions",
    ),
    path(
        "segments/<int:pk>/history/",
        versions.SegmentHistory.as_view(),
        name="segment_history",
    ),
    path(
        "segments/<int:pk>/versions/<int:number>/",
        versions.SegmentVersionPage.as_view(),
        name="segment_version",
    ),
    path(
        "segments/<int:pk>/review/",
        versions.SegmentReview.as_view(),
        name="segment_review",
    ),
    path("segments/<int:pk>/flow/", flow.SegmentFlow.as_view(), name="segment_flow"),
    path("segments/<int:pk>/why/", why.SegmentWhy.as_view(), name="segment_why"),
    path("segments/<int:pk>/usage/", page.SegmentUsage.as_view(), name="segment_usage"),
    path(
        "segments/<int:pk>/do/<slug:deed>/",
        deeds.SegmentDeed.as_view(),
        name="segment_do",
    ),
    path(
        "contacts/<int:pk>/segments/add/",
        contacts.ContactPick.as_view(deed="add"),
        name="contact_segment_add",
    ),
    path(
        "contacts/<int:pk>/segments/remove/",
        contacts.ContactPick.as_view(deed="remove"),
        name="contact_segment_remove",
    ),
]
