"""What programs keep belongs to the person whose key they use: it can be read and deleted."""

from django.urls import reverse

from roleplay.conversations.models import Conversation
from roleplay.conversations.replying import start_story


def dialogue(person, character):
    return start_story(person, character, biz_user="game-7", called="Lin")


def test_a_programs_dialogue_has_a_page_of_its_own_and_not_a_place_among_the_chats(
    alices_browser, alice, mei
):
    story = dialogue(alice, mei)
    address = reverse("chat", args=[story.pk])
    assert address in alices_browser.get(reverse("program_chats")).content.decode()
    assert address not in alices_browser.get(reverse("chats")).content.decode()


def test_it_can_be_read_and_deleted(alices_browser, alice, mei):
    story = dialogue(alice, mei)
    assert "Hello, Lin" in alices_browser.get(reverse("chat", args=[story.pk])).content.decode()
    alices_browser.post(reverse("delete_chat", args=[story.pk]))
    assert not Conversation.objects.exists()


def test_bob_sees_nothing_of_it(bobs_browser, alice, mei):
    story = dialogue(alice, mei)
    assert str(story.pk) not in bobs_browser.get(reverse("program_chats")).content.decode()


def test_ones_own_chats_are_not_a_programs(alices_browser, story):
    page = alices_browser.get(reverse("program_chats")).content.decode()
    assert "No program has kept anything yet." in page
