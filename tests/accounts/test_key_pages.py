"""The pages of keys: the secret is seen once, and nobody else's key is there at all."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client

from roleplay.accounts import api_keys
from roleplay.accounts.models import ApiKey, AuditEntry, User

PAGE = "/settings/keys/"
NOTEBOOK = {"name": "Notebook", "scopes": ["chat"], "days": ""}
SECRET = re.compile(r"lm-[\w-]{43}")


@pytest.fixture
def key(alice):
    return api_keys.issue(alice, "Notebook", ["chat"], by=alice)[0]


@pytest.fixture
def guests_browser(db):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(User.objects.create(username="guest-1", is_guest=True, language="en"))
    return client


def words(answer):
    return " ".join(re.sub("<[^>]*>", " ", answer.content.decode()).split())


def test_the_secret_stands_on_the_answer_once_and_opens_the_door(alices_browser, alice):
    answer = alices_browser.post(PAGE, NOTEBOOK)
    assert answer.status_code == 200
    (secret,) = SECRET.findall(answer.content.decode())
    found = api_keys.find(secret)
    assert (found.user, found.name, found.scopes, found.expires) == (
        alice,
        "Notebook",
        ["chat"],
        None,
    )
    assert "Your new key “Notebook”" in words(answer)
    later = alices_browser.get(PAGE)
    assert SECRET.findall(later.content.decode()) == []
    assert secret[:7] + "…" in words(later)


def pressed(browser):
    """The press of a page of keys: what its form sends along."""
    page = browser.get(PAGE).content.decode()
    (press,) = re.findall(r'name="press" value="([^"]+)"', page)
    return {**NOTEBOOK, "press": press}


def test_reloading_the_answer_makes_no_second_key(alices_browser):
    sent = pressed(alices_browser)
    first = alices_browser.post(PAGE, sent)
    assert len(SECRET.findall(first.content.decode())) == 1
    again = alices_browser.post(PAGE, sent)
    assert (again.status_code, again.url) == (302, PAGE)
    assert "This key was made already." in words(alices_browser.get(PAGE))
    assert ApiKey.objects.count() == 1
    assert SECRET.findall(alices_browser.post(PAGE, pressed(alices_browser)).content.decode())
    assert ApiKey.objects.count() == 2


def test_the_form_below_a_new_key_makes_another(alices_browser):
    answer = alices_browser.post(PAGE, pressed(alices_browser)).content.decode()
    (press,) = re.findall(r'name="press" value="([^"]+)"', answer)
    assert alices_browser.post(PAGE, {**NOTEBOOK, "press": press}).status_code == 200
    assert ApiKey.objects.count() == 2


def test_what_was_refused_may_be_sent_again(alices_browser, settings):
    sent = pressed(alices_browser)
    settings.API_KEYS_PER_PERSON = 0
    assert alices_browser.post(PAGE, sent).status_code == 422
    settings.API_KEYS_PER_PERSON = 5
    assert alices_browser.post(PAGE, sent).status_code == 200
    assert ApiKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_presses_in_one_moment_that_are_one_make_one_key(alice, alices_browser):
    sent = pressed(alices_browser)
    barrier, answers = threading.Barrier(4), []

    def press():
        browser = Client()
        browser.cookies = alices_browser.cookies
        barrier.wait()
        try:
            answers.append(browser.post(PAGE, sent).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 302, 302, 302]
    assert ApiKey.objects.count() == 1


def test_the_answer_is_kept_by_no_cache(alices_browser):
    for answer in (alices_browser.post(PAGE, NOTEBOOK), alices_browser.get(PAGE)):
        assert answer["Cache-Control"] == "no-store"


def test_chat_is_ticked_and_never_is_chosen_before_anybody_says_so(alices_browser):
    page = alices_browser.get(PAGE).content.decode()
    ticked = re.findall(r'<input type="checkbox"[^>]* value="([\w:]+)"[^>]* checked', page)
    assert ticked == ["chat"]
    assert '<option value="" selected>Never</option>' in page


@pytest.mark.parametrize("days", [30, 90, 365])
def test_a_key_ends_when_it_was_said(alices_browser, days):
    alices_browser.post(PAGE, {**NOTEBOOK, "days": str(days)})
    key = ApiKey.objects.get()
    assert abs(key.expires - key.created - timedelta(days=days)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["chat", "admin"]}, "scopes"),
        ({"days": "31"}, "days"),
        ({"days": "-1"}, "days"),
    ],
    ids=["no name", "long name", "no scope", "strange scope", "31 days", "no time"],
)
def test_what_makes_no_key_is_refused_and_the_rest_stays(alices_browser, given, wrong):
    answer = alices_browser.post(PAGE, {**NOTEBOOK, **given})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [wrong]
    assert 'role="alert"' in answer.content.decode()
    assert ApiKey.objects.count() == 0


def test_nothing_but_what_is_asked_for_is_taken_from_a_form(alices_browser, alice, bob):
    mine = {"user": bob.pk, "digest": "a" * 64, "shown": "lm-mine", "last_used": "2020-01-01"}
    alices_browser.post(PAGE, {**NOTEBOOK, **mine})
    key = ApiKey.objects.get()
    assert (key.user, key.last_used) == (alice, None)
    assert key.digest != "a" * 64 and key.shown != "lm-mine"


def test_one_too_many_is_refused_and_says_what_to_do(alices_browser, key, settings):
    settings.API_KEYS_PER_PERSON = 1
    answer = alices_browser.post(PAGE, NOTEBOOK)
    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors() == [
        "There may be 1 key for each person, and you have it. Revoke it first."
    ]
    assert ApiKey.objects.count() == 1


def test_a_guest_is_told_to_keep_the_chats_first(guests_browser):
    page = guests_browser.get(PAGE)
    assert "A guest has no keys. Keep your chats first. Keep these chats" in words(page)
    assert "Make a key" not in words(page)
    assert guests_browser.post(PAGE, NOTEBOOK).status_code == 422
    assert ApiKey.objects.count() == 0


def test_the_list_tells_each_key_as_it_is(alices_browser, alice, key):
    ended, _secret = api_keys.issue(alice, "Old", ["history", "memory"], by=alice)
    ApiKey.objects.filter(pk=ended.pk).update(
        created=F("created") - timedelta(days=2), expires=F("created") - timedelta(days=1)
    )
    gone, _secret = api_keys.issue(alice, "Gone", ["chat"], by=alice)
    api_keys.revoke(gone, by=alice)
    rows = re.findall(
        r'data-state="(\w+)">.*?<b>(\w+)</b>', alices_browser.get(PAGE).content.decode(), re.DOTALL
    )
    assert rows == [("live", "Notebook"), ("revoked", "Gone"), ("expired", "Old")]


def test_the_list_takes_as_many_queries_for_nine_as_for_one(
    alices_browser, alice, key, django_assert_max_num_queries
):
    with django_assert_max_num_queries(50) as one:
        alices_browser.get(PAGE)
    for number in range(8):
        api_keys.issue(alice, str(number), ["chat"])
    with django_assert_max_num_queries(len(one)):
        alices_browser.get(PAGE)


def test_a_name_is_text_and_never_markup(alices_browser):
    answer = alices_browser.post(PAGE, {**NOTEBOOK, "name": '<img src=x onerror="a()">'})
    assert "<img src=x" not in answer.content.decode()
    assert ApiKey.objects.get().name == '<img src=x onerror="a()">'


def test_revoking_asks_first(alices_browser, key):
    address = f"/settings/keys/{key.pk}/revoke/"
    assert "Revoke Notebook" in words(alices_browser.get(address))
    assert ApiKey.objects.live().count() == 1
    assert alices_browser.post(address).url == PAGE
    assert ApiKey.objects.live().count() == 0
    assert "Notebook opens nothing any more." in words(alices_browser.get(PAGE))
    alices_browser.post(address)
    told = AuditEntry.objects.order_by("pk").values_list("actor__username", "action")
    assert list(told) == [("alice", "key.made"), ("alice", "key.revoked")]


@pytest.mark.parametrize("ask", ["get", "post"])
def test_the_key_of_another_is_not_there(bobs_browser, key, ask):
    assert getattr(bobs_browser, ask)(f"/settings/keys/{key.pk}/revoke/").status_code == 404
    assert ApiKey.objects.live().count() == 1
    assert "Notebook" not in words(bobs_browser.get(PAGE))


@pytest.mark.parametrize("address", ["/settings/keys/", "/settings/keys/1/revoke/"])
def test_strangers_are_asked_to_sign_in(client, db, address):
    for answer in (client.get(address), client.post(address, NOTEBOOK)):
        assert answer.url == f"/accounts/login/?next={address}"
    assert ApiKey.objects.count() == 0


@pytest.mark.parametrize("address", ["/settings/keys/", "/settings/keys/{}/revoke/"])
def test_nothing_is_done_without_the_forms_token(alice, key, address):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(address.format(key.pk), NOTEBOOK).status_code == 403
    assert ApiKey.objects.live().count() == 1


def test_a_key_of_the_site_is_no_way_into_its_pages(alice, client):
    _key, secret = api_keys.issue(alice, "x", api_keys.SCOPES)
    answer = client.get(PAGE, headers={"Authorization": f"Bearer {secret}"})
    assert answer.url == f"/accounts/login/?next={PAGE}"


def test_the_settings_lead_to_the_keys_but_not_for_guests(alices_browser, guests_browser):
    assert f'href="{PAGE}"' in alices_browser.get("/settings/").content.decode()
    assert f'href="{PAGE}"' not in guests_browser.get("/settings/").content.decode()


NEW = {
    "oldpassword": "a lamp in the window",
    "password1": "a new lamp is lit",
    "password2": "a new lamp is lit",
}


@pytest.mark.parametrize(("asked", "left"), [({}, 1), ({"end_keys": "on"}, 0)], ids=["no", "yes"])
def test_a_new_password_ends_the_keys_if_one_asks_for_it(
    alices_browser, alice, bob, key, asked, left
):
    api_keys.issue(bob, "x", ["chat"])
    assert alices_browser.post("/accounts/password/", {**NEW, **asked}).url == "/settings/"
    alice.refresh_from_db()
    assert alice.check_password("a new lamp is lit")
    assert ApiKey.objects.live().of(alice).count() == left
    assert ApiKey.objects.live().of(bob).count() == 1


def test_a_wrong_password_ends_nothing(alices_browser, alice, key):
    wrong = {**NEW, "oldpassword": "guessed", "end_keys": "on"}
    assert alices_browser.post("/accounts/password/", wrong).status_code == 200
    assert ApiKey.objects.live().count() == 1


def test_whoever_has_no_key_is_not_asked_about_them(alices_browser, alice):
    assert "end_keys" not in alices_browser.get("/accounts/password/").content.decode()
    api_keys.issue(alice, "x", ["chat"])
    assert 'name="end_keys"' in alices_browser.get("/accounts/password/").content.decode()
