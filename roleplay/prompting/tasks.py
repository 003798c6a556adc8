"""Work for a model besides talking: facts, summaries, who speaks next, and persona drafts.

Each function makes a prompt that any engine can be given; task_answers reads what comes back. The
instructions stand as the description of nobody in particular, the material as the one turn. The
demo engine cannot read: it finds the same in `task` and `material`, and answers in the same form.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from roleplay.prompting.budget import PromptBudget, estimated_tokens
from roleplay.prompting.task_words import TaskWords, language_mostly, words_in
from roleplay.providers.base import (
    CharacterSheet,
    Line,
    Material,
    PersonaSheet,
    Prompt,
    Sampling,
    Turn,
)

FOR_THE_ANSWER = 2_000  # tokens
LEAST_TOKENS = 500
ABOUT_ONE = 600  # characters about each member of a group
AS_IT_COMES, ENOUGH = Sampling(), PromptBudget()


@dataclass(frozen=True, slots=True)
class Terms:
    """For whom a task is done (an opaque id), how it is drawn, and how much the model reads."""

    user_id: str = ""
    sampling: Sampling = AS_IT_COMES
    budget: PromptBudget = ENOUGH


TERMS = Terms()


def facts_prompt(talk: Sequence[Line], wanted: Sequence[str], terms: Terms = TERMS) -> Prompt:
    """What was said about each of the wanted keys."""
    words, language = _words(line.text for line in talk)
    told = words.facts.format(choices=_quoted(list(wanted)))
    return _of_talk("facts", told, talk, tuple(wanted), terms, words, language)


def summary_prompt(talk: Sequence[Line], terms: Terms = TERMS) -> Prompt:
    """A few sentences that say what was talked about."""
    words, language = _words(line.text for line in talk)
    return _of_talk("summary", words.summary.format(), talk, (), terms, words, language)


def speaker_prompt(
    talk: Sequence[Line], cast: Sequence[CharacterSheet], group: str = "", terms: Terms = TERMS
) -> Prompt:
    """Who of this cast speaks next. `group`: what the chat is about."""
    words, language = _words([*(line.text for line in talk), group])
    known = [_member(sheet) for sheet in cast]
    about = words.group.format(_quoted(group)) if group.strip() else ""
    told = words.speaker.format(choices=_quoted(known), group=about)
    names = tuple(sheet.name for sheet in cast)
    return _of_talk("speaker", told, talk, names, terms, words, language)


def profile_prompt(text: str, terms: Terms = TERMS) -> Prompt:
    """A character's description, drawn from this text, of which the beginning counts most."""
    words, language = _words([text])
    room = _room(words.profile, terms)
    if estimated_tokens(text) > room:
        text = text[:room]
    turn = f"<text>\n{_quoted(text)}\n</text>\n{words.now_text}"
    material = Material((Line("user", text),))
    return _prompt("profile", words.profile.format(), turn, material, terms, language)


def lines_that_fit(talk: Sequence[Line], tokens: int) -> tuple[Line, ...]:
    """The newest lines within the budget; of a last line that is too long alone, its end."""
    kept: list[Line] = []
    for line in reversed(talk):
        cost = estimated_tokens(_quoted(_item(line)))
        if cost > tokens:
            if not kept:
                kept.append(replace(line, text=line.text[-tokens:]))
            break
        tokens -= cost
        kept.append(line)
    return tuple(reversed(kept))


def _of_talk(
    task: str,
    told: str,
    talk: Sequence[Line],
    choices: tuple[str, ...],
    terms: Terms,
    words: TaskWords,
    language: str,
) -> Prompt:
    lines = lines_that_fit(talk, _room(told, terms))
    quoted = ",\n".join(_quoted(_item(line)) for line in lines)
    turn = f"<talk>\n[{quoted}]\n</talk>\n{words.now_json}"
    return _prompt(task, told, turn, Material(lines, choices), terms, language)


def _prompt(
    task: str, told: str, turn: str, material: Material, terms: Terms, language: str
) -> Prompt:
    return Prompt(
        character=CharacterSheet(name="", kind="assistant", description=told, language=language),
        persona=PersonaSheet(terms.user_id),
        turns=(Turn("user", turn),),
        sampling=terms.sampling,
        task=task,
        material=material,
    )


def _words(texts: Iterable[str]) -> tuple[TaskWords, str]:
    language = language_mostly("\n".join(texts))
    return words_in(language), language


def _room(told: str, terms: Terms) -> int:
    return max(LEAST_TOKENS, terms.budget.tokens - FOR_THE_ANSWER - estimated_tokens(told))


def _item(line: Line) -> dict[str, str]:
    name = {"name": line.name} if line.name else {}
    return {"role": line.role, **name, "text": line.text}


def _member(sheet: CharacterSheet) -> dict[str, str]:
    about = sheet.description.strip() or sheet.tagline.strip()
    return {"name": sheet.name, "about": about[:ABOUT_ONE]}


def _quoted(value: Any) -> str:
    """The value as JSON in which no tag can begin."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
