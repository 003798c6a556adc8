"""`/demo …`: the orders that make the demo engine act out trouble."""

import re
from dataclasses import dataclass

from roleplay.providers import base
from roleplay.providers.base import Prompt, ProviderError
from roleplay.providers.demo.hearing import ORDER, language_of_chat

FAILURES: dict[str, tuple[type[ProviderError], str]] = {
    "unauthorized": (base.Unauthorized, "密钥"),
    "out_of_money": (base.OutOfMoney, "欠费"),
    "rate_limited": (base.RateLimited, "限流"),
    "refused": (base.Refused, "拒绝"),
    "too_long": (base.TooLong, "太长"),
    "model_gone": (base.ModelGone, "没有模型"),
    "rejected": (base.Rejected, "不接受"),
    "unreachable": (base.Unreachable, "连不上"),
    "timed_out": (base.TimedOut, "超时"),
    "broke_off": (base.Interrupted, "断线"),
    "upstream": (base.Upstream, "服务出错"),
    "nonsense": (base.Nonsense, "乱码"),
    "too_much": (base.TooMuch, "太多"),
    "empty": (base.Empty, "空白"),
}
WAYS = {
    "fail": "失败",
    "busy": "忙",
    "slow": "慢",
    "long": "长",
    "silent": "沉默",
    "replace": "改写",
    "tools": "工具",
}
LATE = {"late", "半途"}
ENGLISH_OF = {chinese: name for name, (_error, chinese) in FAILURES.items()}
WAY_OF = {chinese: name for name, chinese in WAYS.items()}
# These can only happen in the middle of a reply.
ALWAYS_LATE = {"broke_off", "too_much"}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `way`: one of WAYS, "" for the list, "?" for what nobody knows."""

    way: str
    language: str
    failure: str = ""
    late: bool = False
    retry_after: float | None = None
    text: str = ""

    def error(self) -> ProviderError:
        made = FAILURES[self.failure][0]
        return made("asked for by a /demo order", self.retry_after)


def order_in(prompt: Prompt) -> Order | None:
    """The order in the last line of the person's last message, if there is one.

    While a reply is continued a failure is not repeated: going on after it is what is being tried.
    """
    if not prompt.turns or prompt.turns[-1].role != "user":
        return None
    line = prompt.turns[-1].text.strip().rpartition("\n")[2]
    if not ORDER.match(line):
        return None
    order = parse(line, language_of_chat(prompt))
    return None if prompt.start_of_reply and order.way in {"fail", "silent"} else order


def parse(line: str, language: str) -> Order:
    """The order in this line, in this language: Latin letters in an order are only its name."""
    words = ORDER.sub("", line).lower().split()
    if re.search("[\u3400-\u9fff]", line):
        language = "zh-Hans"
    if not words:
        return Order("", language)
    way = WAY_OF.get(words[0], words[0])
    if way == "fail":
        return _failure(words[1:], language)
    return Order(way if way in WAYS else "?", language, text=words[0])


def _failure(words: list[str], language: str) -> Order:
    if not words:
        return Order("", language)
    name = ENGLISH_OF.get(words[0], words[0])
    if name not in FAILURES:
        return Order("?", language, text=words[0])
    seconds = [float(word) for word in words[1:] if re.fullmatch(r"\d{1,4}", word)]
    return Order(
        "fail",
        language,
        failure=name,
        late=name in ALWAYS_LATE or bool(LATE & set(words[1:])),
        retry_after=seconds[0] if seconds else None,
    )


def kinds_in(language: str) -> str:
    """The names of all failures, as the list shows them."""
    if language == "en":
        return ", ".join(FAILURES)
    return "、".join(chinese for _error, chinese in FAILURES.values())
