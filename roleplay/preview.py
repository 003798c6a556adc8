"""Shows what a character looks like to the vendor, made by the very code that sends it."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from characters.models import Character
from roleplay.prompting.build import HasPersona, build_prompt, persona_sheet
from roleplay.providers.xingchen import XingchenProvider

ENDPOINT = {"endpoint": "chat"}


@dataclass
class _Greeting:
    """What a person might say first; the payload shown does not contain it."""

    role: str = "user"
    text: str = "你好"
    tool_calls: list[dict[str, str]] = field(default_factory=list)
    tool_call_id: str = ""


def vendor_payload(character: Character, persona: HasPersona | None = None) -> dict[str, Any]:
    """`botProfile` and `userProfile` exactly as a chat with this character would send them.

    The user id of a chat is random; here it stands for itself.
    """
    engine = XingchenProvider(
        base_url="https://nlp.aliyuncs.com", key="", model="", parameters={}, options=ENDPOINT
    )
    prompt = build_prompt(character, persona_sheet(persona, uuid.UUID(int=0).hex), [_Greeting()])
    aca = engine.body(prompt)["input"]["aca"]
    return {"botProfile": aca["botProfile"], "userProfile": aca["userProfile"]}
