"""Arguments for a tool, taken from what the person said and fitted to the tool's JSON Schema.

A required value that was not said is never made up. What a schema itself offers may stand in: its
constant, its default, the first of a closed choice. Otherwise there are no arguments, and the tool
is not asked for.
"""

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from roleplay.providers.demo.card import features
from roleplay.providers.demo.finding import day_in, name_in, numbers_in, place_in, quoted_in

DEEPEST = 6
PLACES = re.compile(
    r"city|town|location|place|address|where|region|country|destination|城|地点|地区|地址|地方|位置|所在|目的地|省|国家",
    re.IGNORECASE,
)
DAYS = re.compile(r"date|\bday\b|time|when|日期|时间|哪天|何时|几号|时刻|日子", re.IGNORECASE)
NAMES = re.compile(
    r"person|contact|recipient|people|姓名|人名|联系人|收件人|谁|名字|\bname\b", re.IGNORECASE
)
EMAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
ADDRESS = re.compile(r"https?://[^\s，。！？」”\"<>]+")
ISO_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
# Formats that own words cannot have by chance: found in what was said, or not had at all.
FORMATS = {
    "email": EMAIL,
    "uri": ADDRESS,
    "url": ADDRESS,
    "date": ISO_DAY,
    "date-time": re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})\b"),
    "time": re.compile(r"\b\d{2}:\d{2}:\d{2}\b"),
    "uuid": re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
}


BOUNDS = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}
# What would have to be worked out; a schema with one of these is left alone.
NOT_UNDERSTOOD = {"$ref", "allOf", "not", "if", "prefixItems", "contains", "dependentRequired"}


class NotSaid(Exception):
    """A value that the tool must have was not said."""


@dataclass(slots=True)
class Said:
    """What a person said, and the places of numbers in it that an argument has taken already."""

    words: str
    used: set[int] = field(default_factory=set)


def arguments_for(schema: Mapping[str, Any], words: str) -> dict[str, Any]:
    """Arguments that fit this schema of a tool's parameters.

    Raises:
        NotSaid: something required was not said, or the schema says what is not understood here.
    """
    if not schema:
        return {}
    made = _value(schema, "", Said(words), required=True, depth=DEEPEST)
    if not isinstance(made, dict):
        raise NotSaid
    return made


def _value(schema: Any, name: str, said: Said, *, required: bool, depth: int) -> Any:
    if not isinstance(schema, Mapping) or not depth or NOT_UNDERSTOOD & set(schema):
        raise NotSaid
    for options in (schema.get("anyOf"), schema.get("oneOf")):
        if isinstance(options, list) and options:
            inner = _first_of(options, _about(name, schema))
            return _value(inner, name, said, required=required, depth=depth - 1)
    if "const" in schema:
        return schema["const"]
    if choices := schema.get("enum"):
        return _choice(choices, schema, said, required=required)
    try:
        return _of_type(schema, name, said, required=required, depth=depth)
    except NotSaid:
        if required and "default" in schema:
            return schema["default"]
        raise


def _first_of(options: list[Any], about: str) -> Any:
    """The first of these schemas that is more than null, told what the whole is about."""
    plain = [option for option in options if isinstance(option, Mapping)]
    told = next((one for one in plain if one.get("type") != "null"), options[0])
    return {"description": about, **told} if isinstance(told, Mapping) else told


def _of_type(
    schema: Mapping[str, Any], name: str, said: Said, *, required: bool, depth: int
) -> Any:
    match _kind(schema):
        case "object":
            return _object(schema, said, depth)
        case "array":
            return _array(schema, name, said, required=required, depth=depth)
        case "integer" | "number" as kind:
            return _number(schema, name, said, whole=kind == "integer")
        case "boolean":
            return _truth(schema, name, said, required=required)
        case "null":
            return None
        case _:
            return _text(schema, name, said, required=required)


def _object(schema: Mapping[str, Any], said: Said, depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    wanted = schema.get("required")
    wanted = [name for name in wanted if isinstance(name, str)] if isinstance(wanted, list) else []
    made: dict[str, Any] = {}
    # What is required has the first choice of what was said.
    for name in [*wanted, *(name for name in properties if name not in wanted)]:
        needed = name in wanted
        try:
            inner = properties.get(name, {})
            made[name] = _value(inner, name, said, required=needed, depth=depth - 1)
        except NotSaid:
            if needed:
                raise
    return made


def _array(
    schema: Mapping[str, Any], name: str, said: Said, *, required: bool, depth: int
) -> list[Any]:
    items = schema.get("items")
    items = items if isinstance(items, Mapping) else {}
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if choices := items.get("enum"):
        found = [choice for choice in choices if _mentions(said.words, choice)]
    else:
        inner = {**items, "description": f"{_about(name, schema)} {items.get('description', '')}"}
        try:
            found = [_value(inner, name, said, required=required, depth=depth - 1)]
        except NotSaid:
            found = []
    if len(found) < (least if isinstance(least, int) else 0) or (not required and not found):
        raise NotSaid
    return found[:most] if isinstance(most, int) else found


def _choice(choices: Any, schema: Mapping[str, Any], said: Said, *, required: bool) -> Any:
    choices = choices if isinstance(choices, list) else []
    mentioned = [choice for choice in choices if _mentions(said.words, choice)]
    if mentioned:
        # The longest of those whose letters were said: "light rain" before "rain".
        return max(mentioned, key=lambda choice: len(str(choice)))
    if not required or not choices:
        raise NotSaid
    default = schema.get("default")
    return default if default in choices else choices[0]


def _number(schema: Mapping[str, Any], name: str, said: Said, *, whole: bool) -> int | float:
    about = _about(name, schema).lower()
    free = [
        (place, value, unit)
        for place, (value, unit) in enumerate(numbers_in(said.words))
        if place not in said.used and _in_range(value, schema) and not (whole and value % 1)
    ]
    counted = [one for one in free if one[2] and one[2].rstrip("s") in about]
    if not free:
        raise NotSaid
    place, value, _unit = (counted or free)[0]
    said.used.add(place)
    return int(value) if whole or not value % 1 else value


def _truth(schema: Mapping[str, Any], name: str, said: Said, *, required: bool) -> bool:
    """True where the person spoke of it. What they did not speak of they did not ask for."""
    spoken = bool(features(said.words) & features(_spaced(_about(name, schema))))
    if not required and not spoken:
        raise NotSaid
    return spoken


def _text(schema: Mapping[str, Any], name: str, said: Said, *, required: bool) -> str:
    if form := FORMATS.get(str(schema.get("format", ""))):
        found = form.search(said.words)
        text = found[0] if found else ""
    else:
        text = _found(_about(name, schema), said.words)
        if not text and required:
            text = quoted_in(said.words) or said.words.strip()
    if not text or not _text_fits(text, schema):
        raise NotSaid
    return text


def _found(about: str, words: str) -> str:
    """What was said of this kind: a place, a day, somebody's name, an address."""
    for kind, find in ((PLACES, place_in), (DAYS, day_in), (NAMES, name_in)):
        if kind.search(about) and (found := find(words)):
            return found
    if re.search(r"e-?mail|邮箱|邮件地址", about, re.IGNORECASE) and (mail := EMAIL.search(words)):
        return mail[0]
    if re.search(r"\burl\b|\blink\b|网址|链接", about, re.IGNORECASE) and (
        link := ADDRESS.search(words)
    ):
        return link[0]
    return ""


def _text_fits(text: str, schema: Mapping[str, Any]) -> bool:
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(text))
    if isinstance(least, int) and isinstance(most, int) and not least <= len(text) <= most:
        return False
    pattern = schema.get("pattern")
    # A stranger's pattern can run without end: it is not tried, and nothing fits it.
    return pattern is None


def _in_range(value: float, schema: Mapping[str, Any]) -> bool:
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and (step <= 0 or value % step):
        return False
    bounds = [(schema.get(name), fits) for name, fits in BOUNDS.items()]
    return all(fits(value, bound) for bound, fits in bounds if isinstance(bound, int | float))


def _mentions(words: str, choice: Any) -> bool:
    if not isinstance(choice, str) or not choice.strip():
        counts = isinstance(choice, int | float) and not isinstance(choice, bool)
        return counts and any(value == choice for value, _unit in numbers_in(words))
    plain = _spaced(choice).strip().lower()
    if plain.isascii():
        return bool(re.search(rf"(?<![a-z]){re.escape(plain)}(?![a-z])", words.lower()))
    return plain in words.lower()


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    return str(kind)


def _about(name: str, schema: Mapping[str, Any]) -> str:
    return f"{_spaced(name)} {schema.get('description', '')} {schema.get('title', '')}".strip()


def _spaced(name: str) -> str:
    """`cityName` and `city_name` as words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+", " ", name)
