"""Does without a model what a prompt's `task` asks, and answers in the form that models are asked for.

Everything is quoted from the prompt's material. The forms are those of prompting.tasks.
"""

import json
from collections.abc import Callable

from roleplay.providers.base import Material, Prompt
from roleplay.providers.demo.chinese import CHINESE
from roleplay.providers.demo.english import ENGLISH
from roleplay.providers.demo.facts import facts
from roleplay.providers.demo.gist import profile, summaries
from roleplay.providers.demo.lines import Lines
from roleplay.providers.demo.turn_taking import next_speaker


def done(prompt: Prompt) -> str | None:
    """The answer to this task; None where it is none that is known here."""
    work = WORK.get(prompt.task)
    lines = ENGLISH if prompt.character.language == "en" else CHINESE
    return work(prompt.material, lines) if work else None


def _facts(material: Material, lines: Lines) -> str:
    return _json({"facts": facts(material.lines, material.choices)})


def _summary(material: Material, lines: Lines) -> str:
    return _json({"summaries": summaries(material.lines, lines)})


def _speaker(material: Material, lines: Lines) -> str:
    if not material.choices:
        return _json({})
    name, thought = next_speaker(material.lines, material.choices, lines)
    return _json({"name": name, "thought": thought})


def _profile(material: Material, lines: Lines) -> str:
    return profile("\n".join(line.text for line in material.lines))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


WORK: dict[str, Callable[[Material, Lines], str]] = {
    "facts": _facts,
    "summary": _summary,
    "speaker": _speaker,
    "profile": _profile,
}
