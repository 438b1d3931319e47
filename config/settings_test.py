"""Settings of the tests: the product's own, with fast password hashing."""

from config.settings import *  # noqa: F403 - a thin layer over the real settings

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Nobody listens during tests: consumers are run by `pump_to_rest`.
HANDOFF_BELL = False
# TransactionTestCase empties tables by TRUNCATE, which the journal refuses otherwise.
DATABASES["default"]["OPTIONS"]["options"] += (  # noqa: F405 - from the star
    " -c handoff.allow_truncate=on"
)
# Files are read where they lie: nobody collects them for a test run.
WHITENOISE_AUTOREFRESH = True
