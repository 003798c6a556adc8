"""In the panel: who waits to be published, what others may do, and what was taken away."""

import pytest
from django.test import Client
from django.urls import reverse

from characters.models import Character

LIST = reverse("admin:characters_character_changelist")


@pytest.fixture
def desk(operator):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(operator)
    return client


def listed(desk, **question):
    return [one.name for one in desk.get(LIST, question).context["cl"].result_list]


def test_those_who_wait_are_found_and_either_answer_ends_the_waiting(desk, alice, mei):
    for name in ("Pip", "Pipa"):
        Character.objects.create(owner=alice, name=name, asks_public=True)
    assert sorted(listed(desk, asks_public__exact="1")) == ["Pip", "Pipa"]

    for name, action in (("Pip", "publish"), ("Pipa", "unpublish")):
        chosen = Character.objects.get(name=name).pk
        desk.post(LIST, {"action": action, "_selected_action": [chosen]})

    assert listed(desk, asks_public__exact="1") == []
    assert Character.objects.get(name="Pip").visibility == "public"
    assert Character.objects.get(name="Pipa").visibility == "private"


def test_what_was_taken_away_is_listed_apart_and_is_not_published(desk, alice, story, mei):
    mei.remove()
    Character.objects.create(owner=alice, name="Pip")

    assert (listed(desk, removed="yes"), listed(desk, removed="no")) == (["Mei"], ["Pip"])
    desk.post(LIST, {"action": "publish", "_selected_action": [mei.pk]})

    mei.refresh_from_db()
    assert mei.visibility == "private"
    assert desk.get(reverse("admin:characters_character_change", args=[mei.pk])).status_code == 200


def test_saving_the_form_changes_what_others_may_do_and_not_the_version(desk, mei):
    mei.new_version({})
    url = reverse("admin:characters_character_change", args=[mei.pk])
    given = {
        "name": "Mei",
        "kind": "virtual",
        "language": "en",
        "visibility": "public",
        "allows_chat": "on",
        "version": "7",
        "params-name": "",
        "params-text": "",
    }

    assert desk.post(url, given).status_code == 302

    mei.refresh_from_db()
    assert (mei.allows_chat, mei.allows_api, mei.version) == (True, False, 2)
