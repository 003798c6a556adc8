"""What somebody said of themselves, quoted from the talk and never added to.

For each key that is wanted: the words after "my name is" and its like; else, where the key is no
kind of fact that is known here, or nobody stated it so, the sentences that mention it. Questions
and suppositions state nothing.
"""

import re
from collections.abc import Iterator, Sequence

from roleplay.providers.base import Line
from roleplay.providers.demo.card import features
from roleplay.providers.demo.fact_kinds import KINDS, TOPICS, Kind
from roleplay.providers.demo.sentences import is_question, sentences, statements
from roleplay.text import HAN

OF_USER = re.compile(r"用户|玩家|主人|\busers?\b|\bplayer\b", re.IGNORECASE)
OF_CHARACTER = re.compile(r"角色|助手|机器人|\b(?:assistant|character|bot)\b", re.IGNORECASE)
WHOSE = re.compile(
    r"^(?:用户|玩家|主人|角色|助手|机器人|对方|[我你他她])们?的?|\b(?:the |a )?(?:users?|player|assistant|"
    r"character|bot)(?:'s|’s)?\b|\b(?:my|your|his|her|their|the|of)\b",
    re.IGNORECASE,
)
VAGUE = re.compile(
    r"的|什么|事情|事物|东西|内容|有哪些|信息|情况|\b(?:things?|stuff|what|which|or)\b|[\s_/、，,和与或]+"
)
TAIL = re.compile(r"[啊呀呢哦啦吧哈嘛哟喔哒~～了 ]+$")
OPENING = re.compile(r"[我你他她它咱]|\b(?:i|you|he|she|we|they|it)\b", re.IGNORECASE)


def facts(talk: Sequence[Line], wanted: Sequence[str]) -> list[dict[str, object]]:
    """`{role, key, value: [...]}` for each role that said something of a key, keys in their order."""
    return [
        {"role": role, "key": key, "value": values}
        for key in wanted
        for role, values in _of_key(talk, key).items()
    ]


def _of_key(talk: Sequence[Line], key: str) -> dict[str, list[str]]:
    kind = next((kind for kind in KINDS if kind.asked.search(key)), None)
    found = _stated(talk, key, kind) if kind else {}
    return found or _mentioned(talk, key)


def _stated(talk: Sequence[Line], key: str, kind: Kind) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    narrower = _narrower(key, kind)
    for line in _lines_about(talk, key):
        values = [
            value
            for sentence in sentences(line.text)
            for clause in _with_subject(statements(sentence))
            for value in _values(clause, kind)
            if not narrower or narrower.search(clause)
        ]
        _note(found, line.role, values)
    return found


def _mentioned(talk: Sequence[Line], key: str) -> dict[str, list[str]]:
    """Sentences that speak of the key in its own words."""
    found: dict[str, list[str]] = {}
    topic = WHOSE.sub("", key.strip()).strip(" 的")
    words = features(topic)
    for line in _lines_about(talk, key) if topic else ():
        told = [
            sentence
            for sentence in sentences(line.text)
            if _speaks_of(sentence, topic, words) and not is_question(sentence)
        ]
        _note(found, line.role, told)
    return found


def _lines_about(talk: Sequence[Line], key: str) -> Iterator[Line]:
    """The lines of whom the key is about: one side, or both where it does not say."""
    role = "user" if OF_USER.search(key) else "assistant" if OF_CHARACTER.search(key) else ""
    return (
        line
        for line in talk
        if line.role == role or (not role and line.role in ("user", "assistant"))
    )


def _with_subject(clauses: Sequence[str]) -> Iterator[str]:
    """In Chinese a clause goes on with the last one's subject without saying it again."""
    of_self = False
    for clause in clauses:
        if OPENING.search(clause):
            of_self = "我" in clause
            yield clause
        else:
            yield f"我{clause}" if of_self else clause


def _values(clause: str, kind: Kind) -> Iterator[str]:
    for pattern in kind.stated:
        found = [TAIL.sub("", at[1].strip()) for at in pattern.finditer(clause)]
        if any(found):
            yield from (part for value in found for part in value.split("、") if part)
            return


def _narrower(key: str, kind: Kind) -> re.Pattern[str] | None:
    """What a statement has to touch on, where the key asks for a part of its kind only."""
    rest = VAGUE.sub("", kind.asked.sub("", WHOSE.sub("", key.strip())))
    if not rest or not kind.has_topics:
        return None
    fitting = (signs for topic, signs in TOPICS.items() if re.search(topic, key, re.IGNORECASE))
    return re.compile(next(fitting, re.escape(rest)), re.IGNORECASE)


def _speaks_of(sentence: str, topic: str, words: set[str]) -> bool:
    if topic.casefold() in sentence.casefold():
        return HAN.search(topic) is not None or bool(words & features(sentence))
    return len(words) > 1 and words <= features(sentence)


def _note(found: dict[str, list[str]], role: str, values: Sequence[str]) -> None:
    fresh = [value for value in dict.fromkeys(values) if value not in found.get(role, [])]
    if fresh:
        found.setdefault(role, []).extend(fresh)
