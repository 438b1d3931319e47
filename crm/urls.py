"""Addresses of customers and leads."""

from __future__ import annotations

from django.urls import path

from crm.pages import lists

urlpatterns = [
    path("contacts/", lists.ContactList.as_view(), name="contact_list"),
    path("accounts/", lists.AccountList.as_view(), name="account_list"),
    path("leads/", lists.LeadList.as_view(), name="lead_list"),
    path("activities/", lists.ActivityList.as_view(), name="activity_list"),
    path("products/", lists.ProductList.as_view(), name="product_list"),
    path("campaigns/", lists.CampaignList.as_view(), name="campaign_list"),
]
