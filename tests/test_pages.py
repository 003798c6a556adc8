"""The front door, the first run, the pages for what cannot be shown, and rules that hold for all."""

import re
from pathlib import Path

import pytest
from django.test import Client

from characters.models import Character
from roleplay.accounts import setup_code
from roleplay.accounts.models import User
from roleplay.connections.models import Connection
from roleplay.conversations import words
from roleplay.front.context import HTML_LANGUAGES
from roleplay.front.errors import server_error

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = (ROOT / "templates/_icons.html").read_text()


@pytest.fixture
def stranger(db):
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def code(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return setup_code.offer()


def page_of(client, address="/", **query):
    return client.get(address, query).content.decode()


def setup(code, **others):
    return {
        "code": code,
        "username": "lin",
        "password": "keeper of lamps",
        "engine": "demo",
        **others,
    }


def test_a_stranger_meets_the_host_and_may_chat_with_one_click(stranger, mei, settings):
    settings.GUESTS = True
    page = page_of(stranger)
    assert f'action="/characters/{mei.pk}/chat/"' in page
    assert "Chat with Mei now" in page
    assert '<span class="act">Mei looks up.</span>' in page
    assert "what they say is AI-generated" in page


def test_haimeng_is_the_host_where_she_is(stranger, mei):
    Character.objects.create(
        name="海梦", key="haimeng", visibility="public", greeting="「你来啦！」"
    )
    Character.objects.create(name="Newer", visibility="public", greeting="Hello.")
    assert stranger.get("/").context["host"].name == "海梦"


def test_without_guests_one_signs_up(stranger, mei, settings):
    settings.GUESTS, settings.SIGN_UP = False, "open"
    page = page_of(stranger)
    assert "Sign up" in page
    assert "Chat with Mei now" not in page


def test_a_closed_site_says_who_makes_accounts(stranger, mei, settings):
    settings.GUESTS, settings.SIGN_UP = False, "closed"
    page = page_of(stranger)
    assert "New accounts are made by the administrator of this site." in page
    assert "/accounts/signup/" not in page
    assert "By invitation" in page_of(stranger, "/accounts/signup/")


def test_signing_up_on_a_closed_site_makes_nobody(stranger, settings):
    settings.SIGN_UP = "closed"
    carol = {"username": "carol", "password1": "a quiet harbour", "password2": "a quiet harbour"}
    stranger.post("/accounts/signup/", carol)
    assert User.objects.count() == 0


def test_an_empty_site_is_no_error(stranger):
    assert "Nobody is here yet." in page_of(stranger)


def test_a_private_character_is_not_shown_at_the_door(stranger, alice):
    Character.objects.create(name="Hers", owner=alice, greeting="Only for me.")
    assert "Hers" not in page_of(stranger)


def test_a_fresh_site_tells_how_it_is_set_up_and_a_settled_one_does_not(stranger, code, operator):
    assert "no administrator yet" not in page_of(stranger)
    operator.delete()
    assert "no administrator yet" in page_of(stranger)


def test_the_demo_engine_needs_no_connection(stranger, code):
    stranger.post("/first-run/", setup(code))
    assert Connection.objects.count() == 0


def test_a_service_becomes_the_connection_of_the_site(stranger, code):
    service = {
        "engine": "openai",
        "base_url": "https://models.example/v1",
        "key": "sk-0123456789abcdef",
        "model": "qwen-plus-character",
    }
    assert stranger.post("/first-run/", setup(code, **service)).url == "/"
    made = Connection.objects.get()
    assert (made.kind, made.base_url, made.model) == (
        "openai",
        "https://models.example/v1",
        "qwen-plus-character",
    )
    assert (made.usable_key, made.is_default) == ("sk-0123456789abcdef", True)


def test_xingchen_needs_its_key_alone(stranger, code):
    stranger.post("/first-run/", setup(code, engine="xingchen", key="lm-0123456789abcdef"))
    made = Connection.objects.get()
    assert (made.kind, made.base_url) == ("xingchen", "https://nlp.aliyuncs.com")
    assert made.usable_key == "lm-0123456789abcdef"


@pytest.mark.parametrize(
    "lacking",
    [
        {"engine": "openai", "key": "sk-1", "model": "m"},
        {"engine": "openai", "base_url": "https://models.example/v1", "model": "m"},
        {"engine": "openai", "base_url": "https://models.example/v1", "key": "sk-1"},
        {"engine": "openai", "base_url": "file:///etc/passwd", "key": "sk-1", "model": "m"},
        {"engine": "xingchen"},
        {"engine": "local"},
        {"engine": "oracle"},
    ],
)
def test_a_half_described_service_makes_nothing_and_keeps_the_code(stranger, code, lacking):
    assert stranger.post("/first-run/", setup(code, **lacking)).status_code == 422
    assert (User.objects.count(), Connection.objects.count()) == (0, 0)
    assert setup_code.is_right(code)


def test_a_key_is_never_shown_again(stranger, code):
    answer = stranger.post(
        "/first-run/", setup("wrong", engine="xingchen", key="lm-0123456789abcdef")
    )
    assert b"lm-0123456789abcdef" not in answer.content


def test_the_guest_who_sets_the_site_up_keeps_the_chats(stranger, code, mei, settings):
    settings.GUESTS = True
    stranger.post(f"/characters/{mei.pk}/chat/", {"greeting": "0"})
    stranger.post("/first-run/", setup(code))
    assert User.objects.get(is_superuser=True).conversations.count() == 1


def test_a_site_that_is_set_up_sends_to_the_door(stranger, operator):
    assert "The lamp is lit already" in page_of(stranger, "/first-run/")


def test_a_page_that_is_gone_says_so_in_both_languages(stranger):
    answer = stranger.get("/nothing/here/")
    assert answer.status_code == 404
    assert b"This page has turned" in answer.content


def test_an_expired_form_keeps_what_was_typed_and_leads_back(alice):
    strict = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    strict.force_login(alice)
    answer = strict.post(
        "/personas/", {"name": "Robin"}, headers={"Referer": "http://testserver/personas/"}
    )
    assert answer.status_code == 403
    assert b"What you typed is kept" in answer.content
    assert b'href="/personas/"' in answer.content


@pytest.mark.parametrize(
    "before", ["https://elsewhere.example/trap/", "javascript:alert(1)", "//elsewhere.example/"]
)
def test_an_expired_form_never_leads_to_another_site(alice, before):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    answer = strict.post("/personas/", {"name": "Robin"}, headers={"Referer": before})
    assert answer.context["back"] == "/"


def test_when_the_house_itself_breaks_the_page_stands_alone(rf):
    answer = server_error(rf.get("/"))
    assert answer.status_code == 500
    assert b"base.css" in answer.content


@pytest.mark.parametrize("language", sorted(HTML_LANGUAGES))
def test_the_page_says_which_language_it_speaks(db, language):
    page = page_of(Client(headers={"Accept-Language": language}))
    assert f'<html lang="{HTML_LANGUAGES[language]}"' in page


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(stranger):
    policy = stranger.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_keep_to_the_policy(path):
    text = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:|hx-on|hx-vals=.js:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"(?:src|href)=.https?://", text)


def used_icons():
    for trouble in [*words.KINDS.values(), words.UNKNOWN, words.STOPPED, words.INTERRUPTED]:
        yield trouble.icon
    for path in [*TEMPLATES, *(ROOT / "static/js").glob("*.js")]:
        yield from re.findall(r'{% icon "([a-z-]+)" %}', path.read_text())
        yield from re.findall(r"#i-([a-z-]+)", path.read_text())


def test_every_icon_is_drawn_and_every_drawing_is_used():
    drawn = re.findall(r'id="i-([a-z-]+)"', SPRITE)
    assert sorted(drawn) == sorted(set(used_icons()))


def test_the_icon_is_found_under_its_old_name(client):
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/static/img/lamp.svg")
