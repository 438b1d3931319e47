from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "core.base"
    label = "base"
    verbose_name = "Organisation"
