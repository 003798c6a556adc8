"""Memory over the API: facts and summaries of a talk, and descriptions drawn from a text."""

import json
from collections.abc import Iterator

import pytest

from roleplay.accounts.models import SCOPES
from roleplay.connections.models import Connection
from roleplay.conversations.models import Generation
from tests.api.conftest import Caller
from tests.doubles.talk import REPLY
from tests.doubles.upstream import Upstream, in_thread

MESSAGES = [
    {"role": "system", "content": "我叫系统。"},
    {"role": "user", "content": "你好，我叫小林，我住在杭州。"},
    {"role": "assistant", "content": "杭州的夜里常下雨吧？我喜欢踢足球。", "name": "海梦"},
    {"role": "user", "content": "我们喜欢打篮球，你呢？"},
]
WANTED = [
    {"enabled": True, "memoryText": "姓名"},
    {"memoryText": "喜好"},
    {"enabled": False, "memoryText": "住址"},
]
KV = {"messages": MESSAGES, "kvMemoryConfigs": WANTED}
TEXT = "老周修了一辈子钟。他的铺子在桥头。他从不迟到。"
PATHS = ["extract/kv", "extract/summary", "character/auto/desc"]
BODIES = {PATHS[0]: KV, PATHS[1]: {"messages": MESSAGES}, PATHS[2]: {"text": TEXT}}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with in_thread() as running:
        yield running
        assert running.faults == []


@pytest.fixture
def modelled(db, upstream: Upstream) -> Upstream:
    """A model answers on this site, and says the same whatever it is asked."""
    Connection.objects.create(
        name="Main", kind="openai", base_url=upstream.url, model="lamp-1", is_default=True
    )
    return upstream


def refusal(answer):
    """HTTP status, the vendor's number, and what it says."""
    assert answer.body["success"] is False
    return answer.status, answer.body["errorCode"], answer.body["errorMessage"]


# -- what comes back


def test_facts_are_taken_out_of_a_talk_by_what_is_looked_for(caller):
    data = caller.post("extract/kv", KV).data

    assert data["schemas"] == [
        {"role": "user", "key": "姓名", "value": ["小林"]},
        {"role": "assistant", "key": "喜好", "value": ["踢足球"]},
        {"role": "user", "key": "喜好", "value": ["打篮球"]},
    ]
    assert set(data) == {"schemas", "usage", "context"}


def test_a_talk_is_summed_up_in_what_was_said(caller):
    results = caller.post("extract/summary", {"messages": MESSAGES}).data["memoryResults"]

    assert {"content": "用户：你好，我叫小林，我住在杭州。"} in results
    assert all(set(result) == {"content"} for result in results)


def test_a_description_is_drawn_from_a_text(caller):
    data = caller.post("character/auto/desc", {"type": "text", "text": TEXT}).data

    assert data["content"] == "老周修了一辈子钟。\n他的铺子在桥头。\n他从不迟到。"


@pytest.mark.parametrize("path", PATHS)
def test_usage_and_context_are_those_of_any_answer(caller, path):
    body = caller.post(path, BODIES[path]).body

    usage, context = body["data"]["usage"], body["data"]["context"]
    assert set(usage) == {"inputTokens", "outputTokens", "userTokens", "pluginTokens"}
    assert usage["inputTokens"] > 0 and usage["outputTokens"] > 0
    assert body["requestId"] == context["requestId"] == Generation.objects.get().key.hex


@pytest.mark.parametrize("name", ["modelParameter", "modelParameters"])
@pytest.mark.parametrize("path", PATHS)
def test_both_spellings_of_the_model_s_parameters_are_read(caller, path, name):
    given = {"modelName": "xingchen-base", "topP": 0.8, "seed": 7, "temperature": 1}

    context = caller.post(path, {**BODIES[path], name: given}).data["context"]

    assert context["modelName"] == "xingchen-base"


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_it_is_kept_but_that_it_was_done(caller, alice, path):
    caller.post(path, BODIES[path])

    generation = Generation.objects.get()
    assert (generation.user, generation.api_key) == (alice, caller.key)
    assert (generation.conversation, generation.message, generation.status) == (None, None, "done")
    kept = json.dumps([str(value) for value in vars(generation).values()], ensure_ascii=False)
    assert "小林" not in kept and "老周" not in kept


def test_a_key_that_is_looked_for_twice_is_found_once(caller):
    body = {**KV, "kvMemoryConfigs": [{"memoryText": "姓名"}, {"memoryText": " 姓名 "}]}

    assert len(caller.post("extract/kv", body).data["schemas"]) == 1


# -- with a model


def test_a_model_is_told_what_to_do_and_given_the_talk_as_material(caller, modelled):
    caller.post("extract/kv", {**KV, "modelParameter": {"seed": 11, "maxLength": 300}})

    sent = modelled.last.body
    assert (sent["seed"], sent["max_tokens"]) == (11, 300)
    system, turn = sent["messages"]
    assert (system["role"], turn["role"]) == ("system", "user")
    assert '["姓名", "喜好"]' in system["content"]
    talk = turn["content"].partition("<talk>")[2].partition("</talk>")[0]
    assert json.loads(talk) == [
        {"role": "user", "text": "你好，我叫小林，我住在杭州。"},
        {
            "role": "assistant",
            "name": "海梦",
            "text": "杭州的夜里常下雨吧？我喜欢踢足球。",
        },
        {"role": "user", "text": "我们喜欢打篮球，你呢？"},
    ]


@pytest.mark.parametrize("path", PATHS[:2])
def test_a_model_that_only_talks_is_a_fault_of_the_service(caller, modelled, path):
    assert refusal(caller.post(path, BODIES[path])) == (
        502,
        502,
        "Service Fault: the answer holds no JSON of the kind that was asked for",
    )


def test_a_model_s_description_comes_as_it_was_written(caller, modelled):
    assert caller.post("character/auto/desc", {"text": TEXT}).data["content"] == REPLY


# -- refusals


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("extract/kv", {"messages": MESSAGES}, "kvMemoryConfigs names nothing to look for"),
        (
            "extract/kv",
            {"messages": MESSAGES, "kvMemoryConfigs": WANTED[2:]},
            "kvMemoryConfigs names nothing to look for",
        ),
        ("extract/kv", {**KV, "messages": []}, "messages"),
        ("extract/kv", {"kvMemoryConfigs": WANTED}, "messages"),
        ("extract/summary", {"messages": MESSAGES[:1]}, "messages hold nothing"),
        ("extract/summary", {"messages": [{"role": "user", "content": " "}]}, "messages hold"),
        ("extract/summary", {"messages": "你好"}, "messages"),
        ("extract/kv", {**KV, "modelParameter": {"topP": 2}}, "modelParameter topP"),
        ("character/auto/desc", {}, "text is empty"),
        ("character/auto/desc", {"text": 5}, "text"),
        ("character/auto/desc", {"type": "voice", "text": TEXT}, "type"),
    ],
)
def test_what_cannot_be_done_is_refused_before_an_engine_is_asked(caller, path, body, message):
    status, code, told = refusal(caller.post(path, body))

    assert (status, code) == (400, 400)
    assert told.startswith("Invalid Param: ")
    assert message.split()[0] in told
    assert message in told or "topP" in message
    assert Generation.objects.count() == 0


def test_a_file_s_address_is_not_fetched(caller):
    body = {"type": "file", "fileUrl": "https://example.com/zhou.txt", "fileName": "zhou.txt"}

    assert refusal(caller.post("character/auto/desc", body)) == (
        400,
        415,
        "Service Not Offered: this site fetches no files: send what is in it, with type text",
    )


@pytest.mark.parametrize("path", PATHS)
def test_without_a_key_nothing_is_done(stranger, path):
    assert refusal(stranger.post(path, BODIES[path]))[:2] == (401, 400)


@pytest.mark.parametrize(
    ("path", "scope"),
    [(PATHS[0], "memory"), (PATHS[1], "memory"), (PATHS[2], "characters:write")],
)
def test_a_key_needs_the_scope(transactional_db, alice, path, scope):
    with_it = Caller(alice, [scope])
    without = Caller(alice, [other for other in SCOPES if other != scope])

    assert with_it.post(path, BODIES[path]).status == 200
    status, code, told = refusal(without.post(path, BODIES[path]))
    assert (status, code) == (400, 403)
    assert scope in told
