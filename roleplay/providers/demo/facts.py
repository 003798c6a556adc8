"""What somebody said of themselves, quoted from the talk and never added to.

For each key that is wanted: the words after "my name is" and its like; else, where the key is no
kind of fact that is known here, or nobody stated it so, the sentences that mention it. Questions
and suppositions state nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

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


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the talk: whose it is, its words, and the clauses of it that state something."""

    role: str
    sentence: str
    clauses: tuple[str, ...]
    words: frozenset[str]
    asks: bool


def facts(talk: Sequence[Line], wanted: Sequence[str]) -> list[dict[str, object]]:
    """`{role, key, value: [...]}` for each role that said something of a key, keys in their order."""
    told = list(_said(talk))
    stated = cache(lambda kind: list(_statements(told, kind)))
    found: list[dict[str, object]] = []
    for key in wanted:
        kind = next((kind for kind in KINDS if kind.asked.search(key)), None)
        values = _stated(stated(kind), key, kind) if kind else {}
        for role, value in (values or _mentioned(told, key)).items():
            found.append({"role": role, "key": key, "value": value})
    return found


def _said(talk: Sequence[Line]) -> Iterator[Said]:
    for line in talk:
        if line.role in ("user", "assistant"):
            for sentence in sentences(line.text):
                clauses = tuple(_with_subject(statements(sentence)))
                words = frozenset(features(sentence))
                yield Said(line.role, sentence, clauses, words, is_question(sentence))


def _statements(told: Sequence[Said], kind: Kind) -> Iterator[tuple[str, str, str]]:
    """Role, clause and value of everything that states a fact of this kind."""
    for one in told:
        for clause in one.clauses:
            for value in _values(clause, kind):
                yield one.role, clause, value


def _stated(stated: Sequence[tuple[str, str, str]], key: str, kind: Kind) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    narrower = _narrower(key, kind)
    about = _about(key)
    for role, clause, value in stated:
        if role in about and (not narrower or narrower.search(clause)):
            _note(found, role, value)
    return found


def _mentioned(told: Sequence[Said], key: str) -> dict[str, list[str]]:
    """Sentences that speak of the key in its own words."""
    found: dict[str, list[str]] = {}
    topic = WHOSE.sub("", key.strip()).strip(" 的")
    words = features(topic)
    about = _about(key) if topic else set()
    for one in told:
        if one.role in about and not one.asks and _speaks_of(one, topic, words):
            _note(found, one.role, one.sentence)
    return found


def _about(key: str) -> set[str]:
    """Whose words tell of this key: one side's, or both where it does not say."""
    if OF_USER.search(key):
        return {"user"}
    return {"assistant"} if OF_CHARACTER.search(key) else {"user", "assistant"}


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


def _speaks_of(one: Said, topic: str, words: set[str]) -> bool:
    if topic.casefold() in one.sentence.casefold():
        return HAN.search(topic) is not None or bool(words & one.words)
    return len(words) > 1 and words <= one.words


def _note(found: dict[str, list[str]], role: str, value: str) -> None:
    known = found.setdefault(role, [])
    if value not in known:
        known.append(value)
