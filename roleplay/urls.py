from django.contrib import admin
from django.urls import include, path

from roleplay.media import media
from roleplay.pages import first_run, home

urlpatterns = [
    path("", home, name="home"),
    path("first-run/", first_run, name="first_run"),
    path("media/<path:path>", media, name="media"),
    path("", include("characters.urls")),
    path("", include("roleplay.accounts.urls")),
    path("", include("roleplay.conversations.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "roleplay.errors.bad_request"
handler403 = "roleplay.errors.forbidden"
handler404 = "roleplay.errors.not_found"
handler500 = "roleplay.errors.server_error"
