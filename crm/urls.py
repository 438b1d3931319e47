"""Addresses of customers and leads."""

from __future__ import annotations

from django.urls import path

from crm.pages import (
    actions,
    bin,
    duplicates,
    edit,
    files,
    lists,
    mentions,
    merging,
    more_lists,
    parties,
    records,
)

urlpatterns = [
    path("duplicates/", duplicates.DuplicateList.as_view(), name="duplicate_list"),
    path(
        "duplicates/<int:pk>/decide/",
        duplicates.DuplicateDecide.as_view(),
        name="duplicate_decide",
    ),
    path(
        "duplicates/search/",
        duplicates.DuplicateScan.as_view(),
        name="duplicate_scan",
    ),
    path(
        "duplicates/<slug:entity>/typed/",
        duplicates.DuplicateWarnings.as_view(),
        name="duplicate_warnings",
    ),
    path("merge/<slug:entity>/", merging.MergeRecords.as_view(), name="merge_records"),
    path("merges/<int:pk>/undo/", merging.MergeUndo.as_view(), name="merge_undo"),
    path("mentions/", mentions.Mentionable.as_view(), name="mentionable"),
    path(
        "leads/<int:pk>/associate/", parties.Associate.as_view(), name="lead_associate"
    ),
    path(
        "leads/<int:pk>/associate/<int:party>/remove/",
        parties.Disassociate.as_view(),
        name="lead_disassociate",
    ),
    path("deleted/", bin.Bin.as_view(), name="bin"),
    path("deleted/<int:pk>/restore/", bin.Restore.as_view(), name="bin_restore"),
    path("contacts/", lists.ContactList.as_view(), name="contact_list"),
    path("contacts/new/", edit.ContactEdit.as_view(), name="contact_create"),
    path("contacts/<int:pk>/", records.ContactPage.as_view(), name="contact"),
    path("contacts/<int:pk>/edit/", edit.ContactEdit.as_view(), name="contact_edit"),
    path(
        "contacts/<int:pk>/make-sales/",
        actions.MakeSales.as_view(),
        name="contact_make_sales",
    ),
    path("accounts/", lists.AccountList.as_view(), name="account_list"),
    path("accounts/new/", edit.AccountEdit.as_view(), name="account_create"),
    path("accounts/<int:pk>/", records.AccountPage.as_view(), name="account"),
    path("accounts/<int:pk>/edit/", edit.AccountEdit.as_view(), name="account_edit"),
    path("leads/", lists.LeadList.as_view(), name="lead_list"),
    path("leads/new/", edit.LeadEdit.as_view(), name="lead_create"),
    path("leads/<int:pk>/", records.LeadPage.as_view(), name="lead"),
    path("leads/<int:pk>/edit/", edit.LeadEdit.as_view(), name="lead_edit"),
    path("notes/", more_lists.NoteList.as_view(), name="note_list"),
    path("activities/", more_lists.ActivityList.as_view(), name="activity_list"),
    path(
        "activities/<int:pk>/done/",
        actions.ActivityDone.as_view(),
        name="activity_done",
    ),
    path("products/", more_lists.ProductList.as_view(), name="product_list"),
    path("products/new/", edit.ProductEdit.as_view(), name="product_create"),
    path("products/<int:pk>/edit/", edit.ProductEdit.as_view(), name="product_edit"),
    path("campaigns/", more_lists.CampaignList.as_view(), name="campaign_list"),
    path("campaigns/new/", edit.CampaignEdit.as_view(), name="campaign_create"),
    path("campaigns/<int:pk>/edit/", edit.CampaignEdit.as_view(), name="campaign_edit"),
    path(
        "records/<slug:entity>/<int:pk>/compose/<slug:kind>/",
        actions.Compose.as_view(),
        name="compose",
    ),
    path(
        "records/<slug:entity>/<int:pk>/files/",
        files.FilesAdd.as_view(),
        name="files_add",
    ),
    path("files/<int:pk>/", files.FileDownload.as_view(), name="file_download"),
    path("files/<int:pk>/delete/", files.FileRemove.as_view(), name="file_remove"),
    path(
        "records/<slug:entity>/<int:pk>/delete/",
        actions.RecordDeed.as_view(deed="delete"),
        name="record_delete",
    ),
    path(
        "records/<slug:entity>/<int:pk>/activate/",
        actions.RecordDeed.as_view(deed="activate"),
        name="record_activate",
    ),
    path(
        "records/<slug:entity>/<int:pk>/deactivate/",
        actions.RecordDeed.as_view(deed="deactivate"),
        name="record_deactivate",
    ),
]
