"""How people like to read, saved at once."""

import pytest
from django.test import Client

HTMX = {"HX-Request": "true"}


def test_a_choice_is_saved_at_once_and_quietly(alices_browser, alice):
    answer = alices_browser.post("/settings/", {"theme": "dark"}, headers=HTMX)
    assert answer.content.decode() == "Saved"
    alice.refresh_from_db()
    assert (alice.theme, alice.text_size, alice.enter_sends) == ("dark", "m", True)


def test_the_next_page_is_drawn_that_way_by_the_server(alices_browser):
    alices_browser.post("/settings/", {"theme": "dark", "reading_font": "serif", "text_size": "xl"})
    page = alices_browser.get("/settings/").content.decode()
    assert 'data-theme="dark" data-read="serif" data-text="xl"' in page


@pytest.mark.parametrize(
    ("name", "value"), [("theme", "neon"), ("language", "tlh"), ("pace", ""), ("text_size", "999")]
)
def test_what_is_not_offered_is_refused_and_changes_nothing(alices_browser, alice, name, value):
    answer = alices_browser.post("/settings/", {name: value, "announce": "off"}, headers=HTMX)
    assert answer.status_code == 422
    alice.refresh_from_db()
    assert (alice.announce, getattr(alice, name) in {"auto", "en", "calm", "m"}) == ("whole", True)


def test_no_one_becomes_staff_through_the_settings(alices_browser, alice):
    alices_browser.post("/settings/", {"theme": "dark", "is_staff": "on", "is_superuser": "on"})
    alice.refresh_from_db()
    assert (alice.theme, alice.is_staff, alice.is_superuser) == ("dark", False, False)


def test_enter_can_be_a_new_line(alices_browser, alice):
    alices_browser.post("/settings/", {"enter_sends": "False"})
    alice.refresh_from_db()
    assert alice.enter_sends is False


def test_another_language_draws_the_page_anew(alices_browser):
    answer = alices_browser.post("/settings/", {"language": "zh-hans"}, headers=HTMX)
    assert answer["HX-Refresh"] == "true"
    assert '<html lang="zh-Hans"' in alices_browser.get("/settings/").content.decode()


def test_the_same_language_does_not(alices_browser):
    answer = alices_browser.post("/settings/", {"language": "en", "theme": "dark"}, headers=HTMX)
    assert "HX-Refresh" not in answer


def test_a_stranger_chooses_for_this_browser_alone(db):
    stranger = Client(headers={"Accept-Language": "zh-CN"})
    answer = stranger.post("/settings/", {"language": "en", "next": "/accounts/login/"})
    assert answer.url == "/accounts/login/"
    stranger.post("/settings/", {"theme": "dark"})
    assert '<html lang="en" data-theme="dark"' in stranger.get("/accounts/login/").content.decode()


def test_the_settings_page_itself_is_for_those_who_are_in(client, db):
    assert client.get("/settings/").url == "/accounts/login/?next=/settings/"


def test_pages_of_members_are_never_stored(alices_browser):
    assert alices_browser.get("/settings/")["Cache-Control"] == "no-store"


def test_pages_for_strangers_may_be(client, db):
    assert "no-store" not in client.get("/").get("Cache-Control", "")
