from allauth.account import views as allauth
from django.urls import path

from roleplay.accounts import key_views, views
from roleplay.accounts.forms import NewPasswordForm

urlpatterns = [
    path("accounts/login/", allauth.login, name="account_login"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/signup/", allauth.signup, name="account_signup"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path(
        "accounts/password/",
        allauth.PasswordChangeView.as_view(form_class=NewPasswordForm),
        name="account_change_password",
    ),
    path("enter/", views.enter_as_guest, name="enter_as_guest"),
    path("keep/", views.keep_chats, name="keep_chats"),
    path("ai-notice/", views.seen_ai_notice, name="seen_ai_notice"),
    path("settings/", views.preferences, name="preferences"),
    path("settings/keys/", key_views.keys, name="api_keys"),
    path("settings/keys/<int:pk>/revoke/", key_views.revoke_key, name="revoke_api_key"),
    path("personas/", views.personas, name="personas"),
    path("personas/<int:pk>/", views.edit_persona, name="edit_persona"),
    path("personas/<int:pk>/wear/", views.wear_persona, name="wear_persona"),
    path("personas/<int:pk>/delete/", views.delete_persona, name="delete_persona"),
]
