"""Keys in the panel: seen, taken back, and nothing of them given away."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from roleplay.accounts import api_keys
from roleplay.accounts.models import ApiKey, AuditEntry, User

LIST = reverse("admin:accounts_apikey_changelist")


@pytest.fixture
def made(alice):
    return api_keys.issue(alice, "Notebook", ["chat", "history"], by=alice)


@pytest.fixture
def key(made):
    return made[0]


def clerk_with(*rights):
    person = User.objects.create_user("clerk", is_staff=True, language="en")
    person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    browser = Client()
    browser.force_login(person)
    return browser


def revoke(browser, *keys):
    picked = {"action": "revoke_keys", "_selected_action": [key.pk for key in keys]}
    return browser.post(LIST, picked, follow=True)


def revocations():
    found = AuditEntry.objects.filter(action="key.revoked").order_by("pk")
    return list(found.values_list("actor__username", "target"))


def test_the_list_names_whose_key_it_is_and_what_it_may_do(desk, key):
    page = desk.get(LIST).content.decode()
    for said in ("Notebook", "alice", key.shown, "chat, history"):
        assert said in page


def test_no_page_gives_away_a_secret_or_its_hash(desk, made):
    key, secret = made
    pages = [
        desk.get(LIST),
        desk.get(reverse("admin:accounts_apikey_change", args=[key.pk])),
        desk.get(reverse("admin:accounts_apikey_history", args=[key.pk])),
        desk.get(reverse("admin:accounts_auditentry_changelist")),
    ]
    for page in pages:
        assert page.status_code == 200
        assert key.digest not in page.content.decode()
        assert secret[7:] not in page.content.decode()


@pytest.mark.parametrize("lookup", ["digest__startswith", "digest", "user__password__startswith"])
def test_the_list_answers_no_questions_that_are_not_its_filters(desk, key, lookup):
    response = desk.get(LIST, {lookup: "a"})
    assert response.status_code == 400 or response.url.endswith("?e=1")


def test_the_operator_takes_keys_back_and_it_is_written_down(desk, made, bob):
    key, secret = made
    bobs, _secret = api_keys.issue(bob, "x", ["chat"])
    page = revoke(desk, key, bobs)
    assert "2 keys revoked." in page.content.decode()
    assert api_keys.find(secret) is None
    assert sorted(revocations()) == [
        ("operator", f"alice: {key}"),
        ("operator", f"bob: {bobs}"),
    ]
    assert "0 keys revoked." in revoke(desk, key).content.decode()
    assert len(revocations()) == 2


def test_nobody_makes_changes_or_deletes_a_key_here(desk, key):
    before = ApiKey.objects.values().get()
    assert desk.get(reverse("admin:accounts_apikey_add")).status_code == 403
    for act in ("change", "delete"):
        url = reverse(f"admin:accounts_apikey_{act}", args=[key.pk])
        given = {"post": "yes", "name": "mine", "scopes": "[]", "digest": "a" * 64}
        assert desk.post(url, given).status_code == 403
    desk.post(LIST, {"action": "delete_selected", "_selected_action": [key.pk], "post": "yes"})
    assert ApiKey.objects.values().get() == before


def test_whoever_may_only_look_takes_nothing_back(key):
    page = revoke(clerk_with("view_apikey"), key)
    assert page.status_code == 200
    assert ApiKey.objects.live().count() == 1


def test_a_clerk_takes_back_the_keys_of_people_and_not_of_staff(key, operator):
    staffs, _secret = api_keys.issue(operator, "x", ["chat"])
    clerk = clerk_with("view_apikey", "change_apikey")
    assert "1 key revoked." in revoke(clerk, key, staffs).content.decode()
    assert list(ApiKey.objects.live()) == [staffs]


@pytest.mark.parametrize(("state", "names"), [("live", ["Good"]), ("over", ["Gone"])])
def test_the_list_is_narrowed_by_state(desk, alice, state, names):
    api_keys.issue(alice, "Good", ["chat"])
    api_keys.revoke(api_keys.issue(alice, "Gone", ["chat"])[0])
    found = desk.get(LIST, {"state": state}).context["cl"].result_list
    assert [key.name for key in found] == names


def test_a_person_with_keys_can_be_removed_and_the_keys_go_too(desk, alice, key):
    url = reverse("admin:accounts_user_delete", args=[alice.pk])
    assert "api keys: 1" in desk.get(url).content.decode().lower()
    assert desk.post(url, {"post": "yes"}).status_code == 302
    assert (User.objects.filter(pk=alice.pk).count(), ApiKey.objects.count()) == (0, 0)
    page = desk.get(reverse("admin:accounts_auditentry_changelist")).content.decode()
    assert "a command, or somebody who was removed" in page


def test_disabling_somebody_shuts_their_programs_out(desk, alice, made):
    url = reverse("admin:accounts_user_change", args=[alice.pk])
    desk.post(url, {"username": "alice", "email": ""})
    assert api_keys.find(made[1]) is None
