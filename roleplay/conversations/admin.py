"""Chats and failed replies in the panel: counts and times, and no word of anyone without a reason."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roleplay.accounts.audit import record
from roleplay.conversations.models import Conversation, Generation
from roleplay.fields import CleanCharField
from roleplay.panel.admins import DiscreetAdmin, ReadOnlyAdmin, filter_by
from roleplay.panel.errors import KINDS


class ReasonForm(forms.Form):
    reason = CleanCharField(
        label=gettext_lazy("Why you need to read it"),
        min_length=10,
        max_length=1000,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=gettext_lazy("At least ten characters. They stay in the audit log."),
    )


class HeldBy(admin.SimpleListFilter):
    """Chats of people in the browser, or dialogues that their programs hold."""

    title = gettext_lazy("held by")
    parameter_name = "held_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("people", _("people")), ("programs", _("programs"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "people":
                return queryset.in_browser()
            case "programs":
                return queryset.by_programs()
        return queryset


@admin.register(Conversation)
class ConversationAdmin(DiscreetAdmin[Conversation], ReadOnlyAdmin[Conversation]):
    list_display = ["used", "user", "character", "by_program", "message_count", "created"]
    list_filter = ["used", HeldBy, "connection"]
    list_select_related = ["user", "character"]
    search_fields = ["user__username", "character__name"]
    fields = ["user", "character", "by_program", "connection", "created", "used", "message_count"]
    change_form_template = "admin/conversations/conversation/change_form.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        note = _("Found by person and character; words of a chat are not searched.")
        return super().changelist_view(request, {"note": note, **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(message_total=Count("messages"))

    @admin.display(description=gettext_lazy("by a program"), boolean=True, ordering="biz_user")
    def by_program(self, conversation: Conversation) -> bool:
        return bool(conversation.biz_user)

    @admin.display(description=gettext_lazy("messages"))
    def message_count(self, conversation: Any) -> int:
        # The scene at the root is nobody's message.
        return max(0, int(conversation.message_total) - 1)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.fields)  # type: ignore[arg-type]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        # A chat is named by its title, which is part of the story.
        context.update(subtitle=None, title=_("A chat"), heading=_("A chat"))
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404  # the page would be headed by the title

    def get_urls(self) -> list[URLPattern]:
        read = path(
            "<uuid:pk>/read/",
            self.admin_site.admin_view(self.read),
            name="conversations_conversation_read",
        )
        return [read, *super().get_urls()]

    def read(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Asks for a reason; writes it down first, then shows the chat."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        conversation = get_object_or_404(Conversation, pk=pk)
        form = ReasonForm(request.POST or None)
        messages = None
        if request.method == "POST" and form.is_valid():
            target = f"{conversation.pk} ({conversation.user})"
            record(request.user, "chat.read", target, form.cleaned_data["reason"])
            messages = conversation.thread()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Read a chat"),
            "opts": self.opts,
            "conversation": conversation,
            "form": form,
            "thread": messages,
        }
        return TemplateResponse(request, "admin/conversations/read.html", context)


@admin.register(Generation)
class FailedReplyAdmin(DiscreetAdmin[Generation], ReadOnlyAdmin[Generation]):
    """Failed replies: kind, connection, time and request id, and never a text."""

    list_display = ["created", "kind_words", "connection", "model", "request_id"]
    list_display_links = None
    list_filter = [filter_by("error_kind", gettext_lazy("what happened"), KINDS), "connection"]
    list_select_related = ["connection"]
    date_hierarchy = "created"
    search_fields = ["request_id"]
    fields = ["created", "error_kind", "connection", "model", "request_id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        failed = super().get_queryset(request).filter(status__in=["failed", "interrupted"])
        return failed.order_by("-created").defer("prompt")

    @admin.display(description=gettext_lazy("what happened"), ordering="error_kind")
    def kind_words(self, generation: Generation) -> str:
        if generation.status == "interrupted" and not generation.error_kind:
            return str(KINDS["broke_off"])
        return str(KINDS.get(generation.error_kind, generation.error_kind))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(
            request, {"heading": _("Recent errors"), **(extra_context or {})}
        )
