"""The router of `/api/v1/`: config registers every resource on it."""

from rest_framework.routers import SimpleRouter

router = SimpleRouter(trailing_slash=True)
