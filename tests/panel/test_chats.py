"""Chats and failed replies in the panel: nothing of their words without a reason on record."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from roleplay.accounts.models import AuditEntry, User
from roleplay.conversations.models import Generation, Message
from roleplay.conversations.replying import start_story

SECRET = "the kite has a crack"


@pytest.fixture
def told(story):
    story.title = f"About {SECRET}"
    story.draft = SECRET
    asked = Message.objects.create(
        conversation=story, parent=story.head, role="user", text=f"<b>{SECRET}</b>"
    )
    reply = Message.objects.create(conversation=story, parent=asked, role="assistant", text=SECRET)
    Generation.objects.create(
        conversation=story,
        message=reply,
        send_key="press",
        status="failed",
        error_kind="timed_out",
        request_id="req-77",
        prompt={"messages": [SECRET]},
        finished=timezone.now(),
    )
    story.head = reply
    story.save()
    return story


def read_url(story):
    return reverse("admin:conversations_conversation_read", args=[story.pk])


def test_lists_and_pages_say_who_and_when_and_how_much_but_no_word(desk, told):
    pages = {
        "list": desk.get(reverse("admin:conversations_conversation_changelist")),
        "one": desk.get(reverse("admin:conversations_conversation_change", args=[told.pk])),
        "errors": desk.get(reverse("admin:conversations_generation_changelist")),
        "error": desk.get(
            reverse("admin:conversations_generation_change", args=[told.generations.get().pk])
        ),
        "person": desk.get(reverse("admin:accounts_user_change", args=[told.user.pk])),
        "home": desk.get(reverse("admin:index")),
        "reason": desk.get(read_url(told)),
    }
    for name, page in pages.items():
        assert page.status_code == 200, name
        assert SECRET not in page.content.decode(), name
    for name in ("list", "one"):
        assert "alice" in pages[name].content.decode()
        assert "Mei" in pages[name].content.decode()
    assert "No answer in time" in pages["errors"].content.decode()
    assert "req-77" in pages["errors"].content.decode()
    assert not AuditEntry.objects.exists()


def test_a_chats_history_page_would_be_headed_by_its_title_so_there_is_none(desk, told):
    url = reverse("admin:conversations_conversation_history", args=[told.pk])
    assert desk.get(url).status_code == 404


@pytest.mark.parametrize(
    ("room", "lookup"),
    [
        ("conversations_conversation", "title__contains"),
        ("conversations_conversation", "draft__contains"),
        ("conversations_conversation", "messages__text__contains"),
        ("conversations_generation", "prompt__contains"),
        ("conversations_generation", "prompt__icontains"),
        ("conversations_generation", "message__text__contains"),
        ("accounts_user", "conversations__messages__text__contains"),
        ("characters_character", "conversations__messages__text__contains"),
    ],
)
def test_no_list_answers_questions_about_words(desk, told, room, lookup):
    url = reverse(f"admin:{room}_changelist")
    for words in (SECRET, "zebra"):
        assert desk.get(url, {lookup: words}).status_code == 400


def test_failed_replies_are_narrowed_by_what_happened(desk, told):
    url = reverse("admin:conversations_generation_changelist")
    assert desk.get(url, {"error_kind": "timed_out"}).context["cl"].result_count == 1
    assert desk.get(url, {"error_kind": "empty"}).context["cl"].result_count == 0


def test_searching_chats_looks_at_people_and_characters_only(desk, told):
    url = reverse("admin:conversations_conversation_changelist")
    assert desk.get(url, {"q": "crack"}).context["cl"].result_count == 0
    assert desk.get(url, {"q": "alice"}).context["cl"].result_count == 1
    assert desk.get(url, {"q": "mei"}).context["cl"].result_count == 1


@pytest.mark.parametrize("reason", ["", "   ", "because", " " * 30])
def test_reading_without_a_reason_shows_nothing_and_writes_nothing(desk, told, reason):
    page = desk.post(read_url(told), {"reason": reason})
    assert SECRET not in page.content.decode()
    assert list(page.context["form"].errors) == ["reason"]
    assert not AuditEntry.objects.exists()


def test_reading_with_a_reason_is_written_down_and_then_shown(desk, told, operator):
    page = desk.post(read_url(told), {"reason": "Report 12: threats against a minor"})
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.reason) == (
        operator,
        "chat.read",
        "Report 12: threats against a minor",
    )
    assert entry.target == f"{told.pk} (alice)"
    assert f"&lt;b&gt;{SECRET}&lt;/b&gt;" in page.content.decode()
    assert f"<b>{SECRET}" not in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]


def test_reading_twice_is_written_down_twice(desk, told):
    for _time in range(2):
        desk.post(read_url(told), {"reason": "Looking into report 12"})
    assert AuditEntry.objects.count() == 2


def test_what_cannot_be_written_down_is_not_shown(desk, told, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError("no space left")

    monkeypatch.setattr(AuditEntry.objects, "create", full)
    with pytest.raises(OSError):
        desk.post(read_url(told), {"reason": "Looking into report 12"})


def test_only_staff_with_the_right_may_read(told, alices_browser):
    assert alices_browser.post(read_url(told), {"reason": "It is my own story"}).status_code == 302
    clerk = User.objects.create_user("clerk", is_staff=True)
    browser = Client()
    browser.force_login(clerk)
    assert browser.post(read_url(told), {"reason": "I am curious about it"}).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    assert browser.post(read_url(told), {"reason": "Looking into report 12"}).status_code == 200
    assert AuditEntry.objects.get().actor == clerk


@pytest.mark.parametrize("room", ["conversation", "generation"])
def test_chats_and_replies_cannot_be_changed_or_removed_here(desk, told, room):
    pk = told.pk if room == "conversation" else told.generations.get().pk
    for act in ("change", "delete"):
        url = reverse(f"admin:conversations_{room}_{act}", args=[pk])
        assert desk.post(url, {"post": "yes", "title": "x"}).status_code == 403
    assert desk.get(reverse(f"admin:conversations_{room}_add")).status_code == 403


def test_the_list_costs_as_many_queries_for_three_chats_as_for_one(
    desk, told, mei, alice, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from roleplay.conversations.replying import start_story

    url = reverse("admin:conversations_conversation_changelist")
    with CaptureQueriesContext(connection) as one:
        desk.get(url)
    start_story(alice, mei)
    start_story(alice, mei)
    with django_assert_num_queries(len(one)):
        desk.get(url)


def test_the_dialogues_of_programs_are_told_apart_from_the_chats_of_people(desk, story, mei, bob):
    held = start_story(bob, mei, biz_user="rider-1")
    address = reverse("admin:conversations_conversation_changelist")

    def found(query=""):
        rows = desk.get(address + query).context["cl"].result_list
        return {(row.pk, bool(row.biz_user)) for row in rows}

    assert found() == {(story.pk, False), (held.pk, True)}
    assert found("?held_by=people") == {(story.pk, False)}
    assert found("?held_by=programs") == {(held.pk, True)}
    page = desk.get(address).content.decode()
    assert (page.count("icon-yes"), page.count("icon-no")) == (1, 1)
    assert "rider-1" not in page
