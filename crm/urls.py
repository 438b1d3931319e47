"""Addresses of customers and leads."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
