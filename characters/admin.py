"""Characters in the panel: writing, showing, publishing and trying them."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from characters.admin_forms import CharacterForm
from characters.models import Character
from characters.starters import load_starters
from roleplay.panel.admins import DiscreetAdmin
from roleplay.preview import vendor_payload


class OwnerFilter(admin.SimpleListFilter):
    """The site's own, or those that people wrote."""

    title = gettext_lazy("owner")
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("site", _("The site")), ("people", _("People"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(owner__isnull=self.value() == "site")


class RemovedFilter(admin.SimpleListFilter):
    """Those that their owners took away, and that only stories still hold."""

    title = gettext_lazy("taken away")
    parameter_name = "removed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", _("No")), ("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(removed__isnull=self.value() == "no")


@admin.register(Character)
class CharacterAdmin(DiscreetAdmin[Character]):
    form = CharacterForm
    list_display = ["face", "who", "visibility", "language", "kind", "owner", "updated"]
    list_display_links = ["who"]
    list_filter = ["visibility", "asks_public", "language", "kind", OwnerFilter, RemovedFilter]
    list_select_related = ["owner"]
    search_fields = ["name", "tagline", "tags", "owner__username"]
    raw_id_fields = ["owner"]
    readonly_fields = ["pictures", "payload", "version", "removed", "created", "updated"]
    actions = ["publish", "unpublish"]
    change_form_template = "admin/characters/change_form.html"
    change_list_template = "admin/characters/change_list.html"
    fieldsets = [
        (
            gettext_lazy("Card"),
            {
                "fields": [
                    "name",
                    "tagline",
                    ("sex", "birthday", "age"),
                    ("kind", "language", "visibility"),
                    "tags",
                    "owner",
                    ("allows_chat", "allows_api"),
                ]
            },
        ),
        (gettext_lazy("Pictures"), {"fields": ["pictures", "avatar", "cover", "hue"]}),
        (gettext_lazy("Personality"), {"fields": ["description", "traits", "scenario"]}),
        (gettext_lazy("Opening"), {"fields": ["greeting", "alternate_greetings", "starters"]}),
        (gettext_lazy("Examples"), {"fields": ["example_dialogue"]}),
        (
            gettext_lazy("Tongyi Xingchen"),
            {
                "fields": [
                    "template_id",
                    "params",
                    ("platform_id", "platform_version"),
                    "open_line",
                    "payload",
                ]
            },
        ),
        (
            gettext_lazy("Technical"),
            {
                "fields": [
                    "tools",
                    "extensions",
                    "creator_notes",
                    ("version", "created", "updated", "removed"),
                ],
                "classes": ["collapse"],
            },
        ),
    ]

    @admin.display(description=gettext_lazy("portrait"))
    def face(self, character: Character) -> str:
        if not character.avatar:
            return format_html(
                '<span class="face face--glyph hue {}">{}</span>',
                character.hue_class,
                character.initial,
            )
        return format_html(
            '<img class="face" src="{}" alt="" width="40" height="40" loading="lazy">',
            character.avatar.url,
        )

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def who(self, character: Character) -> str:
        return format_html("{}<small>{}</small>", character.name, character.tagline)

    @admin.display(description=gettext_lazy("now"))
    def pictures(self, edited: Character) -> str:
        # A form with errors holds what was typed; shown is what is stored.
        character = _stored(edited)
        shown = [
            format_html('<img class="preview preview--{}" src="{}" alt="{}">', name, file.url, alt)
            for name, file, alt in (
                ("avatar", character.avatar, _("The portrait")),
                ("cover", character.cover, _("The cover")),
            )
            if file
        ]
        joined = format_html("{}" * len(shown), *shown) if shown else _("None yet.")
        return format_html('<div class="previews hue {}">{}</div>', character.hue_class, joined)

    @admin.display(description=gettext_lazy("What is sent"))
    def payload(self, edited: Character) -> str:
        character = _stored(edited)
        if character._state.adding:
            return _("Save the character to see it.")
        text = json.dumps(vendor_payload(character), ensure_ascii=False, indent=2)
        return format_html(
            '<pre class="payload">{}</pre><p class="help">{}</p>',
            text,
            _("The user id is another one in every chat. A persona adds its name and its text."),
        )

    @admin.action(description=gettext_lazy("Publish for everyone"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Character]) -> None:
        self._show(request, queryset, "public")

    @admin.action(
        description=gettext_lazy("Withdraw: only the owner sees them"), permissions=["change"]
    )
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Character]) -> None:
        self._show(request, queryset, "private")

    def _show(self, request: HttpRequest, queryset: QuerySet[Character], visibility: str) -> None:
        # Whatever an operator does answers the owner's wish; what was taken away stays away.
        other = ~Q(visibility=visibility) | Q(asks_public=True)
        changed = list(queryset.filter(other, removed=None))
        for character in changed:
            character.visibility = visibility
            character.asks_public = False
            character.save(update_fields=["visibility", "asks_public", "updated"])
            self.log_change(request, character, [{"changed": {"fields": ["visibility"]}}])
        count = len(changed)
        words = {
            "public": ngettext("%d character is published.", "%d characters are published.", count),
            "private": ngettext(
                "%d character is withdrawn.", "%d characters are withdrawn.", count
            ),
        }
        self.message_user(request, words[visibility] % count, messages.SUCCESS)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        # A draft is seen by its owner only; without one nobody could try it.
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    def get_urls(self) -> list[URLPattern]:
        starters = path(
            "starters/",
            self.admin_site.admin_view(require_POST(self.bring_starters)),
            name="characters_character_starters",
        )
        return [starters, *super().get_urls()]

    def bring_starters(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        made = load_starters()
        for character in made:
            self.log_addition(request, character, [{"added": {}}])
        count = len(made)
        said = (
            ngettext("%d starter is here.", "%d starters are here.", count) % count
            if made
            else _("All starters are here already.")
        )
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:characters_character_changelist"))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        character = kwargs.get("obj")
        if character is not None:
            mine = Character.objects.visible_to(request.user)
            context["minor"] = character.is_minor
            context["can_try"] = mine.filter(pk=character.pk).exists()
        return super().render_change_form(request, context, *args, **kwargs)


def _stored(character: Character) -> Character:
    return Character.objects.filter(pk=character.pk).first() or Character()
