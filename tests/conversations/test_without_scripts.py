"""A browser without our scripts sends the same forms, and gets whole pages back."""

import pytest
from django.test import Client
from django.urls import reverse

from roleplay.conversations.models import Conversation
from tests.conversations.conftest import the_reply

# What a browser says when a form of its own brings the next page.
NAVIGATING = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def plain(alice) -> Client:
    client = Client(headers={"Accept-Language": "en", "Accept": NAVIGATING})
    client.force_login(alice)
    return client


def send(browser, story, text="Is it broken?", **fields):
    fields = {"send_key": "press-0001", "head": story.head_id, "text": text, **fields}
    return browser.post(reverse("create_message", args=[story.pk]), fields)


def test_sending_leads_back_to_the_chat(plain, story):
    answer = send(plain, story)
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("chat", args=[story.pk])
    the_reply(story)
    assert "Is it broken?" in plain.get(answer.headers["Location"]).content.decode()


def test_another_version_leads_back_to_the_chat(plain, story):
    send(plain, story)
    message = the_reply(story).message
    again = {"send_key": "press-0002", "head": message.pk}
    answer = plain.post(reverse("regenerate", args=[message.pk]), again)
    assert answer.headers["Location"] == reverse("chat", args=[story.pk])
    the_reply(story)


def test_our_scripts_get_the_part_they_ask_for(alices_browser, story):
    answer = send(alices_browser, story)
    assert answer.status_code == 200
    assert b"<html" not in answer.content
    the_reply(story)


@pytest.mark.parametrize("text", ["  \n", "much too long " * 5000])
def test_a_refusal_is_a_page_that_keeps_the_words(plain, story, text):
    answer = send(plain, story, text)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "<html" in page
    assert reverse("chat", args=[story.pk]) in page
    assert text in page
    assert not Conversation.objects.get(pk=story.pk).generations.exists()


def test_a_page_that_is_behind_keeps_the_words_too(plain, story):
    send(plain, story)
    the_reply(story)
    answer = send(plain, story, "Shall I hold it?", send_key="press-0002")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "<html" in page
    assert "went on elsewhere" in page
    assert "Shall I hold it?</textarea>" in page


def test_a_refusal_about_a_message_leads_to_its_chat(plain, story):
    answer = plain.post(reverse("regenerate", args=[story.head_id]), {})
    assert answer.status_code == 422
    assert reverse("chat", args=[story.pk]) in answer.content.decode()
