from django.apps import AppConfig


class HandoffConfig(AppConfig):
    name = "config"
    label = "config"
    verbose_name = "Handoff"
