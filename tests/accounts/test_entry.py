"""Coming in: as a guest, and later under a name."""

import pytest
from django.test import Client

from roleplay.accounts.models import Usage, User
from roleplay.conversations.models import Conversation
from roleplay.conversations.replying import start_story


@pytest.fixture
def stranger(db):
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def guest(stranger):
    stranger.post("/enter/")
    return User.objects.get(is_guest=True)


@pytest.fixture
def guests_story(guest, mei):
    return start_story(guest, mei)


def test_a_guest_needs_neither_name_nor_password(stranger, settings):
    settings.GUESTS = True
    assert stranger.post("/enter/").url == "/"
    guest = User.objects.get()
    assert (guest.is_guest, guest.has_usable_password(), guest.language) == (True, False, "en")
    assert stranger.get("/settings/").status_code == 200


def test_the_same_guest_stays_on_a_second_click(stranger, settings):
    settings.GUESTS = True
    stranger.post("/enter/")
    stranger.post("/enter/")
    assert User.objects.count() == 1


def test_where_guests_are_not_welcome_none_is_made(stranger, settings):
    settings.GUESTS = False
    assert stranger.post("/enter/").status_code == 403
    assert User.objects.count() == 0


def test_looking_at_the_door_makes_nobody(stranger, settings):
    settings.GUESTS = True
    assert stranger.get("/enter/").status_code == 405
    assert User.objects.count() == 0


def test_a_form_that_shows_the_ai_notice_spares_the_dialog(stranger, settings):
    settings.GUESTS = True
    stranger.post("/enter/", {"ai_notice": "read"})
    assert User.objects.get().saw_ai_notice is not None


def test_without_it_the_notice_is_still_to_be_shown(guest):
    assert guest.saw_ai_notice is None


def test_reading_the_notice_is_remembered(guest, stranger):
    assert stranger.post("/ai-notice/", headers={"HX-Request": "true"}).content == b""
    guest.refresh_from_db()
    assert guest.saw_ai_notice is not None


def test_a_guest_never_goes_to_another_site_afterwards(stranger, settings):
    settings.GUESTS = True
    assert stranger.post("/enter/", {"next": "https://elsewhere.example/"}).url == "/"
    assert stranger.post("/enter/", {"next": "/chats/"}).url == "/chats/"


def test_signing_in_brings_the_guests_chats_along(stranger, guest, guests_story, alice):
    answer = stranger.post(
        "/accounts/login/", {"login": "alice", "password": "a lamp in the window"}, follow=True
    )
    assert Conversation.objects.get().user == alice
    assert "Your chats as a guest are here too" in answer.content.decode()
    guest.refresh_from_db()
    assert guest.is_active is False


def test_signing_up_brings_them_along_as_well(stranger, guest, guests_story, settings):
    settings.SIGN_UP = "open"
    words = {"username": "carol", "password1": "a quiet harbour", "password2": "a quiet harbour"}
    stranger.post("/accounts/signup/", words)
    assert Conversation.objects.get().user.username == "carol"


def test_a_wrong_password_leaves_the_guest_in_peace(stranger, guest, guests_story, alice):
    stranger.post("/accounts/login/", {"login": "alice", "password": "guessed"})
    assert Conversation.objects.get().user == guest
    assert stranger.get("/settings/").wsgi_request.user == guest


def test_personas_and_usage_come_too_and_one_persona_stays_in_use(stranger, guest, alice, xiaolin):
    guest.personas.create(name="Robin", is_current=True)
    Usage.objects.create(user=guest, day="2026-05-20", replies=3, output_tokens=30)
    Usage.objects.create(user=alice, day="2026-05-20", replies=4, output_tokens=40)
    stranger.post("/accounts/login/", {"login": "alice", "password": "a lamp in the window"})
    assert set(alice.personas.values_list("name", "is_current")) == {
        ("小林", True),
        ("Robin", False),
    }
    assert list(Usage.objects.values_list("user__username", "replies", "output_tokens")) == [
        ("alice", 7, 70)
    ]


def test_one_member_signing_in_after_another_takes_nothing(alices_browser, story, bob):
    alices_browser.post("/accounts/login/", {"login": "bob", "password": "another lamp"})
    story.refresh_from_db()
    assert story.user.username == "alice"


def test_a_guest_keeps_the_chats_under_a_name_and_stays_signed_in(stranger, guest, guests_story):
    answer = stranger.post("/keep/", {"username": "carol", "password": "a quiet harbour"})
    assert answer.url == "/"
    guest.refresh_from_db()
    assert (guest.username, guest.is_guest) == ("carol", False)
    assert guest.check_password("a quiet harbour")
    assert stranger.get("/settings/").wsgi_request.user == guest


@pytest.mark.parametrize(
    ("username", "password"),
    [("ALICE", "a quiet harbour"), ("carol", "password"), ("carol", "short"), ("", "")],
)
def test_a_taken_name_or_a_weak_password_keeps_nothing_and_says_so(
    stranger, guest, alice, username, password
):
    answer = stranger.post("/keep/", {"username": username, "password": password})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    guest.refresh_from_db()
    assert guest.is_guest


def test_where_sign_up_is_closed_a_guest_cannot_make_an_account(stranger, guest, settings):
    settings.SIGN_UP = "closed"
    words = {"username": "carol", "password": "a quiet harbour"}
    assert stranger.post("/keep/", words).status_code == 403
    guest.refresh_from_db()
    assert guest.is_guest


def test_a_member_has_nothing_to_keep(alices_browser, alice):
    words = {"username": "mallory", "password": "a quiet harbour"}
    assert alices_browser.post("/keep/", words).url == "/"
    alice.refresh_from_db()
    assert alice.username == "alice"


def test_leaving_as_a_guest_is_warned_about(stranger, guest, alices_browser):
    assert "nobody can open these chats again" in stranger.get("/accounts/logout/").content.decode()
    assert "nobody can open" not in alices_browser.get("/accounts/logout/").content.decode()


def test_signing_out_takes_a_click_not_a_link(alices_browser):
    alices_browser.get("/accounts/logout/")
    assert alices_browser.get("/settings/").status_code == 200
    alices_browser.post("/accounts/logout/")
    assert alices_browser.get("/settings/").status_code == 302


def test_a_new_password_keeps_one_signed_in(alices_browser, alice):
    words = {"oldpassword": "a lamp in the window"}
    words["password1"] = words["password2"] = "a lamp in the attic"
    assert alices_browser.post("/accounts/password/", words).url == "/settings/"
    alice.refresh_from_db()
    assert alice.check_password("a lamp in the attic")
    assert alices_browser.get("/settings/").status_code == 200


def test_the_old_password_is_asked_for(alices_browser, alice):
    words = {"oldpassword": "guessed"}
    words["password1"] = words["password2"] = "a lamp in the attic"
    alices_browser.post("/accounts/password/", words)
    alice.refresh_from_db()
    assert alice.check_password("a lamp in the window")


def test_after_signing_in_one_is_where_one_wanted_to_be(stranger, alice):
    page = stranger.get("/accounts/login/", {"next": "/chats/"}).content.decode()
    assert '<input type="hidden" name="next" value="/chats/">' in page
    words = {"login": "alice", "password": "a lamp in the window", "next": "/chats/"}
    assert stranger.post("/accounts/login/", words).url == "/chats/"


def test_nobody_is_led_to_another_site_after_signing_in(stranger, alice):
    words = {"login": "alice", "password": "a lamp in the window"}
    answer = stranger.post("/accounts/login/", {**words, "next": "https://elsewhere.example/"})
    assert answer.url == "/"


def test_a_wrong_password_is_told_at_the_form_and_betrays_no_name(stranger, alice):
    def told(login):
        answer = stranger.post("/accounts/login/", {"login": login, "password": "guessed"})
        return answer.context["form"].non_field_errors()

    assert list(told("alice")) == list(told("nobody"))
    assert told("alice")


def test_who_guesses_for_long_is_told_to_wait(stranger, alice):
    for _try in range(6):
        stranger.post("/accounts/login/", {"login": "alice", "password": "guessed"})
    right = {"login": "alice", "password": "a lamp in the window"}
    assert stranger.post("/accounts/login/", right).status_code != 302
