"""The panel's site: who gets in, what stands in its list, what its first page is told."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from roleplay.panel.today import Today

# Model, icon, and what it is called in the list; what is not named here has no place in it.
ROOMS = (
    ("Character", "feather", _("Characters")),
    ("Connection", "plug", _("Model connections")),
    ("User", "users", _("People")),
    ("ApiKey", "key", _("API keys")),
    ("Conversation", "chat", _("Chats")),
    ("Generation", "warn", _("Recent errors")),
    ("Usage", "chart", _("Usage by day")),
    ("AuditEntry", "shield", _("Audit log")),
)


class Panel(AdminSite):
    site_title = site_header = _("Admin")
    index_title = _("Today")
    enable_nav_sidebar = False
    empty_value_display = "–"

    # One door for everybody: the site's own sign-in, with its limits on guessing.
    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().login(request, extra_context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "rooms": self.rooms(request)}

    def rooms(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The list at the side: only what this person may see."""
        addresses = {
            model["object_name"]: model["admin_url"]
            for app in self.get_app_list(request)
            for model in app["models"]
        }
        return [
            {
                "name": name,
                "icon": icon,
                "url": addresses[model],
                "here": request.path.startswith(addresses[model]),
            }
            for model, icon, name in ROOMS
            if addresses.get(model)
        ]

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        today = Today() if request.user.is_superuser else None
        return super().index(request, {"today": today, "title": "", **(extra_context or {})})
