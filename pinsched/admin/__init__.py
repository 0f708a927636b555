"""The operator's house at /admin/: our models, the operations page, the support view, the audit log.

Nobody signs in here: allauth's page does that, with its limits and second factors. Times are UTC throughout,
as in the logs, whatever the zone of the workspace that the operator happens to be in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from functools import wraps
from typing import Any, Final

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.decorators import method_decorator

from accounts.models import Workspace
from pinsched.admin import desk, support
from pinsched.admin.audit import AuditAdmin

# Libraries register their own models with Django's site: keys of sessions and seeds of second factors are on
# their pages. What an operator does with those rows, actions of ours do.
OURS: Final = ("accounts", "pins")


def in_utc(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(UTC):
            answer = view(request, *args, **kwargs)
            # Templates would be filled in later, in the workspace's zone.
            return answer.render() if isinstance(answer, TemplateResponse) else answer

    return shown


class House(admin.AdminSite):
    site_header = "PinSched"
    site_title = "PinSched administration"
    index_title = "Operations"
    index_template = "admin/operations.html"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        self._take_over()
        ours: list[URLPattern | URLResolver] = [
            path("support/<int:pk>/", self.admin_view(self.support), name="support"),
        ]
        return ours + super().get_urls()

    def _take_over(self) -> None:
        """Our models' pages, which pins/admin and accounts/admin register with Django's own site."""
        for model in apps.get_models():
            known = admin.site.is_registered(model) and not self.is_registered(model)
            if model._meta.app_label in OURS and known:
                self.register(model, type(admin.site.get_model_admin(model)))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(in_utc(view), cacheable)

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().login(request, extra_context)

    def password_change(  # type: ignore[override]  # the stub knows only Django's own page
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account_change_password")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        shown = desk.look(timezone.now()) if desk.may_look(request) else None
        return super().index(request, (extra_context or {}) | {"desk": shown})

    def support(self, request: HttpRequest, pk: int) -> TemplateResponse:
        if not support.may_look(request):
            raise Http404
        workspace = Workspace.objects.filter(pk=pk).first()
        if workspace is None:
            raise Http404
        looked = support.look(workspace, only=request.GET.get("only", ""), now=timezone.now())
        context = self.each_context(request) | {"title": workspace.name, "inside": looked}
        return TemplateResponse(request, "admin/support.html", context)


house = House()
house.register(LogEntry, AuditAdmin)
