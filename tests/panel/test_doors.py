"""Who gets into the panel, and what its pages may do in a browser."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from roleplay.accounts.models import User

ROOMS = [
    "admin:index",
    "admin:characters_character_changelist",
    "admin:characters_character_add",
    "admin:connections_connection_changelist",
    "admin:connections_connection_add",
    "admin:accounts_user_changelist",
    "admin:accounts_user_add",
    "admin:accounts_apikey_changelist",
    "admin:accounts_usage_changelist",
    "admin:accounts_auditentry_changelist",
    "admin:conversations_conversation_changelist",
    "admin:conversations_generation_changelist",
]
INLINE = re.compile(
    r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)


@pytest.mark.parametrize("room", ROOMS)
def test_strangers_and_guests_and_people_are_sent_away(alices_browser, room):
    for browser in (Client(), alices_browser):
        response = browser.get(reverse(room))
        assert response.status_code == 302
        assert response.url.startswith(reverse("admin:login"))


def test_the_panels_sign_in_is_the_sites_own_with_its_limits_on_guessing(db):
    response = Client().get(reverse("admin:login"))
    assert (response.status_code, response.url.split("?")[0]) == (302, reverse("account_login"))


def test_somebody_who_is_signed_in_but_not_staff_is_refused_at_the_door(alices_browser):
    assert alices_browser.get(reverse("admin:login")).status_code == 403


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_keeps_to_the_policy(desk, operator, room, language):
    operator.language = language
    operator.save()
    response = desk.get(reverse(room))
    assert response.status_code == 200
    assert not INLINE.findall(response.content.decode())
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy


def test_the_list_at_the_side_names_only_what_somebody_may_see(desk, db):
    names = [str(room["name"]) for room in desk.get(reverse("admin:index")).context["rooms"]]
    assert names == [
        "Characters",
        "Model connections",
        "People",
        "API keys",
        "Chats",
        "Recent errors",
        "Usage by day",
        "Audit log",
    ]
    clerk = User.objects.create_user("clerk", is_staff=True, language="en")
    browser = Client()
    browser.force_login(clerk)
    page = browser.get(reverse("admin:index"))
    assert page.context["rooms"] == []
    assert "nothing is in your care yet" in page.content.decode()
    assert "Replies today" not in page.content.decode()


@pytest.mark.parametrize("room", ROOMS[1:])
def test_staff_without_rights_finds_every_room_closed(db, room):
    clerk = User.objects.create_user("clerk", is_staff=True)
    browser = Client()
    browser.force_login(clerk)
    assert browser.get(reverse(room)).status_code == 403


def test_the_panel_shows_no_model_that_was_not_meant_for_it():
    shown = {model._meta.label for model in admin.site._registry}
    assert shown - {"account.EmailAddress", "account.EmailConfirmation"} == {
        "accounts.ApiKey",
        "accounts.AuditEntry",
        "accounts.Usage",
        "accounts.User",
        "characters.Character",
        "connections.Connection",
        "conversations.Conversation",
        "conversations.Generation",
    }
