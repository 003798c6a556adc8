"""What every file that leaves says of itself: made with AI, by whom, of what number."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from roleplay.conversations.models import Conversation
from roleplay.conversations.transcripts.moments import to_read

APP = "Lamplight"
UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*.\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]')
LONGEST_NAME = 120  # bytes, of what stands before date and ending


@dataclass(frozen=True, slots=True)
class Label:
    """`models`: the names of the models that wrote; `person`: what the person is called."""

    number: str
    site: str
    notice: str
    character: str
    person: str
    models: list[str]
    begun: datetime
    last: datetime

    @property
    def mark(self) -> dict[str, str]:
        """The implicit label of GB 45438: made by AI, by which provider, under which number."""
        return {"Label": "1", "ContentProducer": self.site, "ProduceID": self.number}

    @property
    def values(self) -> dict[str, Any]:
        return {
            "ai_generated": True,
            "notice": self.notice,
            "app": APP,
            "site": self.site,
            "models": self.models,
            "AIGC": self.mark,
        }

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What a reader is told above the story, as names with values."""
        found = [
            (_("Character"), self.character),
            (_("You"), self.person),
            (_("Begun"), to_read(self.begun)),
            (_("Last words"), to_read(self.last)),
            (_("Model"), ", ".join(self.models)),
            (_("From"), f"{self.site} ({APP})" if self.site != APP else APP),
            (_("Content number"), self.number),
            ("AIGC", json.dumps(self.mark, ensure_ascii=False)),
        ]
        return [(name, value) for name, value in found if value]


def label_of(chat: Conversation) -> Label:
    character = chat.character.name
    models = chat.generations.exclude(model="").order_by("model")
    last = chat.messages.filter(pk=chat.head_id or 0).values_list("created", flat=True).first()
    return Label(
        number=str(chat.pk),
        site=settings.SITE_NAME or _("Lamplight"),
        notice=_("%(name)s is an AI character; what it says is AI-generated.")
        % {"name": character},
        character=character,
        person=chat.persona.name if chat.persona else "",
        models=list(models.values_list("model", flat=True).distinct()),
        begun=chat.created,
        last=last or chat.created,
    )


def file_name(chat: Conversation, ending: str) -> str:
    """A name that every system takes: who, which story, when it was last used."""
    name = " ".join(filter(None, [chat.character.name, chat.title]))
    name = " ".join(UNSAFE.sub(" ", name).split())
    short = name.encode(errors="ignore")[:LONGEST_NAME].decode(errors="ignore").strip()
    return f"{short or 'chat'} {chat.used:%Y-%m-%d}.{ending}"
