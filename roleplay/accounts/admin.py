"""People, their keys, their usage and the audit log in the panel."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from roleplay.accounts import api_keys
from roleplay.accounts.audit import ACTIONS, OWN, record
from roleplay.accounts.models import ApiKey, AuditEntry, Usage, User
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
    """A new password for somebody: whoever is to stay out is disabled instead.

    Who sets one for another mostly does so since somebody else may know the old one: their API keys
    go with it unless one says otherwise.
    """

    end_keys = forms.BooleanField(
        label=gettext_lazy("Revoke this person's API keys too"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Programs that use them get in no more."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        for name in ("password1", "password2"):
            self.fields[name].required = True
        if not ApiKey.objects.of(self.user).live().exists():
            del self.fields["end_keys"]


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
    change_user_password_template = "admin/accounts/user/change_password.html"  # noqa: S105
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
        """Not oneself, and nobody the audit log needs as a witness: disable those instead."""
        allowed = super().has_delete_permission(request, obj) and self._below(request, obj)
        if obj is None or not allowed:
            return allowed
        witnessed = AuditEntry.objects.filter(actor=obj).exclude(action__in=OWN)
        return obj != request.user and not witnessed.exists()

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
            person, staff = User.objects.get(pk=id), cast(User, request.user)
            record(staff, "person.password", person)
            if person != staff:
                end_sessions(person)
            if "end_keys" in request.POST:
                api_keys.revoke_all(person, by=staff)
        return response


def _kept(value: bool) -> bool:
    if not value:
        raise ValidationError(_("You cannot shut yourself out. Ask another administrator."))
    return value


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", _("Good")), ("over", _("Over"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ("live", "over"):
            return queryset
        return queryset.live() if self.value() == "live" else queryset.over()


@admin.register(ApiKey)
class ApiKeyAdmin(DiscreetAdmin[ApiKey], ReadOnlyAdmin[ApiKey]):
    """Keys are made by whom they belong to; here they are seen, and taken back."""

    list_display = ["name", "user", "shown", "used", "ends", "taken_back", "may_do"]
    list_display_links = None
    list_select_related = ["user"]
    list_filter = [StateFilter]
    search_fields = ["user__username", "name"]
    fields = ["user", "name", "shown", "may_do", "created", "last_used", "expires", "revoked"]
    readonly_fields = ["may_do"]
    actions = ["revoke_keys"]

    @admin.display(description=gettext_lazy("scopes"))
    def may_do(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.display(description=gettext_lazy("last used"), ordering="last_used")
    def used(self, key: ApiKey) -> str:
        return _day(key.last_used)

    @admin.display(description=gettext_lazy("expires"), ordering="expires")
    def ends(self, key: ApiKey) -> str:
        return _day(key.expires)

    @admin.display(description=gettext_lazy("revoked"), ordering="revoked")
    def taken_back(self, key: ApiKey) -> str:
        return _day(key.revoked)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apikey")

    @admin.action(description=gettext_lazy("Revoke the keys"), permissions=["revoke"])
    def revoke_keys(self, request: HttpRequest, queryset: Any) -> None:
        # As with people: only those who have all rights touch what belongs to staff.
        mine = queryset if request.user.is_superuser else queryset.filter(user__is_staff=False)
        staff: Any = request.user
        count = sum(api_keys.revoke(key, by=staff) for key in mine)
        words = ngettext("%(count)d key revoked.", "%(count)d keys revoked.", count)
        self.message_user(request, words % {"count": count})


def _day(moment: datetime | None) -> str:
    return date_format(localdate(moment)) if moment else ""


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
        if entry.actor is None and entry.action in OWN:
            return _("a command, or somebody who was removed")
        return str(entry.actor) if entry.actor else _("a command")

    @admin.display(description=gettext_lazy("what"))
    def what(self, entry: AuditEntry) -> str:
        return str(ACTIONS.get(entry.action, entry.action))
