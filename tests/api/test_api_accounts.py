"""What calls cost and leave behind: one account for the browser and for programs."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from roleplay.accounts.models import Usage
from roleplay.conversations import replying
from roleplay.conversations.models import Conversation, Generation
from roleplay.panel.today import Today
from tests.api.conftest import to_the_end
from tests.api.said import THROTTLED, masked

CANARY = "canary-0c7d"
SHEET = {"name": f"Mei {CANARY}", "content": f"Mei mends kites, {CANARY}."}


def spoken(text: str = f"Hello {CANARY}.") -> list[dict[str, Any]]:
    return [
        {"role": "system", "content": f"It rains {CANARY}."},
        {"role": "user", "content": text},
    ]


def ways(text: str = f"Hello {CANARY}.") -> dict[str, tuple[str, dict[str, Any]]]:
    """Every way of asking for an answer that is kept nowhere."""
    person = {"userId": f"u-{CANARY}", "userName": f"Lin {CANARY}", "basicInfo": CANARY}
    more: dict[str, Any] = {
        "scenario": {"description": f"A roof {CANARY}."},
        "sampleMessages": [{"role": "user", "content": CANARY}],
        "memory": {"summaries": [CANARY], "tags": [{"key": CANARY, "value": [CANARY]}]},
        "userProfile": person,
    }
    role = {"botProfile": SHEET, **more}
    group = {"botProfiles": [SHEET], "replySetting": {"botName": SHEET["name"]}, **more}
    group["groupInfo"] = {"name": CANARY}
    tools = [{"id": CANARY, "function": {"name": CANARY, "description": CANARY}}]
    said = {"messages": spoken(text)[1:]}
    return {
        "chat/send": ("chat/send", {"input": {"messages": spoken(text), "aca": role}}),
        "completions": ("completions", {"messages": spoken(text), "tools": tools, "user": CANARY}),
        "chat/completions": ("chat/completions", {"messages": spoken(text), "aca": role}),
        "groupchat/send": ("groupchat/send", {"input": {**said, "aca": group}}),
        "groupchat/nextSpeaker": ("groupchat/nextSpeaker", {"input": {**said, "aca": group}}),
        "extract/kv": (
            "extract/kv",
            {**said, "kvMemoryConfigs": [{"enabled": True, "memoryText": f"name {CANARY}"}]},
        ),
        "extract/summary": ("extract/summary", said),
        "character/auto/desc": ("character/auto/desc", {"type": "text", "text": f"Mei {CANARY}"}),
    }


every_way = pytest.mark.parametrize("way", sorted(ways()))


def used(user: Any) -> tuple[int, int, int]:
    """Replies and tokens of today, as they are charged."""
    row = Usage.objects.filter(user=user, day=timezone.localdate()).first()
    return (row.replies, row.input_tokens, row.output_tokens) if row else (0, 0, 0)


def dump() -> str:
    """Everything in the database as text, what the search keeps of it included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += cursor.fetchall()
    return repr(rows)


@every_way
def test_an_answer_is_written_down_and_charged_without_a_word_of_it(caller, alice, way):
    path, body = ways()[way]
    answer = caller.post(path, body)
    assert answer.status == 200, answer.text
    generation = Generation.objects.get()
    assert (generation.user, generation.api_key, generation.status) == (alice, caller.key, "done")
    assert (generation.conversation, generation.message, generation.prompt) == (None, None, {})
    assert (generation.provider, generation.model) == ("demo", "demo")
    assert used(alice) == (1, generation.input_tokens, generation.output_tokens)
    assert generation.input_tokens > 0 < generation.output_tokens
    assert Conversation.objects.count() == 0
    assert CANARY not in dump()


@pytest.mark.parametrize("way", ["chat/send", "completions", "chat/completions", "groupchat/send"])
def test_a_stream_too(caller, alice, way):
    path, body = ways()[way]
    answer = caller.stream(path, {**body, "stream": True})
    assert answer.status == 200
    generation = Generation.objects.get()
    assert (generation.api_key, generation.status) == (caller.key, "done")
    assert used(alice) == (1, generation.input_tokens, generation.output_tokens)
    assert CANARY not in dump()


def test_what_fails_is_no_word_either(caller, alice):
    for text in (f"/demo fail upstream late\n{CANARY}", "/demo fail broke_off"):
        caller.stream(*ways(text)["chat/send"])
    assert CANARY not in dump()


def test_the_other_door_too(caller, alice, mei):
    body = {"model": f"character/{mei.pk}", "messages": spoken(), "user": CANARY}
    assert caller.ask("chat/completions", body).status == 200
    generation = Generation.objects.get()
    assert (generation.user, generation.api_key) == (alice, caller.key)
    assert used(alice) == (1, generation.input_tokens, generation.output_tokens)
    assert CANARY not in dump()


def test_each_of_several_answers_is_charged(caller, alice, custom):
    custom["input"]["aca"]["context"] = {"resultCount": 3}
    caller.post("chat/send", custom)
    assert used(alice)[0] == Generation.objects.filter(status="done").count() == 3


def dialogue(mei: Any, text: str) -> dict[str, Any]:
    aca = {"botProfile": {"characterId": mei.pk.hex}, "userProfile": {"userId": "u-1"}}
    return {"input": {"messages": [{"role": "user", "content": text}], "aca": aca}}


def test_a_saved_answer_is_the_same_row_as_one_in_the_browser(caller, alice, mei, story):
    caller.post("chat/send", dialogue(mei, "What are you mending?"))
    by_program = Generation.objects.get()
    by_hand = to_the_end(replying.start_reply(story, "What are you mending?", replying.Act("p")))
    assert (by_program.api_key, by_hand.api_key) == (caller.key, None)
    for name in ("user", "provider", "model", "status", "finish_reason", "connection"):
        assert getattr(by_program, name) == getattr(by_hand, name)
    assert by_program.prompt.keys() == by_hand.prompt.keys()
    assert by_program.prompt["character"] | {"greeting": "", "description": ""} == (
        by_hand.prompt["character"] | {"greeting": "", "description": ""}
    )
    assert used(alice)[0] == 2


@pytest.mark.usefixtures("impatient")
def test_what_failed_is_not_charged_and_counts_as_failed(caller, alice, mei, custom):
    custom["input"]["messages"][0]["content"] = "/demo fail upstream"
    caller.post("chat/send", custom)
    caller.post("chat/send", dialogue(mei, "/demo fail refused"))
    assert used(alice) == (0, 0, 0)
    today = Today()
    assert (today.replies, today.failed) == (2, 2)
    kinds = {row["error_kind"]: row["count"] for row in today.errors}
    assert kinds == {"upstream": 1, "refused": 1}


@pytest.mark.usefixtures("impatient")
def test_the_operator_sees_programs_failures_among_the_others(caller, custom, operator):
    custom["input"]["messages"][0]["content"] = "/demo fail upstream late"
    caller.post("chat/send", custom)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(operator)
    page = browser.get(reverse("admin:conversations_generation_changelist"))
    assert page.status_code == 200
    assert page.context["cl"].result_count == 1


def test_programs_and_people_share_a_day(caller, alice, mei, custom, story, settings):
    settings.REPLIES_PER_DAY = 2
    to_the_end(replying.start_reply(story, "Hello.", replying.Act("p")))
    assert caller.post("chat/send", custom).status == 200
    answer = caller.post("chat/send", custom)
    told = masked(answer.body | {"retryAfter": 1})
    assert told == THROTTLED("the quota is 2 replies a day", 1)
    assert used(alice)[0] == 2


def test_what_is_stopped_is_charged_for_what_was_said(caller, alice, custom):
    custom["input"]["messages"][0]["content"] = "/demo silent"
    stream = caller.begin("chat/send", custom)
    generation = Generation.objects.get()
    caller.post("chat/stop", {"requestId": generation.key.hex})
    caller.heard(stream)
    # Nothing was: it counts for nothing.
    assert (to_the_end(generation).status, used(alice)) == ("stopped", (0, 0, 0))


def test_a_key_says_when_it_was_used(caller, custom):
    assert caller.key.last_used is None
    before = timezone.now()
    caller.post("chat/send", custom)
    caller.key.refresh_from_db()
    assert before <= caller.key.last_used <= timezone.now()


def test_a_revoked_keys_rows_stay(caller, alice, custom):
    caller.post("chat/send", custom)
    alice.api_keys.all().delete()
    generation = Generation.objects.get()
    assert (generation.user, generation.api_key) == (alice, None)
    assert used(alice)[0] == 1


def test_no_secret_is_in_the_database(caller, custom):
    caller.post("chat/send", custom)
    secret = caller.headers["Authorization"].split()[1]
    text = dump()
    assert caller.key.digest in text
    assert secret not in text
    assert secret[10:] not in text


def test_nobody_else_is_charged(caller, bobs_caller, bob, custom):
    caller.post("chat/send", custom)
    assert used(bob) == (0, 0, 0)
    bobs_caller.post("chat/send", custom)
    assert used(bob)[0] == 1
