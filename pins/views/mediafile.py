"""Serve pictures to the people of their workspace, and to nobody else."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase

from accounts.access import WorkspaceRequest, requires
from accounts.models import Role
from pins.media import store
from pins.models import Rendition


@requires(Role.VIEWER)
def serve(request: WorkspaceRequest, name: str) -> HttpResponseBase:
    """Prepared pictures only: an upload as it came never goes back out. Names are random and never reused,
    so a browser may keep what it got."""
    if not Rendition.objects.filter(file=name, media__workspace=request.workspace).exists():
        raise Http404
    try:
        file = store.find(name)
    except FileNotFoundError as gone:
        raise Http404 from gone
    except OSError as away:
        store.doubt(away, workspace=request.workspace.pk)
        return HttpResponse("The media store can’t be read just now.", status=503, content_type="text/plain")
    response = FileResponse(file, content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
