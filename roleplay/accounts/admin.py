"""People, their usage and the audit log in the panel."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roleplay.accounts.audit import ACTIONS, record
from roleplay.accounts.models import AuditEntry, Usage, User
from roleplay.accounts.sessions import end_sessions
from roleplay.panel.admins import DiscreetAdmin, ReadOnlyAdmin, filter_by

RIGHTS = ("is_staff", "is_superuser", "user_permissions")

admin.site.unregister(Group)


class PersonForm(forms.ModelForm[User]):
    """Without the password, whose hash is nobody's business."""

    class Meta:
        model = User
        fields = ["username", "email", "is_active", *RIGHTS]
        labels = {"is_active": gettext_lazy("May sign in")}
        help_texts = {
            "is_active": gettext_lazy("Taking this away ends every session at once. Chats stay."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was_active = bool(self.instance.is_active)


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """A new password, and nothing else: whoever is to stay out is disabled instead."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        for field in self.fields.values():
            field.required = True


class NewPersonForm(AdminUserCreationForm[User]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)


@admin.register(User)
class PersonAdmin(DiscreetAdmin[User], UserAdmin[User]):
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = PasswordForm
    list_display = ["username", "is_guest", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_guest", "is_active", "is_staff"]
    search_fields = ["username", "email"]
    ordering = ["-date_joined"]
    filter_horizontal = ["user_permissions"]
    readonly_fields = ["is_guest", "date_joined", "last_login"]
    change_user_password_template = None
    change_form_template = "admin/accounts/user/change_form.html"
    fieldsets = [
        (None, {"fields": ["username", "email", "is_guest", "is_active"]}),
        (gettext_lazy("Rights"), {"fields": RIGHTS, "classes": ["collapse"]}),
        (gettext_lazy("Times"), {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "password1", "password2"]})]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"heading": _("People"), **(extra_context or {})})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Who may give rights away may take them: only those who have all of them do.
        rights = [] if request.user.is_superuser else [*RIGHTS]
        return [*self.readonly_fields, *rights]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._below(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not oneself, and nobody whose name stands in the audit log: disable those instead."""
        allowed = super().has_delete_permission(request, obj) and self._below(request, obj)
        if obj is None or not allowed:
            return allowed
        return obj != request.user and not AuditEntry.objects.filter(actor=obj).exists()

    def _below(self, request: HttpRequest, obj: User | None) -> bool:
        return bool(request.user.is_superuser or obj is None or not obj.is_staff)

    def get_actions(self, request: HttpRequest) -> Any:
        # People are removed one at a time, each with its own line in the audit log.
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or obj != request.user:
            return form

        class OwnForm(form):  # type: ignore[misc]
            def clean_is_active(self) -> bool:
                return _kept(self.cleaned_data["is_active"])

            def clean_is_superuser(self) -> bool:
                return _kept(self.cleaned_data["is_superuser"] or not obj.is_superuser)

            def clean_is_staff(self) -> bool:
                return _kept(self.cleaned_data["is_staff"])

        return OwnForm

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            return
        if "is_active" in form.changed_data:
            record(request.user, "person.enabled" if obj.is_active else "person.disabled", obj)
            if not obj.is_active:
                end_sessions(obj)
        if set(RIGHTS) & set(form.changed_data):
            record(request.user, "person.rights", obj)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        record(request.user, "person.removed", obj)
        end_sessions(obj)
        super().delete_model(request, obj)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            person = User.objects.get(pk=id)
            record(request.user, "person.password", person)
            if person != request.user:
                end_sessions(person)
        return response


def _kept(value: bool) -> bool:
    if not value:
        raise ValidationError(_("You cannot shut yourself out. Ask another administrator."))
    return value


@admin.register(Usage)
class UsageAdmin(ReadOnlyAdmin[Usage]):
    list_display = ["day", "user", "replies", "input_tokens", "output_tokens"]
    list_display_links = None
    list_select_related = ["user"]
    date_hierarchy = "day"
    search_fields = ["user__username"]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    list_display = ["at", "who", "what", "target", "reason"]
    list_display_links = None
    list_select_related = ["actor"]
    list_filter = [filter_by("action", gettext_lazy("what"), ACTIONS)]
    date_hierarchy = "at"
    search_fields = ["actor__username", "target"]

    @admin.display(description=gettext_lazy("who"))
    def who(self, entry: AuditEntry) -> str:
        return str(entry.actor) if entry.actor else _("a command")

    @admin.display(description=gettext_lazy("what"))
    def what(self, entry: AuditEntry) -> str:
        return str(ACTIONS.get(entry.action, entry.action))
