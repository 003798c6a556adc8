"""Requests by the thousand, made from the OpenAPI document: sense, near-sense and malice.

Everything comes from one `random.Random`: the same seed gives the same requests.
"""

import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from roleplay.api.openapi import document

VERBS = ("get", "post", "put", "delete", "patch")
WORDS = [
    "Hello.",
    "What is your name?",
    "你好，今天去看海吧？",
    "🪁",
    "a",
    " ",
    "",
    "1",
    "true",
    "u-1",
]
# Words that make the demo engine fail: their errors are among the documented ones.
ORDERS = [f"/demo fail {kind}" for kind in ("refused", "too_long", "upstream", "empty late")]
# Given nearly always, though it may be left out: without it nothing is said.
SPOKEN = {"content", "text", "messages", "name", "pageSize"}
MALICE: list[Any] = [
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "\udfff\ud800",
        "\u202e",
        "\ufeff",
        "\u2028",
        "é" * 300,
        "x" * 30_000,
    ),
    *("' OR 1=1 --", '"; DROP TABLE accounts_user; --', "%s%n%x", "${7*7}", "{{7*7}}", "{user}"),
    *("<script>alert(1)</script>", "../../../../etc/passwd", "\r\nSet-Cookie: a=b", "data:x\n\n"),
    *("event:error\ndata:{}", "[DONE]", "null", "NaN", "__proto__", "\\", '"', "//", "{{user}}"),
    *(None, True, False, 0, -1, 1, 2**31, 2**63 - 1, 2**63, 10**39, -(10**39), 0.5, -0.0, 1e308),
    *([], {}, [None], [[[[]]]], {"": ""}, {"$ref": "#"}, [{}] * 300, {"type": "object"}),
]


@dataclass
class Shot:
    """A request as it will go out."""

    verb: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Fire:
    """Makes requests for every operation in turn; what is not offered is asked for less often.

    `ids` are those of things that are there, by the beginnings of the fields that name them.
    """

    def __init__(self, seed: int, ids: dict[str, list[str]]) -> None:
        self.rng = random.Random(seed)
        self.ids = ids
        self.document = document()
        self.operations = [
            (
                verb,
                path,
                operation
                | {
                    "parameters": [
                        *operations.get("parameters", []),
                        *operation.get("parameters", []),
                    ]
                },
            )
            for path, operations in self.document["paths"].items()
            for verb, operation in operations.items()
            if verb in VERBS
        ]

    def shots(self, count: int) -> Iterator[Shot]:
        for number in range(count):
            chosen = self.operations[number % len(self.operations)]
            while "Not offered" in chosen[2]["summary"] and self.rng.random() < 0.9:
                chosen = self.rng.choice(self.operations)
            yield self.shot(*chosen)

    def shot(self, verb: str, path: str, operation: Any) -> Shot:
        """One request: mostly of sense, with a little, or much, that has none."""
        self.wild = self.rng.choice([0, 0, 0, 0.01, 0.05, 0.3])
        query = {}
        for parameter in operation.get("parameters", []):
            parameter = self.found(parameter)
            if parameter["in"] == "header" or not self.is_given(parameter.get("required", False)):
                continue
            value = self.text_of(self.made(parameter["schema"], parameter["name"]))
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", quote(value, safe=""))
            else:
                query[parameter["name"]] = value
        path = path.replace("{", "%7B").replace("}", "%7D")
        if query:
            path += "?" + urlencode(query)
        return Shot(verb.upper(), path, self.body_of(operation), self.headers())

    def headers(self) -> dict[str, str]:
        ways = [{}, {}, {"X-AcA-SSE": "enable"}, {"X-DashScope-SSE": "Enable"}]
        ways += [{"x-fag-servicename": "aca-chat-send-sse"}, {"X-AcA-SSE": "disable"}]
        return self.rng.choice(ways)

    def body_of(self, operation: Any) -> bytes:
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return self.rng.choice([b"", b"{}", b"?"])
        (media,) = content.values()
        value = self.made(media["schema"])
        text = json.dumps(value, ensure_ascii=self.rng.random() < 0.5)
        body = text.encode(errors="surrogatepass")
        return self.spoilt(body) if self.rng.random() < self.wild else body

    def spoilt(self, body: bytes) -> bytes:
        place = self.rng.randrange(len(body) + 1)
        head, tail = body[:place], body[place:]
        return self.rng.choice(
            [
                head,
                head + b"," + tail,
                head + b"//" + tail,
                head + b"\xff" + tail,
                head + b"\x00" + tail,
                head + b"NaN" + tail,
                head + b"[" * 100 + tail,
                head + b"9" * 60 + tail,
                b"\xef\xbb\xbf" + body + b" // c",
                b'{"a":1,"a":2,' + body[1:],
                b"[" + body + b"]",
                bytes(reversed(body)),
                body.decode(errors="replace").encode("utf-16"),
            ]
        )

    # -- values

    def made(self, schema: Any, name: str = "", depth: int = 0) -> Any:
        """A value for this schema, or, now and then, another one."""
        if self.rng.random() < self.wild:
            return self.rng.choice(MALICE)
        schema = self.found(schema)
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return self.made(self.rng.choice(schema[several]), name, depth)
        if "allOf" in schema:
            return self.made(schema["allOf"][0], name, depth)
        if "const" in schema or "enum" in schema:
            choices = schema.get("enum") or [schema["const"]]
            # The last of a talk has to be a person's.
            return (
                "user"
                if "user" in choices and self.rng.random() < 0.8
                else self.rng.choice(choices)
            )
        kind = schema.get("type", "object" if "properties" in schema else None)
        if isinstance(kind, list):  # one of them is null
            kind = kind[0] if self.rng.random() < 0.9 else kind[-1]
        make = getattr(self, f"a_{kind}", None)
        return make(schema, name, depth) if make else self.rng.choice([*WORDS, *MALICE[-8:], 7])

    def a_object(self, schema: Any, name: str, depth: int) -> dict[str, Any]:
        required = schema.get("required", [])
        made = {
            key: self.made(inner, key, depth + 1)
            for key, inner in schema.get("properties", {}).items()
            if self.is_given(key in required or key in SPOKEN)
        }
        more = schema.get("additionalProperties")
        if isinstance(more, dict) and self.rng.random() < 0.5:
            made[self.name()] = self.made(more, "", depth + 1)
        if self.rng.random() < self.wild:
            made[self.name()] = self.rng.choice(MALICE)
        return made

    def a_array(self, schema: Any, name: str, depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", 3), least + 2)
        count = self.rng.randint(least, most)
        return [self.made(schema.get("items", {}), name, depth + 1) for _ in range(count)]

    def a_string(self, schema: Any, name: str, depth: int) -> str:
        for beginning, known in self.ids.items():
            if name.startswith(beginning) and self.rng.random() < 0.8:
                return self.rng.choice(known)
        if name in ("content", "text") and self.rng.random() < 0.05:
            return self.rng.choice(ORDERS)
        text = self.rng.choice(WORDS)
        return text[: schema.get("maxLength", 100)].ljust(schema.get("minLength", 0), "x")

    def a_integer(self, schema: Any, name: str, depth: int) -> int:
        least = schema.get("minimum", schema.get("ge", -5))
        most = schema.get("maximum", schema.get("le", 1_000))
        return self.rng.choice([least, most, self.rng.randint(int(least), int(most))])

    def a_number(self, schema: Any, name: str, depth: int) -> float:
        least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        return self.rng.uniform(least, schema.get("maximum", least + 1))

    def a_boolean(self, schema: Any, name: str, depth: int) -> bool:
        return self.rng.random() < 0.5

    def a_null(self, schema: Any, name: str, depth: int) -> None:
        return None

    def is_given(self, required: bool) -> bool:
        chance = 1 - self.wild / 4 if required else 0.35
        return self.rng.random() < chance

    def found(self, schema: Any) -> Any:
        while "$ref" in schema:
            place: Any = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                place = place[step]
            schema = place
        return schema

    def name(self) -> str:
        if self.rng.random() < 3 * self.wild:
            return self.rng.choice(["", "\ud800", "k" * 3_000, "\x00", "a.b[0]"])
        return "".join(self.rng.choices(string.ascii_letters, k=self.rng.randint(1, 8)))

    def text_of(self, value: Any) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        return text.encode(errors="replace").decode()[:2_000]
