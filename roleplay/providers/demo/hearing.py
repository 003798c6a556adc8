"""What the person did with their last message, as far as a few patterns can tell."""

import re
from dataclasses import dataclass

from roleplay.providers.base import Prompt
from roleplay.text import language_of

ORDER = re.compile(r"^\s*/(?:demo|演示)(?![\w-])", re.IGNORECASE)
ASIDE = re.compile(r"\(\((.*?)\)\)|（（(.*?)））")
ACTION = re.compile(r"\*([^*\n]+)\*")
MARKS = re.compile(r"[「」『』“”\"*（）()]")
BREAK = re.compile(r"[，。！？；：、…—\n!?;:]+|[,.](?=\s|$)")

# Tried in this order; the first that is found decides.
MOODS = {
    "sad": r"难过|好累|很累|有点累|伤心|孤单|委屈|想哭|压力|失眠|\b(sad|tired|lonely|exhausted|"
    r"bad day|upset|miserable)\b",
    "parted": r"再见|拜拜|晚安|先走了|下次聊|\b(goodbye|bye|good night|see you)\b",
    "thanked": r"谢谢|多谢|感谢|\b(thank you|thanks)\b",
    "greeted": r"^(你好|您好|嗨|哈喽|早上好|晚上好|下午好|在吗)|^.{1,4}好[呀啊]?[。！!]?$|^(hi|hello|hey|good (morning|"
    r"evening|afternoon))\b",
    "praised": r"好看|漂亮|好棒|真棒|喜欢你|厉害|可爱|\b(beautiful|lovely|wonderful|i like you|"
    r"amazing|clever)\b",
    "asked": r"[?？]|吗$|呢$|什么|怎么|为什么|谁|哪|^(who|what|why|when|where|how|do|does|did|are|"
    r"is|can|could|would|will)\b",
}
FACTS = {
    "name": r"你叫什么|你的名字|怎么称呼|\b(your name|who are you)\b|你是谁",
    "birthday": r"生日|哪天出生|\b(birthday|were you born)\b",
    "age": r"多大|几岁|年纪|\bhow old\b",
}
TRUTH = re.compile(
    r"(你|这|现在|对面).{0,6}是.{0,6}(ai(?![a-z])|人工智能|机器人|模型|真人|真的人|程序|算法|gpt|演示)"
    r"|你是真的吗|是(不是)?(ai(?![a-z])|真人|机器人|模型)|(什么|哪个|哪种)(大)?模型|真人吗"
    r"|\b(are|r) (you|u) (really |actually |just )?(an? |some |the )?(real|human|person|ai|a\.i\.|bot"
    r"|chatbot|robot|machine|program|model|llm|computer|chatgpt|gpt|demo)\b"
    r"|\bis (this|that|it) (an? |really )?(real|ai|bot|human|person|model|demo)\b"
    r"|\b(what|which) (language )?(model|llm|ai)\b|\bam i (talking|speaking) (to|with) an?\b",
    re.IGNORECASE,
)
CARE = re.compile(
    r"自杀|轻生|不想活|活不下去|(?<!不)想死(?!你)|自残|割腕|结束(我的|自己的)生命"
    r"|\b(kill|hurt|harm) myself\b|\bsuicid|(?<!not )(?<!t )\bwant to die\b|\bend my life\b|\bself[- ]harm",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heard:
    """The last message, taken apart. All texts are without marks.

    `words`: everything but asides. `said`, `done`: a few words to pick up from what was spoken and
    from what was only acted; `aside`: from what was said out of character. Each may be empty.
    """

    words: str = ""
    said: str = ""
    done: str = ""
    aside: str = ""
    mood: str = "said"
    fact: str = ""

    @property
    def asks_for_truth(self) -> bool:
        return bool(TRUTH.search(self.words) or TRUTH.search(self.aside))

    @property
    def needs_care(self) -> bool:
        return bool(CARE.search(self.words) or CARE.search(self.aside))


def last_words(prompt: Prompt) -> str:
    """The person's last message, if it is what is to be answered; orders are not part of it."""
    if not prompt.turns or prompt.turns[-1].role != "user":
        return ""
    lines = prompt.turns[-1].text.splitlines()
    return "\n".join(line for line in lines if not ORDER.match(line)).strip()


def hear(text: str) -> Heard:
    asides = " ".join(one or other for one, other in ASIDE.findall(text))
    rest = ASIDE.sub(" ", text)
    actions = "\n".join(ACTION.findall(rest))
    speech = MARKS.sub(" ", ACTION.sub("\n", rest)).strip()
    words = MARKS.sub(" ", rest).strip()
    mood = _first(MOODS, speech) or "said"
    return Heard(
        words=words,
        said=_few_words(_clause_of(mood, speech)),
        done=_few_words(MARKS.sub(" ", actions)),
        aside=_few_words(MARKS.sub(" ", asides)),
        mood=mood,
        fact=_first(FACTS, speech),
    )


def language_of_chat(prompt: Prompt) -> str:
    """ "zh-Hans" or "en": what the person wrote in before, orders apart, else the character's own."""
    earlier = (turn.text for turn in reversed(prompt.turns[:-1]) if turn.role == "user")
    spoken = (language_of(text) for text in earlier if not ORDER.match(text))
    own = "en" if prompt.character.language == "en" else "zh-Hans"
    return next(filter(None, spoken), own)


def language_for(prompt: Prompt) -> str:
    """ "zh-Hans" or "en": what the person writes in, else what the chat is in."""
    text = last_words(prompt)
    for name in (prompt.character.name, prompt.persona.name):
        text = text.replace(name, "") if name else text
    return language_of(text) or language_of_chat(prompt)


def clauses(text: str) -> list[str]:
    """The text cut at its punctuation."""
    return [part.strip() for part in BREAK.split(text) if part and part.strip()]


def size(text: str) -> int:
    """How long a clause feels: Han characters, or two for a word of another script."""
    return sum(1 if language_of(word) == "zh-Hans" else 2 for word in _units(text))


def _units(text: str) -> list[str]:
    return re.findall(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+", text)


def _clause_of(mood: str, text: str) -> str:
    """The clause that made the mood, where one alone did; else the whole text."""
    if mood in {"said", "asked"}:
        return text
    found = [part for part in clauses(text) if _first({mood: MOODS[mood]}, part)]
    return found[0] if found else text


def _few_words(text: str) -> str:
    """The fullest clause that is still short enough to be quoted; else the head of the first."""
    parts = clauses(text)
    fitting = [part for part in parts if size(part) <= 18]
    if fitting:
        return max(fitting, key=size)
    return _head(parts[0]) if parts else ""


def _head(text: str) -> str:
    words = text.split()
    if language_of(text) != "zh-Hans" and len(words) > 1:
        return " ".join(words[:8])[:80] + "…"
    return text[:14] + "…"


def _first(patterns: dict[str, str], text: str) -> str:
    for name, pattern in patterns.items():
        if re.search(pattern, text, re.IGNORECASE | re.MULTILINE):
            return name
    return ""
