"""Finds places, days, names and numbers in what a person said, each in their own words."""

import re
from collections.abc import Iterator

CITIES = (
    "北京|上海|天津|重庆|广州|深圳|杭州|南京|苏州|成都|武汉|西安|长沙|郑州|青岛|济南|大连|沈阳|哈尔滨|长春|厦门|福州|"
    "昆明|贵阳|南宁|海口|三亚|拉萨|兰州|西宁|银川|乌鲁木齐|呼和浩特|石家庄|太原|合肥|南昌|宁波|无锡|珠海|香港|澳门|台北|"
    "东京|大阪|京都|首尔|巴黎|伦敦|纽约|柏林|罗马|悉尼|莫斯科|曼谷|新加坡"
)
WHEN = (
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}月\d{1,2}[日号]|大后天|大前天|今天|明天|后天|昨天|前天|今晚|明晚|今早|明早|"
    r"(?:这|本|上|下)?个?(?:周|星期|礼拜)[一二三四五六日天末]|(?:这|本|上|下)(?:周|个?月|星期)|今年|明年|去年|"
    r"\b(?:the day after tomorrow|today|tomorrow|tonight|yesterday|next week|this week|this weekend|"
    r"next month)\b|\b(?:(?:next|this|on) )?(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|"
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2}(?:st|nd|rd|th)?\b"
)
TIME = (
    r"\d{1,2}[:：]\d{2}|(?:早上|上午|中午|下午|傍晚|晚上|凌晨)?[\d一二两三四五六七八九十]{1,3}点(?:半|[\d一二三四五六七八九十]{1,3}分?)?|"
    r"\b\d{1,2}(?::\d{2})? ?(?:am|pm|o'clock|o’clock)\b|早上|上午|中午|下午|傍晚|晚上|凌晨|\b(?:noon|midnight)\b"
)
DAY_OR_TIME = rf"(?:{WHEN})(?:的|的时候| at | )?(?:{TIME})?|{TIME}"
# What tells a place apart in Chinese: what is done there before it, what is said of it after it.
PLACE = re.compile(
    r"(?:在|去|到|飞往|前往|查一?下|看看|问问)(?:今天|明天|后天|现在)?([\u3400-\u9fff]{2,6}?)(?=的|天气|气温|附近|市|今|明|"
    r"后天|现在|玩|旅|住|上班|怎么|有|[吧吗呢啊呀了]|[，。！？\s]|$)|([\u3400-\u9fff]{2,5}?(?:市|省|县|区|镇|村))"
)
CITY = re.compile(CITIES)
NOT_A_PLACE = re.compile(r"我|你|他|她|它|这|那|哪|什么|一|天气|今天|明天|后天|现在|时候")
# A name is written with a capital letter, but a lower-case one after "in" is believed too.
ENGLISH_PLACE = re.compile(
    r"\b(?:[Ii]n|[Aa]t|[Ff]or|[Tt]o|[Nn]ear|[Ff]rom|[Oo]f)\s+((?:[A-Z][\w'’-]*)(?:\s+[A-Z][\w'’-]*)*)"
)
LOWER_PLACE = re.compile(r"\b(?:in|near)\s+(?!the\b|a\b|my\b|an\b|your\b)([a-z]{3,})\b")
NAME = re.compile(
    r"(?:叫做?|名叫|名字是|姓名是?|联系|告诉|发给|打给|给|找)([\u3400-\u9fff]{2,4}?)(?=的|说|打|发|写|[，。！？\s]|$)|"
    r"\b(?:[Mm]y name is|[Cc]alled|[Nn]amed|[Cc]all|[Tt]ell|[Mm]essage|[Aa]sk|[Tt]o)\s+([A-Z][\w'’-]*)"
)
QUOTED = re.compile(r"[「『“\"‘]([^「」『』“”\"‘’\n]+)[」』”\"’]")
DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
# A Chinese numeral counts as one before something that is counted: 一下 and 一点 are no numbers.
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.:/-])(-?\d{1,15}(?:\.\d{1,10})?)(?![-/:.]?\d)|([一二两三四五六七八九十百]{1,5})(?=天|个(?!人们)|次|份|杯|位|人|小时|分钟|岁|年|月|周|元|"
    r"块|公里|米|件|本|张|道|遍|间|晚|[加减乘除])"
)
SMALL_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
WORD_NUMBER = re.compile(rf"\b({'|'.join(SMALL_WORDS)})\b", re.IGNORECASE)


def place_in(text: str) -> str:
    """A city that everybody knows, else the first place that is named, or ""."""
    if city := CITY.search(text):
        return city[0]
    for found in PLACE.finditer(text):
        named: str = next(filter(None, found.groups()))
        if not NOT_A_PLACE.search(named):
            return named
    for pattern in (ENGLISH_PLACE, LOWER_PLACE):
        for found in pattern.finditer(text):
            if not re.fullmatch(DAY_OR_TIME, found[1], re.IGNORECASE):
                return found[1]
    return ""


def day_in(text: str) -> str:
    """The first day or time that is named, or ""."""
    found = re.search(DAY_OR_TIME, text, re.IGNORECASE)
    return found[0].strip() if found else ""


def name_in(text: str) -> str:
    """The first person who is named, or ""."""
    found = NAME.search(text)
    return next(filter(None, found.groups()), "") if found else ""


def quoted_in(text: str) -> str:
    found = QUOTED.search(text)
    return found[1].strip() if found else ""


def numbers_in(text: str) -> list[tuple[float, str]]:
    """Each number with the word or the character after it, in their order."""
    found = [(at.start(), _value(at), text[at.end() : at.end() + 12]) for at in _numbers(text)]
    return [(value, _unit(after)) for _place, value, after in sorted(found)]


def _numbers(text: str) -> Iterator[re.Match[str]]:
    yield from NUMBER.finditer(text)
    yield from WORD_NUMBER.finditer(text)


def _value(at: re.Match[str]) -> float:
    if at.re is WORD_NUMBER:
        return SMALL_WORDS.index(at[1].lower()) + 1
    return float(at[1]) if at[1] else _chinese(at[2])


def _chinese(numeral: str) -> int:
    """Up to 999; 十 alone is ten."""
    hundreds, _mark, rest = numeral.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    total = DIGITS.get(hundreds[-1:], 1) * 100 if _mark else 0
    if ten:
        return total + DIGITS.get(tens[-1:], 1) * 10 + DIGITS.get(ones[-1:], 0)
    return total + DIGITS.get(rest[-1:], 0)


def _unit(after: str) -> str:
    found = re.match(r"\s*([A-Za-z]{2,}|[\u3400-\u9fff])", after)
    return found[1].lower() if found else ""
