"""Files over the API: multipart in, the content out as a download."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import RecordViewSet
from core.api.door import require
from core.api.parsers import StrictJSONParser
from crm.about_filters import AttachmentFilter
from crm.api.serializers import AttachmentSerializer, NewAttachmentSerializer
from crm.attachments.answers import check_length, download
from crm.models import Attachment
from crm.services.attachments import attachment_add, attachment_delete


class AttachmentViewSet(RecordViewSet):
    """Files on records. A file is added and deleted, never changed."""

    entity = "attachment"
    queryset = Attachment.objects.none()
    serializer_class = AttachmentSerializer
    filterset_class = AttachmentFilter
    parser_classes = [MultiPartParser, StrictJSONParser]
    http_method_names = ["get", "post", "delete", "head", "options"]
    orderings = {"id": "pk", "created_at": "created_at", "size": "size"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        check_length(request._request)
        super().initial(request, *args, **kwargs)

    @extend_schema(
        request={"multipart/form-data": NewAttachmentSerializer},
        responses={201: AttachmentSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put a file on a record."""
        require(request.user, self.entity, "create")
        shape = NewAttachmentSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        user: Any = request.user
        return self.shown(attachment_add(user=user, **shape.validated_data), status=201)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def content(self, request: Request, pk: str) -> Any:
        """The file itself, as a download."""
        return download(self.get_object())

    def delete_record(self, record: Any, version: int | None) -> None:
        user: Any = self.request.user
        attachment_delete(attachment=record, user=user, version=version)
