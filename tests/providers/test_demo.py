"""The demo engine: Mei mends kites, Hui keeps a tea house; nobody behind them is a model."""

import json
import random
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from characters.models import Character
from characters.starters import FOLDER, read_starter
from roleplay.prompting.build import build_prompt
from roleplay.providers import base
from roleplay.providers.base import (
    CharacterSheet,
    Delta,
    Pause,
    PersonaSheet,
    Prompt,
    ProviderError,
    Receipt,
    Replacement,
    Tool,
    ToolCall,
    Turn,
    Usage,
)
from roleplay.providers.demo import DemoProvider
from roleplay.providers.demo.engine import BUSY, LONG_SILENCE, estimated_tokens, in_pieces
from roleplay.providers.demo.orders import FAILURES
from roleplay.text import language_of

pytestmark = pytest.mark.anyio

MEI = CharacterSheet(
    name="Mei",
    sex="female",
    birthday="3 March",
    age=31,
    tagline="Mends kites on the roof.",
    description="Mei has mended kites for nine years and keeps every broken string.",
    traits="Hums when she is thinking. Never says a kite is broken.",
    greeting="*Mei looks up.* “Mind the string.”",
    language="en",
)
HUI = CharacterSheet(
    name="阿慧",
    sex="女",
    birthday="立春",
    tagline="巷口茶馆的老板娘。",
    description="开了十二年茶馆。记得每个客人爱喝的茶。",
    traits="说话慢，听人说话更慢。",
    greeting="*阿慧擦干了手。*「来啦，坐。」",
)
EXAMPLES = (
    Turn("user", "Is the red kite broken?"),
    Turn("assistant", "*She lifts it to the light.* “Only resting, and I would let it rest.”"),
)


def prompt_for(character, *texts, **parts):
    """A conversation that begins with the greeting; texts alternate, the person's first."""
    turns = [Turn("assistant", character.greeting)]
    for place, text in enumerate(texts):
        turns.append(Turn("assistant" if place % 2 else "user", text))
    return Prompt(character, PersonaSheet("opaque", "Robin"), tuple(turns), **parts)


class Clock:
    """Nobody sleeps in these stories; the clock remembers how long they would have."""

    def __init__(self):
        self.naps = []

    async def sleep(self, seconds):
        self.naps.append(seconds)


def engine(seed=7, pace=0.0, clock=None):
    return DemoProvider(pace=pace, seed=seed, sleep=(clock or Clock()).sleep)


async def pieces_of(prompt, provider=None):
    provider = provider or engine()
    return [piece async for piece in provider.stream(provider.body(prompt), prompt)]


async def reply_to(prompt, seed=7):
    return text_in(await pieces_of(prompt, engine(seed)))


def text_in(pieces):
    text = ""
    for piece in pieces:
        match piece:
            case Delta(more):
                text += more
            case Replacement(whole):
                text = whole
    return text


async def trouble_with(prompt, clock=None):
    """What came before the failure, and the failure."""
    provider, seen = engine(clock=clock), []
    with pytest.raises(ProviderError) as trouble:
        async for piece in provider.stream(provider.body(prompt), prompt):
            seen.append(piece)
    return seen, trouble.value


# -- what it says of itself


def test_the_body_says_that_no_model_is_asked_and_what_the_engine_was_given():
    prompt = prompt_for(MEI, "Hello", scenario="A roof.", examples=EXAMPLES)

    body = json.loads(json.dumps(engine().body(prompt)))

    assert (body["engine"], body["seed"]) == ("demo", 7)
    assert "No model is asked" in body["note"]
    assert (body["character"]["name"], body["persona"]["name"]) == ("Mei", "Robin")
    assert body["scenario"] == "A roof."
    assert body["turns"][-1] == {"role": "user", "text": "Hello"}
    assert "opaque" not in json.dumps(body)


@pytest.mark.parametrize(
    "question",
    [
        "Are you an AI?",
        "are you real?",
        "Wait. *I step back.* “Are you a real person?”",
        "which model are you",
        "is this AI?",
        "((are you chatgpt))",
        "Am I talking to a human?",
    ],
)
async def test_asked_whether_it_is_a_model_it_says_plainly_that_it_is_not(question):
    reply = await reply_to(prompt_for(MEI, question))

    assert "demo engine is answering" in reply
    assert "prepared lines" in reply


@pytest.mark.parametrize(
    "question",
    ["你是AI吗？", "你是不是真人", "你是真的吗", "「你……是机器人吗？」", "现在用的是什么模型？"],
)
async def test_asked_in_chinese_it_says_so_in_chinese(question):
    reply = await reply_to(prompt_for(HUI, question))

    assert "演示引擎" in reply
    assert re.search("不是 AI 模型|没有模型", reply)


@pytest.mark.parametrize("words", ["你是谁家的孩子？", "Are you really going to the market?"])
async def test_other_questions_are_answered_in_the_story(words):
    assert "((" not in await reply_to(prompt_for(MEI, words))


@pytest.mark.parametrize(
    ("character", "words", "answer"),
    [(MEI, "i want to kill myself", "someone you trust"), (HUI, "我不想活了", "信得过的人")],
)
async def test_someone_in_danger_gets_no_play(character, words, answer):
    reply = await reply_to(prompt_for(character, words))

    assert answer in reply
    assert "*" not in reply


async def test_wanting_to_live_in_a_story_is_not_danger():
    assert "((" not in await reply_to(prompt_for(MEI, "I don't want to die in this storm!"))


# -- in character


@pytest.mark.parametrize("seed", range(40))
async def test_a_reply_tells_and_speaks_in_two_to_five_paragraphs_and_picks_up_what_was_said(seed):
    reply = await reply_to(
        prompt_for(MEI, "I found a blue kite by the river.", scenario="A roof in late wind."), seed
    )
    paragraphs = reply.split("\n\n")

    assert 2 <= len(paragraphs) <= 5
    assert re.search(r"\*[^*\n]+\*", reply)
    assert "‘I found a blue kite by the river’" in reply
    assert "{" not in reply
    for paragraph in paragraphs:
        assert paragraph.count("*") % 2 == 0
        assert paragraph.count("“") == paragraph.count("”")


@pytest.mark.parametrize("seed", range(40))
async def test_a_chinese_character_answers_in_chinese_with_the_card_s_own_marks(seed):
    reply = await reply_to(
        prompt_for(HUI, "今天想喝点暖的。", scenario="雨天的下午，茶馆里没有别人。"), seed
    )

    assert "『今天想喝点暖的』" in reply
    assert "「" in reply
    assert language_of(reply) == "zh-Hans"
    assert reply.count("「") == reply.count("」")


async def test_who_writes_curly_quotes_is_answered_in_curly_quotes():
    owl = replace(HUI, greeting="*她擦干了手。*“来啦，坐。”")

    reply = await reply_to(prompt_for(owl, "我来还书。"))

    assert "“" in reply and "「" not in reply


@pytest.mark.parametrize("seed", range(20))
async def test_it_asks_something_back(seed):
    assert re.search("[?？]", await reply_to(prompt_for(MEI, "I brought oranges."), seed))


async def test_who_says_goodbye_is_not_held_back_with_a_question():
    for seed in range(20):
        reply = await reply_to(prompt_for(HUI, "我先走了，再见。"), seed)
        assert not re.search("[？?]$", reply.rstrip("」"))


async def test_the_person_s_language_is_followed():
    english = await reply_to(prompt_for(HUI, "Could I have a cup of tea, please?"))
    chinese = await reply_to(prompt_for(MEI, "你好，我想买一只风筝。"))

    assert language_of(english) == "en"
    assert language_of(chinese) == "zh-Hans"


async def test_a_name_in_the_other_script_does_not_change_the_language():
    assert language_of(await reply_to(prompt_for(HUI, "Good evening, 阿慧!"))) == "en"


@pytest.mark.parametrize(
    ("character", "question", "answer"),
    [
        (HUI, "你叫什么名字？", "阿慧"),
        (HUI, "你生日是哪天？", "立春"),
        (MEI, "When is your birthday?", "3 March"),
        (MEI, "How old are you?", "31"),
    ],
)
async def test_what_the_card_knows_is_answered_from_the_card(character, question, answer):
    assert answer in await reply_to(prompt_for(character, question))


async def test_the_card_s_own_example_answers_the_words_it_was_written_for():
    prompt = prompt_for(MEI, "Is that red kite broken?", examples=EXAMPLES)

    replies = [await reply_to(prompt, seed) for seed in range(30)]

    assert sum(EXAMPLES[1].text in reply for reply in replies) >= 15
    assert not all(EXAMPLES[1].text in reply for reply in replies)


async def test_an_example_is_not_played_twice():
    first = ["Is the red kite broken?", EXAMPLES[1].text, "Is the red kite broken?"]

    for seed in range(20):
        reply = await reply_to(prompt_for(MEI, *first, examples=EXAMPLES), seed)
        assert EXAMPLES[1].text not in reply


@pytest.mark.parametrize("key", sorted(path.stem for path in FOLDER.glob("*.toml")))
async def test_every_first_word_of_every_starter_finds_its_own_answer(key):
    character = Character(**read_starter(key))
    for words in character.starters:
        message = type(
            "Said", (), {"role": "user", "text": words, "tool_calls": [], "tool_call_id": ""}
        )
        prompt = build_prompt(character, PersonaSheet("u", "林"), [message], scenario="")
        cue = next(i for i, turn in enumerate(prompt.examples) if turn.text == words)

        replies = [await reply_to(prompt, seed) for seed in range(8)]

        assert any(prompt.examples[cue + 1].text in reply for reply in replies)


@pytest.mark.parametrize("seed", range(10))
async def test_one_word_in_common_does_not_bring_up_an_example(seed):
    reply = await reply_to(prompt_for(MEI, "Red sky!", examples=EXAMPLES), seed)

    assert EXAMPLES[1].text not in reply


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("老板娘好！", "你来得正是时候|听见了|谁先开口"),
        ("你好，我是新来的邻居。", "你来得正是时候|听见了|谁先开口"),
        ("谢谢你的茶。", "见外|收下|推辞"),
        ("今天好累啊。", "慢慢说|坐一会儿|有些日子"),
    ],
)
async def test_a_greeting_thanks_and_weariness_are_each_met_in_kind(words, answer):
    for seed in range(5):
        assert re.search(answer, await reply_to(prompt_for(HUI, words), seed))


async def test_an_action_alone_is_seen():
    reply = await reply_to(prompt_for(MEI, "*I hold out the broken spool*"))

    assert "I hold out the broken spool" in reply


@pytest.mark.parametrize("words", ["……", "?", "*", "🙂", "「」", "((", "{who}{q}", "\n"])
async def test_whatever_is_written_gets_an_answer(words):
    assert (await reply_to(prompt_for(HUI, words))).strip()


async def test_an_aside_is_told_that_it_cannot_be_followed():
    reply = await reply_to(prompt_for(HUI, "((写得慢一点))"))

    assert "场外话『写得慢一点』收到了" in reply


async def test_braces_in_a_person_s_words_stay_words():
    assert "‘give me {their} {q} now’" in await reply_to(prompt_for(MEI, "give me {their} {q} now"))


async def test_without_a_sex_on_the_card_the_name_stands_in_for_a_pronoun():
    robot = replace(HUI, name="小满", sex="")

    replies = [await reply_to(prompt_for(robot, "我来浇水。"), seed) for seed in range(10)]

    assert not any(re.search("[她他]", reply) for reply in replies)
    assert any("小满" in reply for reply in replies)


# -- varied, and repeatable where asked


async def test_the_same_seed_gives_the_same_pieces():
    prompt = prompt_for(MEI, "Tell me about the wind.")

    assert await pieces_of(prompt, engine(seed=3)) == await pieces_of(prompt, engine(seed=3))


async def test_without_a_seed_another_attempt_is_another_reply():
    prompt = prompt_for(HUI, "今天有什么茶？")
    provider = DemoProvider(pace=0)

    replies = {text_in(await pieces_of(prompt, provider)) for _attempt in range(8)}

    assert len(replies) >= 7


async def test_a_stored_body_brings_the_same_reply_back():
    prompt, provider = prompt_for(HUI, "今天有什么茶？"), DemoProvider(pace=0)
    body = json.loads(json.dumps(provider.body(prompt)))

    first = [piece async for piece in provider.stream(body, prompt)]
    again = [piece async for piece in provider.stream(body, prompt)]

    assert first == again


async def test_through_a_long_talk_no_reply_repeats_a_paragraph_of_the_one_before():
    texts = []
    for turn in range(30):
        texts.append(["嗯。", "我想想。", "外面下雨了。"][turn % 3])
        texts.append(await reply_to(prompt_for(HUI, *texts)))

    replies = texts[1::2]
    for before, after in pairwise(replies):
        assert not set(before.split("\n\n")) & set(after.split("\n\n"))


# -- going on


@pytest.mark.parametrize(
    ("start", "joint"),
    [
        ("*她愣了半秒，手里的", "……*\n\n"),
        ("「你居然记得", "……」\n\n"),
        ("「你居然记得！", "」\n\n"),
        ("她笑了。", "\n\n"),
        ("她笑了", "……\n\n"),
        ("*她笑了。*", "\n\n"),
        ("「走吧。」", "\n\n"),
        ("第一段。\n\n*她转身", "……*\n\n"),
        ("((场外话收到了", "……))\n\n"),
        ("第一段。\n", "\n"),
        ("第一段。\n\n", ""),
    ],
)
async def test_a_continued_reply_closes_what_is_open_and_says_nothing_twice(start, joint):
    prompt = prompt_for(HUI, "今天是你的生日吧？", start_of_reply=start)

    more = await reply_to(prompt)

    assert more.startswith(joint)
    assert more[len(joint)] in "*「"
    assert start.strip() not in more
    assert "今天是你的生日吧" not in more


async def test_an_interrupted_english_sentence_is_let_go_with_its_marks_closed():
    prompt = prompt_for(MEI, "And then?", start_of_reply="“The wind was already")

    assert (await reply_to(prompt)).startswith("…”\n\n")


async def test_a_reply_that_was_made_to_fail_can_be_continued():
    prompt = prompt_for(HUI, "/demo 失败 断线", start_of_reply="*她刚要开口")

    assert (await reply_to(prompt)).startswith("……*\n\n")


async def test_let_go_on_without_a_word_the_character_speaks_first():
    prompt = prompt_for(HUI)

    assert "「" in await reply_to(prompt)
    assert (await reply_to(replace(prompt, turns=()))).strip()


# -- pieces, pace and counts


async def test_a_reply_is_a_receipt_then_small_pieces_then_usage():
    pieces = await pieces_of(prompt_for(HUI, "讲讲这家茶馆吧。"))

    assert isinstance(pieces[0], Receipt) and re.fullmatch("[0-9a-f]{32}", pieces[0].request_id)
    assert isinstance(pieces[-1], Usage)
    deltas = pieces[1:-1]
    assert all(isinstance(piece, Delta) for piece in deltas)
    assert all(1 <= len(piece.text) <= 4 for piece in deltas)


@pytest.mark.parametrize(
    "text", ["Fog by nine, he said.", "「好。」*笑*", "a", "", "\n\n混 mixed 的\t"]
)
def test_pieces_make_the_text_again(text):
    for seed in range(10):
        assert "".join(in_pieces(text, random.Random(seed))) == text


async def test_it_writes_at_about_the_pace_it_was_given():
    clock = Clock()

    pieces = await pieces_of(prompt_for(HUI, "讲讲这家茶馆吧。"), engine(pace=20, clock=clock))

    assert 0.5 <= len(pieces) / sum(clock.naps) / 20 <= 1.2


async def test_at_full_speed_the_loop_still_gets_its_turn_after_every_piece():
    clock = Clock()

    pieces = await pieces_of(prompt_for(HUI, "讲讲这家茶馆吧。"), engine(pace=0, clock=clock))

    assert len(clock.naps) >= len(pieces) - 2
    assert set(clock.naps) == {0.0}


async def test_usage_is_an_estimate_of_what_was_read_and_written():
    pieces = await pieces_of(prompt_for(HUI, "讲讲这家茶馆吧。"))

    usage = pieces[-1]
    assert usage.output_tokens == estimated_tokens(text_in(pieces))
    assert usage.input_tokens > estimated_tokens("讲讲这家茶馆吧。")
    assert usage.finish_reason == "stop"


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("茶", 1), ("abcd", 1), ("abcde", 2), ("好ab", 2)]
)
def test_a_han_character_counts_one_and_four_others_count_one(text, tokens):
    assert estimated_tokens(text) == tokens


async def test_options_of_a_connection_set_pace_and_seed():
    provider = DemoProvider(pace=14, options={"pace": 0, "seed": 5})

    assert (provider.pace, provider.body(prompt_for(HUI, "在吗"))["seed"]) == (0.0, 5)


async def test_stopping_and_closing_want_nothing():
    provider = engine()

    assert await provider.stop("id", "text") is None
    assert await provider.aclose() is None


# -- orders


@pytest.mark.parametrize("kind", FAILURES)
async def test_every_kind_of_failure_can_be_asked_for_in_both_languages(kind):
    made, chinese = FAILURES[kind]

    for order in (f"/demo fail {kind}", f"/DEMO  Fail {kind.upper()}", f"/demo 失败 {chinese}"):
        _seen, trouble = await trouble_with(prompt_for(HUI, order))
        assert type(trouble) is made
        assert trouble.kind == kind


def test_no_kind_of_failure_is_missing():
    assert set(FAILURES) == {made.kind for made in ProviderError.__subclasses__()}


async def test_a_failure_comes_before_the_first_word_unless_it_is_asked_to_come_late():
    early, _trouble = await trouble_with(prompt_for(MEI, "/demo fail upstream"))
    late, trouble = await trouble_with(prompt_for(MEI, "/demo fail upstream late"))

    assert text_in(early) == ""
    assert len(text_in(late)) >= 8
    assert isinstance(trouble, base.Upstream)


async def test_what_breaks_off_has_said_something_before():
    seen, _trouble = await trouble_with(prompt_for(HUI, "/演示 失败 断线"))

    assert text_in(seen)


async def test_a_rate_limit_says_when_to_come_back_if_told_to():
    _seen, silent_on_it = await trouble_with(prompt_for(MEI, "/demo fail rate_limited"))
    _seen, telling = await trouble_with(prompt_for(MEI, "/demo fail rate_limited 12"))

    assert (silent_on_it.retry_after, telling.retry_after) == (None, 12.0)


async def test_busy_waits_and_then_answers():
    clock = Clock()

    pieces = await pieces_of(prompt_for(MEI, "/demo busy"), engine(clock=clock))

    assert pieces[1] == Pause(BUSY, "rate_limited")
    assert clock.naps[0] == BUSY
    assert text_in(pieces)


async def test_slow_is_slow_to_wake_and_slow_to_speak():
    clock = Clock()

    await pieces_of(prompt_for(HUI, "/demo 慢"), engine(pace=100, clock=clock))

    assert clock.naps[0] > 8
    assert min(clock.naps[1:]) >= 0.3


async def test_silent_says_nothing_for_as_long_as_anyone_waits():
    clock = Clock()

    seen, trouble = await trouble_with(prompt_for(HUI, "/demo 沉默"), clock)

    assert text_in(seen) == ""
    assert isinstance(trouble, base.TimedOut)
    assert clock.naps == [LONG_SILENCE]


async def test_long_is_about_six_hundred_pieces():
    for character, order in ((MEI, "/demo long"), (HUI, "/demo 长")):
        pieces = await pieces_of(prompt_for(character, order))
        assert 570 <= len(pieces) <= 800


async def test_replace_rewrites_what_was_shown_and_goes_on():
    pieces = await pieces_of(prompt_for(MEI, "/demo replace"))
    places = [place for place, piece in enumerate(pieces) if isinstance(piece, Replacement)]

    assert len(places) == 1
    shown_before = text_in(pieces[: places[0]])
    assert shown_before and not text_in(pieces).startswith(shown_before)
    assert pieces[-1].output_tokens == estimated_tokens(text_in(pieces))


async def test_tools_asks_for_the_character_s_tool_with_arguments_that_fit():
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "unit": {"enum": ["C", "F"]},
            "note": {"type": "string"},
        },
        "required": ["city", "days", "unit"],
    }
    prompt = prompt_for(HUI, "/demo 工具", tools=(Tool("weather", parameters=schema),))

    pieces = await pieces_of(prompt)

    (call,) = [piece for piece in pieces if isinstance(piece, ToolCall)]
    assert call.name == "weather" and call.id
    assert json.loads(call.arguments) == {"city": "示例", "days": 1, "unit": "C"}
    assert pieces[-1].finish_reason == "tool_calls"


async def test_without_a_tool_it_says_so():
    assert "has no tools" in await reply_to(prompt_for(MEI, "/demo tools"))


@pytest.mark.parametrize("character", [MEI, HUI], ids=["en", "zh"])
async def test_a_tool_s_result_is_told_with_thanks(character):
    prompt = prompt_for(character, "Rain?", "")
    answered = Turn("tool", '{"city": "Haikou", "sky": "rain"}', tool_call_id="1")

    reply = await reply_to(replace(prompt, turns=(*prompt.turns[:-1], answered)))

    assert "Haikou" in reply and "rain" in reply
    assert "{" not in reply
    assert re.search("Thank you|多谢", reply)


@pytest.mark.parametrize(
    ("character", "order", "word"),
    [(MEI, "/demo", "rate_limited"), (HUI, "/demo", "限流"), (MEI, "/演示", "限流")],
)
async def test_demo_alone_lists_the_orders_in_the_person_s_language(character, order, word):
    reply = await reply_to(prompt_for(character, order))

    assert word in reply
    for kind, (_made, chinese) in FAILURES.items():
        assert (kind if word == "rate_limited" else chinese) in reply


async def test_an_unknown_order_is_named_and_the_list_is_shown():
    reply = await reply_to(prompt_for(MEI, "/demo dance"))

    assert "“dance”" in reply and "/demo fail" in reply


async def test_only_the_last_line_orders_and_older_orders_are_not_quoted():
    after_a_failure = await reply_to(prompt_for(MEI, "/demo fail empty\nThe wind has turned."))

    assert "‘The wind has turned’" in after_a_failure
    assert "/demo" not in after_a_failure


@pytest.mark.parametrize("words", ["demo fail empty", "/demonstration", "I type /demo fail empty"])
async def test_talk_about_demos_is_no_order(words):
    assert await reply_to(prompt_for(MEI, words))


@pytest.mark.parametrize("order", ["/demo replace", "/demo tools", "/demo xyzzy"])
async def test_an_order_in_latin_letters_is_answered_in_the_language_of_the_chat(order):
    assert language_of(await reply_to(prompt_for(HUI, order))) == "zh-Hans"
    assert language_of(await reply_to(prompt_for(MEI, order))) == "en"
    english_guest = prompt_for(HUI, "Good evening.", "*笑了笑。*", order)
    assert language_of(await reply_to(english_guest)) == "en"


# -- an assistant without a name


NOBODY = CharacterSheet("", kind="assistant", description="You help with travel.", language="en")


def asked(text, **parts):
    return Prompt(NOBODY, PersonaSheet("opaque"), (Turn("user", text),), **parts)


PLAIN_CASES = {
    "said": "I would like to see the sea.",
    "acted": "*I wave*",
    "greeted": "Hello",
    "sad": "I am so tired",
    "left": "Goodbye",
    "aside": "((be kind))",
    "truth": "Are you an AI?",
    "name": "What is your name?",
    "long": "/demo long",
    "nothing": "",
    "said in Chinese": "我想去看海。",
    "acted in Chinese": "*挥挥手*",
    "truth in Chinese": "你是AI吗？",
}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("case", PLAIN_CASES)
async def test_an_assistant_without_a_name_speaks_in_plain_sentences(case, seed):
    reply = await reply_to(asked(PLAIN_CASES[case]), seed)
    assert [mark for mark in "*“”「」{}" if mark in reply] == []
    for paragraph in reply.split("\n\n"):
        assert re.fullmatch(r"[A-Z你关‘『我还下小这需接现有].*[.?!。？！]", paragraph), paragraph
    assert language_of(reply) == ("zh-Hans" if case.endswith("Chinese") else "en")


@pytest.mark.parametrize("seed", range(6))
async def test_an_assistant_without_a_name_goes_on_and_tells_results_without_gestures(seed):
    on = await reply_to(asked("Hello", start_of_reply="There are three"), seed)
    assert on.startswith("…\n\n")
    assert "*" not in on
    talk = (Turn("user", "Weather?"), Turn("assistant", "", ()), Turn("tool", '{"sky": "clear"}'))
    told = await reply_to(replace(asked(""), turns=talk), seed)
    assert told.startswith("Here it is: sky: clear.")
    assert "*" not in told


async def test_a_role_with_a_name_keeps_its_scene():
    assert "*" in await reply_to(prompt_for(MEI, "I would like to see the sea."))
