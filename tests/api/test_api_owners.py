"""What is alice's is not there for bob: every call of his key with every id of hers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core import serializers

from characters.models import Character, CharacterVersion
from roleplay.accounts import api_keys
from roleplay.accounts.models import SCOPES, ApiKey, Usage, User
from roleplay.api.models_door import ROUTES as MODEL_ROUTES
from roleplay.api.routes import ROUTES
from roleplay.conversations.models import Conversation, Generation, Message
from tests.api.conftest import Answer, Caller
from tests.api.said import NO_PERMISSION, NOT_FOUND, masked, whole

KEPT = [Character, CharacterVersion, Conversation, Message, Generation, ApiKey, Usage, User]
NOT_OFFERED = ("knowledge_base/", "common/file/", "chatFlow/")
# They name nothing that is anybody's: what they are asked is all there is.
OF_NOBODY = {
    *("completions", "chat/completions", "groupchat/send", "groupchat/nextSpeaker"),
    *("extract/kv", "extract/summary", "character/auto/desc", "character/create"),
    *("models", "chat/polling/image"),
}
NO_VERSIONS = "aca.error.no.permission.mgmt.version"


def everything() -> str:
    """Every row, but for when bob's key was last used."""
    rows = [row for model in KEPT for row in model._base_manager.order_by("pk")]
    told = json.loads(serializers.serialize("json", rows))
    for row in told:
        row["fields"].pop("last_used", None)
    return json.dumps(told)


@dataclass(frozen=True)
class Hers:
    """Alice's character, a dialogue with it, and an answer that is being written."""

    character: str
    question: str
    answer: str
    running: str
    dialogue: str


@pytest.fixture
def hers(caller: Caller, alice: User) -> Iterator[Hers]:
    sheet = {"name": "Pip", "basicInformation": "A canary: nobody else is to read this."}
    character = caller.post("character/create", sheet).data["characterId"]
    caller.post("character/createOrUpdateVersion", {**sheet, "characterId": character})
    context = caller.post("chat/send", said(character, "Hello.")).data["context"]
    stream = caller.begin("chat/send", said(character, "/demo silent", "u-2"))
    running = Generation.objects.running().get().key.hex
    yield Hers(character, context["queryId"], context["answerId"], running, context["sessionId"])
    assert caller.post("chat/stop", {"requestId": running}).data is True
    assert caller.heard(stream).events[-1][1]["stop"] is True


def said(character: str, text: str, user: str = "u-1", **context: Any) -> dict[str, Any]:
    aca = {
        "botProfile": {"characterId": character, "version": 1},
        "userProfile": {"userId": user},
        "context": context,
    }
    return {"input": {"messages": [{"role": "user", "content": text}], "aca": aca}}


def calls(hers: Hers, mei: Character) -> Iterator[tuple[str, Any, Any]]:
    """Path, how it is called with alice's ids, and what bob is to be told."""
    there_is_none = NOT_FOUND("there is no such character")
    sheet = {"name": "Bob's", "basicInformation": "Taken over."}
    named = {"characterId": hers.character, "version": 1}

    def post(path: str, body: Any, expected: Any, **headers: str) -> tuple[str, Any, Any]:
        return path, lambda program: program.post(path, body, **headers), expected

    def get(path: str, expected: Any, **query: Any) -> tuple[str, Any, Any]:
        return path, lambda program: program.get(path, **query), expected

    for path in ("chat/send", "chat/generate"):
        yield post(path, said(hers.character, "Hi."), there_is_none)
        yield post(path, said(hers.character, "Hi.", useChatHistory=False), there_is_none)
    regenerate = said(mei.pk.hex, "Hi.", isRegenerate=True, queryId=hers.question)
    yield post("chat/send", regenerate, NOT_FOUND("there is no dialogue with this user"))
    yield post("chat/stop", {"requestId": hers.running, "content": "x"}, whole(False))
    rating = {"messageId": hers.answer, "rating": 1}
    no_answer = NOT_FOUND("there is no such answer; only saved ones can be rated")
    yield post("chat/rating", rating, no_answer)
    note = {"characterId": hers.character, "bizUserId": "u-1", "content": "Obey."}
    for path in ("chat/reminder", "chat/message/reminder"):
        yield post(path, note, there_is_none)
    yield post("chat/reset", {"characterId": hers.character, "userId": "u-1"}, there_is_none)
    nothing = {"list": [], "page": 1, "pageSize": 10, "total": 0, "pageOffsetValue": 0}
    for where in (
        {"characterId": hers.character},
        {"sessionId": hers.dialogue},
        {"messageIds": [hers.answer, hers.question]},
        {"bizUserId": "u-1"},
    ):
        yield post("chat/message/histories", {"where": where}, whole(nothing))
    yield post("character/update", {**sheet, **named}, None)
    yield post("character/delete", named, None)
    yield post("character/createOrUpdateVersion", {**sheet, **named}, None)
    yield get("character/details", None, **named)
    yield post("character/search", {"where": {"characterName": "Pip"}}, whole(nothing))
    for path in ("character/versions/", "character/newversion/recommend/"):
        yield get(path + hers.character, None)
    model = f"character/{hers.character}"
    yield f"models/{model}", lambda program: program.get(f"models/{model}", "/v1/"), None
    body = {"model": model, "messages": [{"role": "user", "content": "Hi."}]}
    yield "chat/completions", lambda program: program.ask("chat/completions", body), None


def is_not_there(answer: Answer) -> bool:
    """As for an id that never was; managing versions is refused under a number of its own."""
    if "error" in answer.body:
        return answer.status == 404 and answer.body["error"]["code"] == "model_not_found"
    key = answer.body.get("errorMessageKey")
    return answer.status == 400 and key in ("aca.error.notfound", NO_VERSIONS)


def test_bob_finds_and_changes_nothing_of_alices(hers, bobs_caller, mei):
    before = everything()
    for path, ask, expected in calls(hers, mei):
        answer = ask(bobs_caller)
        if expected is None:
            assert is_not_there(answer), (path, answer.text)
        else:
            assert masked(answer.body) == expected, path
        assert "canary" not in answer.text
        assert everything() == before, path
    assert Generation.objects.running().get().key.hex == hers.running


def test_what_is_not_alices_to_know_looks_as_what_never_was(hers, bobs_caller, mei):
    """The same words for her ids and for nobody's."""
    nobody = "0" * 32
    never = Hers(nobody, nobody, nobody, nobody, nobody)
    for (path, ask, _), (_, again, _) in zip(calls(hers, mei), calls(never, mei), strict=True):
        found, missing = ask(bobs_caller), again(bobs_caller)
        assert found.status == missing.status, path
        plain = masked(found.body), masked(missing.body)
        told = [
            str(body).replace(hers.character, nobody).replace(hers.running, nobody)
            for body in plain
        ]
        assert told[0] == told[1], path


def test_streams_of_it_are_refused_too(hers, bobs_caller):
    before = everything()
    for path in ("chat/send", "chat/generate"):
        ((name, body),) = bobs_caller.stream(path, said(hers.character, "Hi.")).events
        assert (name, masked(body)) == ("error", NOT_FOUND("there is no such character"))
    assert everything() == before


def test_a_character_that_is_shared_shares_no_dialogue(hers, caller, bobs_caller):
    """Bob may talk to it; what was said to alice he does not hear."""
    Character.objects.filter(pk=hers.character).update(visibility="public")
    for context in (
        {"isRegenerate": True, "queryId": hers.question},
        {"answerId": hers.answer},
    ):
        answer = bobs_caller.post("chat/send", said(hers.character, "Hi.", **context))
        assert answer.body["errorName"] == "NotFound"
    bobs_caller.post("chat/send", said(hers.character, "Hi."))
    alices, bobs = Conversation.objects.filter(biz_user="u-1").order_by("created")
    assert (alices.user_id, bobs.user_id) == (caller.key.user_id, bobs_caller.key.user_id)
    assert len(alices.thread()) == 2
    prompt = Generation.objects.filter(user=bobs_caller.key.user).latest("pk").prompt
    assert [turn["text"] for turn in prompt["turns"]] == ["Hi."]


def test_staff_have_no_more_with_a_key_than_others(hers, operator):
    program = Caller(operator)
    before = everything()
    answer = program.post("chat/rating", {"messageId": hers.answer, "rating": 1})
    assert answer.body["errorName"] == "NotFound"
    assert program.post("chat/stop", {"requestId": hers.running}).data is False
    found = program.post("chat/message/histories", {"where": {"sessionId": hers.dialogue}})
    assert found.data["total"] == 0
    assert everything() == before


def test_two_keys_of_one_person_are_one_person(hers, alice):
    _, secret = api_keys.issue(alice, "another program", SCOPES)
    program = Caller(secret=secret)
    rating = program.post("chat/rating", {"messageId": hers.answer, "rating": 5})
    assert masked(rating.body) == whole(True)


def test_every_path_is_in_this_table(hers, mei):
    """A route that is added has to be asked here for what is another's."""
    asked = {path.replace(hers.character, "") for path, _, _ in calls(hers, mei)}
    steps = {route.path.partition("{")[0] for route in [*ROUTES, *MODEL_ROUTES]}
    offered = {path for path in steps if not path.startswith(NOT_OFFERED)}
    assert offered - OF_NOBODY <= asked
    assert asked <= offered


def test_what_the_wrong_scope_opens_is_nothing_even_of_ones_own(hers, alice):
    _, secret = api_keys.issue(alice, "reads", ["characters:read"])
    answer = Caller(secret=secret).post("chat/stop", {"requestId": hers.running})
    assert masked(answer.body) == NO_PERMISSION("this key has no scope chat")
