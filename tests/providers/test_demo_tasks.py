"""The demo engine at work besides talking: it quotes, and answers as a model would be asked to."""

import json

import pytest

from roleplay.prompting.task_answers import (
    Fact,
    NextSpeaker,
    read_facts,
    read_profile,
    read_speaker,
    read_summaries,
)
from roleplay.prompting.tasks import (
    Terms,
    facts_prompt,
    profile_prompt,
    speaker_prompt,
    summary_prompt,
)
from roleplay.providers.base import (
    CharacterSheet,
    Delta,
    Line,
    PersonaSheet,
    Prompt,
    Rejected,
    Sampling,
    Usage,
)
from roleplay.providers.demo import DemoProvider

pytestmark = pytest.mark.anyio

CHINESE_TALK = [
    Line("user", "你好，我叫小林，今年25岁。"),
    Line("assistant", "你好小林！我叫海梦，是个学生。"),
    Line("user", "我们喜欢打篮球，你呢？"),
    Line("assistant", "我喜欢踢足球，也爱看动漫。"),
    Line("user", "我住在杭州西湖边，是一名护士。我不太喜欢吃辣，最喜欢的颜色是蓝色。"),
    Line("user", "我的生日是5月20日啊。我对花生过敏。我养了一只猫、两条狗。"),
    Line("assistant", "你知道我的生日吗？如果我住在海边就好了。"),
    Line("user", "我妈妈身体不太好，下周三要去医院看她。"),
]
ENGLISH_TALK = [
    Line("user", "Hi! My name is Robin, I'm 31 and I live in Bergen. I work as a librarian."),
    Line("assistant", "I'm Mei. I mend kites. Do you like kites?"),
    Line("user", "I love kites, but I don't like thunder. My favourite color is green."),
    Line("assistant", "I like oranges. Where do you live?"),
    Line("user", "I'm allergic to nuts. I have two old cats. My sister Ada is a doctor."),
]


async def pieces_of(prompt, seed=7):
    engine = DemoProvider(pace=0, seed=seed)
    body = json.loads(json.dumps(engine.body(prompt)))
    return [piece async for piece in engine.stream(body, prompt)]


async def answer_to(prompt):
    pieces = await pieces_of(prompt)
    return "".join(piece.text for piece in pieces if isinstance(piece, Delta))


async def facts_of(talk, *wanted):
    return read_facts(await answer_to(facts_prompt(talk, wanted)), wanted)


# -- facts


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("名字", [("user", "小林"), ("assistant", "海梦")]),
        ("用户姓名", [("user", "小林")]),
        ("角色的名字", [("assistant", "海梦")]),
        ("年龄", [("user", "25岁")]),
        ("职业", [("assistant", "学生"), ("user", "护士")]),
        ("喜好", [("user", "打篮球", "蓝色"), ("assistant", "踢足球", "看动漫")]),
        ("喜欢的颜色", [("user", "蓝色")]),
        ("不喜欢的食物", [("user", "吃辣")]),
        ("喜欢的明星", []),
        ("住址", [("user", "杭州西湖边")]),
        ("生日", [("user", "5月20日")]),
        ("过敏", [("user", "花生")]),
        ("宠物", [("user", "一只猫", "两条狗")]),
        ("妈妈", [("user", "我妈妈身体不太好，下周三要去医院看她。")]),
        ("性别", []),
        ("电话", []),
    ],
)
async def test_what_was_said_of_each_key_is_quoted(key, facts):
    expected = [Fact(role, key, tuple(values)) for role, *values in facts]

    assert await facts_of(CHINESE_TALK, key) == expected


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("name", [("user", "Robin")]),
        ("age", [("user", "31")]),
        ("home city", [("user", "Bergen")]),
        ("the user's job", [("user", "librarian")]),
        ("likes", [("user", "kites", "green"), ("assistant", "oranges")]),
        ("favorite color", [("user", "green")]),
        ("dislikes", [("user", "thunder")]),
        ("allergies", [("user", "nuts")]),
        ("pets", [("user", "two old cats")]),
        ("sister", [("user", "My sister Ada is a doctor.")]),
        ("brother", []),
    ],
)
async def test_what_was_said_in_english_is_quoted_too(key, facts):
    expected = [Fact(role, key, tuple(values)) for role, *values in facts]

    assert await facts_of(ENGLISH_TALK, key) == expected


async def test_every_value_stands_in_the_talk_to_the_letter():
    wanted = ["名字", "年龄", "喜好", "职业", "住址", "宠物", "妈妈", "生日", "忌口", "身体"]
    said = "\n".join(line.text for line in CHINESE_TALK)

    facts = await facts_of(CHINESE_TALK, *wanted)

    assert len(facts) >= 9
    assert [value for fact in facts for value in fact.value if value not in said] == []


@pytest.mark.parametrize(
    "words",
    [
        "你猜我叫什么？",
        "我叫你别走！",
        "如果我叫小林呢",
        "他叫小林。",
        "我叫了一辆车。",
        "What if I said my name is hard to spell?",
    ],
)
async def test_a_question_and_other_people_s_names_state_nothing(words):
    assert await facts_of([Line("user", words)], "姓名", "name") == []


async def test_a_talk_without_any_of_it_gives_no_facts_and_no_failure():
    assert await facts_of([Line("user", "嗯。")], "生日", "血型") == []


async def test_a_long_run_of_adverbs_takes_no_time():
    assert await facts_of([Line("user", "我" + "刚真的很" * 4_000)], "喜好", "住址") == []


# -- summaries


async def test_a_summary_quotes_whole_sentences_with_who_said_them_in_their_order():
    told = read_summaries(await answer_to(summary_prompt(CHINESE_TALK)))

    assert 2 <= len(told) <= 5
    said = [f"{'用户' if line.role == 'user' else '角色'}：{line.text}" for line in CHINESE_TALK]
    places = []
    for summary in told:
        speaker, _colon, sentence = summary.partition("：")
        places.append(
            next(
                place
                for place, line in enumerate(said)
                if line.startswith(speaker) and sentence in line
            )
        )
    assert places == sorted(places)
    assert "用户：我妈妈身体不太好，下周三要去医院看她。" in told


async def test_names_stand_in_a_summary_where_the_talk_has_them():
    talk = [Line("user", "The red kite is torn along the spar.", "Robin")]

    assert read_summaries(await answer_to(summary_prompt(talk))) == [
        "Robin: The red kite is torn along the spar."
    ]


async def test_what_keeps_coming_back_is_told_rather_than_small_talk():
    talk = [
        Line("user", "早上好呀，今天过得怎么样？"),
        Line("assistant", "风筝的竹骨断了，要换新的竹骨。"),
        Line("user", "哦哦。"),
        Line("assistant", "换竹骨之前，风筝先放在屋顶上晾着。"),
    ]

    told = read_summaries(await answer_to(summary_prompt(talk)))

    assert [text for text in told if "竹骨" not in text] == []


async def test_an_empty_talk_has_no_summary():
    assert read_summaries(await answer_to(summary_prompt([Line("user", "……")]))) == []


# -- who speaks next

GROUP = [CharacterSheet("小红"), CharacterSheet("小明"), CharacterSheet("小明月")]
NAMES = ["小红", "小明", "小明月"]


def chat(*lines):
    return [Line("assistant", text, name) for name, text in lines]


@pytest.mark.parametrize(
    ("last", "name"),
    [
        (("小红", "小明，你觉得呢？"), "小明"),
        (("小红", "我同意小明的话，@小明月 呢"), "小明月"),
        (("小明", "小红昨天说小明月会来。小明月，对吗"), "小明月"),
        (("林", "小红和小明都在吗"), "小红"),
    ],
)
async def test_who_is_called_by_name_speaks_next(last, name):
    answer = await answer_to(speaker_prompt(chat(last), GROUP))

    assert read_speaker(answer, NAMES) == NextSpeaker(name, f"最后一句话叫到了{name}的名字。")


@pytest.mark.parametrize(
    ("talk", "speaker"),
    [
        ([("小明", "嗯"), ("小明月", "好"), ("小红", "走吧")], ("小明", "小明最久没有开口。")),
        ([("小明", "嗯"), ("小红", "走吧")], ("小明月", "小明月还没有说过话。")),
        ([("小红", "小红说过了")], ("小明", "小明还没有说过话。")),
        ([("林", "大家好")], ("小红", "小红还没有说过话。")),
    ],
)
async def test_else_whoever_has_been_silent_longest_and_never_the_one_who_just_spoke(talk, speaker):
    answer = await answer_to(speaker_prompt(chat(*talk), GROUP))

    assert read_speaker(answer, NAMES) == NextSpeaker(*speaker)


async def test_an_english_name_is_a_word_of_its_own():
    cast = [CharacterSheet("Mei"), CharacterSheet("Ann")]
    talk = [Line("user", "Annoying weather. What do you make of it, mei?", "Robin")]

    answer = await answer_to(speaker_prompt(talk, cast))

    assert read_speaker(answer, ["Mei", "Ann"]) == NextSpeaker(
        "Mei", "The last line called Mei by name."
    )


async def test_in_a_group_of_one_that_one_goes_on():
    answer = await answer_to(speaker_prompt(chat(("小红", "我先说")), GROUP[:1]))

    assert read_speaker(answer, NAMES[:1]).name == "小红"


# -- persona drafts


async def test_a_draft_is_the_text_s_own_sentences_none_twice():
    text = "阿慧是巷口茶馆的老板娘。她说话慢。\n她记得每个客人爱喝的茶！她说话慢。"

    assert read_profile(await answer_to(profile_prompt(text))) == (
        "阿慧是巷口茶馆的老板娘。\n她说话慢。\n她记得每个客人爱喝的茶！"
    )


async def test_of_a_long_text_those_that_say_most_are_kept_in_their_order():
    text = "\n".join(f"第{day}天，阿慧在茶馆里煮第{day}壶茶。" for day in range(1, 400))

    told = read_profile(await answer_to(profile_prompt(text)))

    lines = told.splitlines()
    assert 40 <= len(lines) < 120
    assert lines == [line for line in text.splitlines() if line in lines]


# -- as an engine


async def test_the_same_task_gets_the_same_answer_whatever_the_seed():
    prompt = summary_prompt(CHINESE_TALK)
    texts = {
        "".join(piece.text for piece in await pieces_of(prompt, seed) if isinstance(piece, Delta))
        for seed in range(5)
    }

    assert len(texts) == 1


async def test_nobody_waits_for_a_task_to_be_written_slowly():
    naps = []

    async def sleep(seconds):
        naps.append(seconds)

    engine, prompt = DemoProvider(pace=14, seed=1, sleep=sleep), summary_prompt(CHINESE_TALK)
    pieces = [piece async for piece in engine.stream(engine.body(prompt), prompt)]

    assert len(naps) == len(pieces) - 2
    assert set(naps) == {0.0}


async def test_an_order_in_the_talk_is_material_and_not_obeyed():
    facts = await facts_of([Line("user", "我叫小林。\n/demo fail upstream")], "名字")

    assert facts == [Fact("user", "名字", ("小林",))]


async def test_a_short_limit_cuts_a_task_like_any_reply():
    prompt = summary_prompt(CHINESE_TALK, Terms(sampling=Sampling(max_tokens=12)))

    usage = (await pieces_of(prompt))[-1]

    assert isinstance(usage, Usage)
    assert usage.finish_reason == "length"
    assert 0 < usage.output_tokens <= 12


async def test_a_task_nobody_taught_it_is_refused():
    prompt = Prompt(CharacterSheet(""), PersonaSheet(""), (), task="translate")

    with pytest.raises(Rejected):
        await pieces_of(prompt)


async def test_the_body_tells_what_it_was_given():
    body = DemoProvider().body(facts_prompt([Line("user", "我叫小林")], ["名字"]))

    assert body["task"] == "facts"
    assert json.loads(json.dumps(body["material"])) == {
        "lines": [{"role": "user", "text": "我叫小林", "name": ""}],
        "choices": ["名字"],
    }
