"""What the demo engine's prepared lines are made of; `chinese.py` and `english.py` hold them.

The marks in braces are filled in: `{who}` and `{Who}` the character as a subject (a pronoun, else
the name), `{their}` the possessive, `{q}` a piece of what the person wrote, `{you}` the person's
name. Narration and speech are written without their marks, which follow the card's own habit.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lines:
    """Prepared lines in one language. Each pool holds alternatives for one moment."""

    pronouns: Mapping[str, tuple[str, str]]  # female, male: subject and possessive
    gestures: tuple[str, ...]  # narration that something said may follow
    rests: tuple[str, ...]  # narration to end on
    segues: tuple[str, ...]  # narration before a line of the card's own
    answers: Mapping[str, tuple[str, ...]]  # speech by what the person did (see hearing.MOODS)
    to_action: tuple[str, ...]  # narration where the person only acted
    to_silence: tuple[str, ...]  # narration where there is nothing to pick up
    of_trait: tuple[str, ...]  # speech around {trait}, a few words from the card
    facts: Mapping[str, str]  # speech around {value}: name, birthday, age
    onward: tuple[str, ...]  # speech where the character goes on without being spoken to
    questions: tuple[str, ...]
    gentle: tuple[str, ...]  # questions for someone who is sad
    by_name: tuple[str, ...]  # questions with {you}
    aside: str  # asides are not acted on: {q}
    truth: tuple[str, ...]  # asked whether this is a model: {name}
    noted: tuple[str, ...]  # an assistant without a name, to {q}; so are all that are called plain
    plain_onward: tuple[str, ...]
    plain_questions: tuple[str, ...]
    plain_truth: str
    care: str  # the person is not well: no play
    tool_result: str  # {result}
    empty_result: str  # a tool had nothing to tell
    no_tools: str
    replaced: tuple[str, str]  # what is said first, and what it is rewritten to
    orders: str  # what `/demo` lists: {kinds}
    unknown_order: str  # {order}
    yes_no: tuple[str, str]  # true and false in a tool's result
    pair: str  # a name and its value in a result: {name}, {value}
    between: str  # between several values
    speakers: Mapping[str, str]  # who spoke, where no name was told: by role
    said_by: str  # {name}, {text}
    called_by_name: str  # why somebody speaks next: {name}
    silent_longest: str  # {name}
    never_spoke: str  # {name}
