"""Model connections in the panel: entering them, choosing the default, trying them out."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from roleplay.accounts.audit import record
from roleplay.connections import rules
from roleplay.connections.forms import ConnectionForm
from roleplay.connections.models import KINDS, Connection
from roleplay.probing import running as probing


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin[Connection]):
    form = ConnectionForm
    list_display = ["name", "kind", "host", "model", "key_shown", "is_default"]
    list_filter = ["kind"]
    search_fields = ["name", "model"]
    change_form_template = "admin/connections/change_form.html"
    fieldsets = [
        (None, {"fields": ["name", "kind", "base_url", "new_key", "forget_key", "model"]}),
        (gettext_lazy("How it writes"), {"fields": ["parameters", "options"]}),
        (gettext_lazy("Where it is used"), {"fields": ["is_default"]}),
    ]

    @admin.display(description=gettext_lazy("key"))
    def key_shown(self, connection: Connection) -> str:
        return connection.key_hint or "–"

    def save_model(
        self, request: HttpRequest, obj: Connection, form: ConnectionForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if form.key_changed:
            record(request.user, "connection.key", obj)
        if form.moved:
            record(request.user, "connection.address", f"{obj}: {obj.host}")
        if form.cleaned_data["is_default"] and not obj.is_default:
            obj.make_default()
            record(request.user, "connection.default", obj)

    def delete_model(self, request: HttpRequest, obj: Connection) -> None:
        record(request.user, "connection.removed", obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for connection in queryset:
            self.delete_model(request, connection)

    def get_urls(self) -> list[URLPattern]:
        test = path(
            "<int:pk>/test/",
            self.admin_site.admin_view(require_POST(self.test)),
            name="connections_connection_test",
        )
        return [test, *super().get_urls()]

    def test(self, request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
        """The five steps. A script that asks for it gets one list item a line, as they come."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        connection = get_object_or_404(Connection, pk=pk)
        if request.headers.get("Accept") == probing.LIVE_TYPE:
            return probing.live_steps(request, connection)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Test “%s”") % connection,
            "steps": probing.all_steps(connection),
            "original": connection,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/connections/test.html", context)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        context["examples"] = [
            (label, rules.EXAMPLE_PARAMETERS[kind], rules.EXAMPLE_OPTIONS[kind])
            for kind, label in KINDS.items()
        ]
        context["steps"] = probing.untried()
        return super().render_change_form(request, context, *args, **kwargs)
