"""The workspace as one zip, sent while it is made."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.access import WorkspaceRequest, requires
from accounts.models import Role
from pins import export


@never_cache
@require_GET
@requires(Role.VIEWER)
def archive(request: WorkspaceRequest) -> StreamingHttpResponse:
    """Whoever may see it all may take it along."""
    now = timezone.now()
    response = StreamingHttpResponse(
        export.stream(request.workspace, now=now), content_type="application/zip"
    )
    response["Content-Disposition"] = (
        f'attachment; filename="pinsched-{request.workspace.slug}-{now:%Y-%m-%d}.zip"'
    )
    return response
