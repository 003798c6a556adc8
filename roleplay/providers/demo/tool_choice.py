"""Which of the offered tools fits what the person said, if any does.

A tool fits when its name or its description shares a telling word with the message (a pair of
characters, in Chinese), or one of its closed choices is named. Words that any tool's description
may have tell nothing. Of several the one with most in common is taken.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

from roleplay.providers.base import Prompt, Tool, ToolCall
from roleplay.providers.demo.arguments import NotSaid, arguments_for
from roleplay.providers.demo.card import features
from roleplay.providers.demo.hearing import ASIDE, MARKS, last_words

CHOICE_NAMED = 2
LONGEST_REQUEST = 1_000  # characters: what is longer tells a story and asks for nothing
MOST_TRIED = 8
SMALL_HAN = set(
    "的了吗呢吧啊我你他她它您是有和就也都不这那么什怎可以能会要给把被对与或及用到去来在个一些下让请得着过想"
)
ANY_TOOL = {
    *(
        "查询",
        "查看",
        "获取",
        "得到",
        "返回",
        "提供",
        "使用",
        "调用",
        "工具",
        "功能",
        "用户",
        "信息",
        "数据",
        "根据",
        "指定",
    ),
    *(
        "当前",
        "内容",
        "需要",
        "输入",
        "输出",
        "参数",
        "今天",
        "明天",
        "现在",
        "进行",
        "相关",
        "结果",
        "时候",
        "方法",
        "名称",
    ),
    *(
        "get",
        "query",
        "fetch",
        "use",
        "tool",
        "function",
        "user",
        "users",
        "data",
        "info",
        "information",
    ),
    *(
        "return",
        "returns",
        "given",
        "find",
        "any",
        "all",
        "from",
        "into",
        "when",
        "will",
        "current",
        "now",
    ),
    *(
        "today",
        "tomorrow",
        "please",
        "about",
        "there",
        "tell",
        "show",
        "give",
        "know",
        "want",
        "need",
        "let",
    ),
    *(
        "how",
        "who",
        "why",
        "where",
        "which",
        "would",
        "could",
        "should",
        "not",
        "its",
        "has",
        "been",
        "than",
    ),
}


def tool_call_for(prompt: Prompt, rng: random.Random) -> ToolCall | None:
    """A call of the tool that fits the person's last message; None where there is none."""
    words = spoken(prompt)
    if not words or len(words) > LONGEST_REQUEST:
        return None
    for tool in fitting(prompt.tools, words)[:MOST_TRIED]:
        try:
            arguments = arguments_for(tool.parameters, words)
        except NotSaid:
            continue
        written = json.dumps(arguments, ensure_ascii=False)
        return ToolCall(f"call_{rng.getrandbits(64):016x}", tool.name, written)
    return None


def spoken(prompt: Prompt) -> str:
    """What the person says in the story; asides and orders are not part of it."""
    return ASIDE.sub(" ", last_words(prompt)).strip()


def fitting(tools: tuple[Tool, ...], words: str) -> list[Tool]:
    """The tools that fit these words, the best first; equal ones in their order."""
    heard = _telling(words)
    scores = [(_score(tool, words, heard), -place) for place, tool in enumerate(tools)]
    ranked = sorted((score for score in scores if score[0] > 0), reverse=True)
    return [tools[-place] for _score_of_it, place in ranked]


def _score(tool: Tool, words: str, heard: set[str]) -> int:
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]+", " ", tool.name)
    shared = len(heard & _telling(f"{name} {tool.description}"))
    named = sum(_is_named(choice, words) for choice in _choices(tool.parameters))
    return shared + CHOICE_NAMED * named


def _telling(text: str) -> set[str]:
    return {
        _stem(word)
        for word in features(MARKS.sub(" ", text))
        if word not in ANY_TOOL and not SMALL_HAN & set(word)
    }


def _stem(word: str) -> str:
    """English words without the ending of many."""
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word


def _choices(schema: Any) -> Iterator[str]:
    """The members of the closed choices among a tool's own parameters, if they tell something."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    for inner in properties.values() if isinstance(properties, Mapping) else ():
        members = inner.get("enum") if isinstance(inner, Mapping) else None
        for member in members if isinstance(members, list) else ():
            if isinstance(member, str) and len(member.strip()) > 1:
                yield member.strip().replace("_", " ")


def _is_named(choice: str, words: str) -> bool:
    if choice.isascii():
        pattern = rf"(?<![a-z]){re.escape(choice.lower())}(?![a-z])"
        return len(choice) > 2 and re.search(pattern, words.lower()) is not None
    return choice in words
