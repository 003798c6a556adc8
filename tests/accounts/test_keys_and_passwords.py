"""Keys do not outlive a password that somebody else set, unless that is wanted."""

import getpass
import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from roleplay.accounts import api_keys
from roleplay.accounts.models import ApiKey, AuditEntry

NEW = {"password1": "a new lamp is lit", "password2": "a new lamp is lit"}


@pytest.fixture
def desk(operator):
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(operator)
    return browser


@pytest.fixture
def key(alice):
    return api_keys.issue(alice, "Notebook", ["chat"], by=alice)[0]


def page_of(person):
    return reverse("admin:auth_user_password_change", args=[person.pk])


def live(person):
    return ApiKey.objects.of(person).live().count()


def test_the_panel_asks_and_has_it_ticked(desk, alice, key):
    page = desk.get(page_of(alice)).content.decode()
    (box,) = re.findall(r'<input type="checkbox" name="end_keys"[^>]*>', page)
    assert "checked" in box
    assert page.count("Revoke this person&#x27;s API keys too") == 1


def test_whoever_has_no_key_is_not_asked_about(desk, alice):
    assert "end_keys" not in desk.get(page_of(alice)).content.decode()


@pytest.mark.parametrize(("asked", "left"), [({"end_keys": "on"}, 0), ({}, 1)], ids=["yes", "no"])
def test_a_password_set_in_the_panel_ends_the_keys_as_asked(desk, alice, bob, key, asked, left):
    api_keys.issue(bob, "x", ["chat"])
    assert desk.post(page_of(alice), {**NEW, **asked}).status_code == 302
    assert (live(alice), live(bob)) == (left, 1)
    told = AuditEntry.objects.order_by("pk").values_list("actor__username", "action")
    done = [("operator", "person.password"), ("operator", "key.revoked")]
    assert list(told)[-len(done) + left :] == done[: len(done) - left]


def test_a_password_that_is_refused_ends_no_key(desk, alice, key):
    weak = {"password1": "12345678", "password2": "12345678", "end_keys": "on"}
    assert desk.post(page_of(alice), weak).status_code == 200
    assert live(alice) == 1


@pytest.fixture
def typed(monkeypatch):
    """Somebody at the terminal types a new password, twice."""
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": "a new lamp is lit")


def changed(*arguments):
    said = io.StringIO()
    call_command("changepassword", *arguments, stdout=said, stderr=said)
    return said.getvalue().splitlines()


def test_the_command_tells_of_keys_that_still_work(alice, key, typed):
    assert "API keys that still work: 1. --revoke-keys ends them." in changed("alice")
    alice.refresh_from_db()
    assert (alice.check_password("a new lamp is lit"), live(alice)) == (True, 1)


def test_the_command_takes_keys_back_if_asked_to(alice, key, typed):
    assert "API keys revoked: 1" in changed("--revoke-keys", "alice")
    assert live(alice) == 0
    assert AuditEntry.objects.first().action == "key.revoked"


def test_the_command_changes_nothing_for_nobody(db, typed):
    with pytest.raises(CommandError):
        changed("--revoke-keys", "carol")


@pytest.mark.django_db(transaction=True)
def test_a_key_opens_the_door_while_nothing_can_be_written(alice, client, caplog):
    _key, secret = api_keys.issue(alice, "Notebook", ["chat"])
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        try:
            answer = client.get("/v1/models", headers={"Authorization": f"Bearer {secret}"})
        finally:
            cursor.execute("PRAGMA query_only = OFF")
    assert answer.status_code == 200
    assert [record.name for record in caplog.records] == ["roleplay.accounts.api_keys"]
    assert ApiKey.objects.get().last_used is None
