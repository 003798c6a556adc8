"""The tree: where a story begins, how it is read, and what the database itself refuses."""

import pytest
from django.db import IntegrityError
from django.utils import timezone

from roleplay.conversations.models import Generation, Message
from roleplay.conversations.replying import Act, StaleHead, select_swipe, start_story


def test_a_story_begins_with_the_scene_and_the_greeting(alice, mei, xiaolin):
    story = start_story(alice, mei)
    root = story.messages.get(parent=None)
    assert (root.role, root.text) == ("system", "A roof, late wind.")
    assert [m.text for m in story.thread()] == ["*Mei looks up.* “Hello, 小林.”"]


def test_every_greeting_is_an_alternate_of_the_first_message(alice, mei):
    story = start_story(alice, mei, greeting=1)
    assert story.head is not None
    assert [m.text for m in story.head.swipes()] == [
        "*Mei looks up.* “Hello, you.”",
        "“You again?”",
    ]
    assert story.head.text == "“You again?”"


def test_a_greeting_that_does_not_exist_gives_the_first(alice, mei):
    story = start_story(alice, mei, greeting=7)
    assert story.head is not None
    assert story.head.text.startswith("*Mei looks up.*")


def test_a_character_without_a_greeting_waits_for_the_person(alice, mei):
    mei.greeting, mei.alternate_greetings = "", []
    story = start_story(alice, mei)
    assert story.thread() == []
    assert story.head is not None
    assert story.head.role == "system"


def test_a_name_that_looks_like_a_placeholder_is_put_in_once(alice, mei):
    persona = alice.personas.create(name="{{char}}", is_current=True)
    story = start_story(alice, mei, persona=persona)
    assert story.thread()[0].text == "*Mei looks up.* “Hello, {{char}}.”"


def test_choosing_a_greeting_moves_the_head(story):
    first, second = story.head.swipes()
    assert select_swipe(second, Act("", first.pk)) == second
    story.refresh_from_db()
    assert story.head == second


def test_choosing_from_an_old_page_changes_nothing(story):
    first, second = story.head.swipes()
    select_swipe(second, Act("", first.pk))
    with pytest.raises(StaleHead):
        select_swipe(first, Act("", first.pk))
    story.refresh_from_db()
    assert story.head == second


@pytest.fixture
def long_story(story):
    """Two hundred messages below the greeting."""
    parent = story.head
    for number in range(200):
        role = "assistant" if number % 2 else "user"
        parent = story.messages.create(role=role, parent=parent, text=str(number))
    story.head = parent
    story.save()
    return story


def test_a_greeting_of_a_long_story_leads_to_its_end_in_one_query(
    long_story, django_assert_max_num_queries
):
    first, second = long_story.thread()[0].swipes()
    end = long_story.head
    select_swipe(second, Act("", end.pk))
    with django_assert_max_num_queries(4):
        assert select_swipe(first, Act("", second.pk)) == end


def test_the_end_of_a_long_thread_is_read_alone(long_story, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert [m.text for m in long_story.thread(last=3)] == ["197", "198", "199"]


def test_older_messages_are_read_from_where_the_page_begins(long_story):
    page = long_story.thread(last=3)
    assert [m.text for m in long_story.thread(last=3, before=page[0].pk)] == ["194", "195", "196"]


def test_the_first_page_ends_at_the_greeting_and_not_at_the_scene(long_story):
    thread = long_story.thread()
    assert len(thread) == 201
    assert thread[0].role == "assistant"


def test_a_head_in_another_conversation_is_refused_by_the_database(alice, mei, story):
    other = start_story(alice, mei)
    other.head = story.head
    with pytest.raises(IntegrityError):
        other.save()


def test_a_parent_in_another_conversation_is_refused_by_the_database(alice, mei, story):
    other = start_story(alice, mei)
    with pytest.raises(IntegrityError):
        other.messages.create(role="user", parent=story.head, text="lost?")


def test_a_second_root_is_refused_by_the_database(story):
    with pytest.raises(IntegrityError):
        story.messages.create(role="system", text="another scene")


@pytest.mark.parametrize(
    "fields",
    [{"role": "narrator"}, {"role": "user", "parent": None}],
    ids=["an unknown role", "a root that is no scene"],
)
def test_a_wrong_message_is_refused_by_the_database(story, fields):
    with pytest.raises(IntegrityError):
        Message.objects.create(**{"conversation": story, "parent": story.head, **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "lost"},
        {"status": "done"},
        {"status": "waiting", "finished": timezone.now()},
    ],
    ids=["an unknown status", "ended without a time", "running with one"],
)
def test_a_wrong_generation_is_refused_by_the_database(story, fields):
    with pytest.raises(IntegrityError):
        Generation.objects.create(
            conversation=story, message=story.head, send_key="press-0001", **fields
        )


def test_two_replies_cannot_run_in_one_conversation(story):
    Generation.objects.create(conversation=story, message=story.head, send_key="press-0001")
    with pytest.raises(IntegrityError):
        Generation.objects.create(conversation=story, message=story.head, send_key="press-0002")
    Generation.objects.all().update(status="stopped", finished=timezone.now())


def test_text_is_stored_raw_but_for_what_no_database_can_hold(story):
    text = "  *摸摸* <b>&amp; {{user}} \u2028 \u202e \ud83d end\x00  \r\n"
    message = story.messages.create(role="user", parent=story.head, text=text)
    message.refresh_from_db()
    assert message.text == "  *摸摸* <b>&amp; {{user}} \u2028 \u202e \ufffd end\ufffd  \r\n"
