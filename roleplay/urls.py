from django.contrib import admin
from django.urls import include, path

from roleplay.api import pages as developers
from roleplay.front.icon import favicon
from roleplay.front.media import media
from roleplay.front.pages import first_run, home

urlpatterns = [
    path("", home, name="home"),
    path("first-run/", first_run, name="first_run"),
    path("favicon.ico", favicon, name="favicon"),
    path("media/<path:path>", media, name="media"),
    path("", include("characters.urls")),
    path("", include("roleplay.accounts.urls")),
    path("", include("roleplay.conversations.urls")),
    path("admin/", admin.site.urls),
    path("developers/", developers.reference, name="developers"),
    path("developers/openapi.json", developers.openapi, name="openapi"),
    path("", include("roleplay.api.urls")),
]

handler400 = "roleplay.front.errors.bad_request"
handler403 = "roleplay.front.errors.forbidden"
handler404 = "roleplay.front.errors.not_found"
handler500 = "roleplay.front.errors.server_error"
