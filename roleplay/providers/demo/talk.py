"""Puts a reply together from prepared lines, the card, and a few of the person's own words."""

import random
import re
from collections.abc import Callable, Iterable
from itertools import takewhile

from roleplay.providers.base import Prompt, ToolCall
from roleplay.providers.demo.card import (
    example_pairs,
    gender,
    likeness,
    marks_of,
    scene_sentences,
    spoken_lines,
    trait_clauses,
)
from roleplay.providers.demo.chinese import CHINESE
from roleplay.providers.demo.english import ENGLISH
from roleplay.providers.demo.hearing import Heard, hear, language_for, last_words
from roleplay.providers.demo.lines import Lines
from roleplay.providers.demo.results import in_words
from roleplay.providers.demo.tool_choice import tool_call_for

TURNS_READ = 12
# An example is played when its cue is this like what the person wrote, and then mostly: another
# attempt must be able to come out differently.
LIKE_ENOUGH, ALL_BUT_EQUAL, MOSTLY = 0.4, 0.8, 0.7
ENDS = '。！？….!?」』”’"*))）~～'
OPENERS = {"「": "」", "『": "』", "“": "”"}


def lines_for(language: str) -> Lines:
    return ENGLISH if language == "en" else CHINESE


class Talk:
    """One reply in the making: a few short paragraphs, without `prompt.start_of_reply`.

    It never says what the last replies or itself already said.
    """

    def __init__(self, prompt: Prompt, rng: random.Random) -> None:
        self.prompt, self.rng = prompt, rng
        self.language = language_for(prompt)
        self.lines = lines_for(self.language)
        self.marks = marks_of(prompt, self.language)
        recent = [turn.text for turn in prompt.turns[-TURNS_READ:] if turn.role == "assistant"]
        self.said = "\n".join([*recent, prompt.start_of_reply])

    def reply(self) -> str:
        heard = hear(last_words(self.prompt))
        if heard.needs_care:
            return self.lines.care
        if self.prompt.start_of_reply:
            return self.going_on()
        if results := self.results():
            return self.with_results(results)
        if heard.asks_for_truth:
            return joined([self.of_truth(), self.rest()])
        return self.answer(heard)

    def tool_call(self) -> ToolCall | None:
        """The tool that the person's words ask for; who is in danger or asks for truth gets words."""
        heard = hear(last_words(self.prompt))
        if self.prompt.start_of_reply or heard.needs_care or heard.asks_for_truth:
            return None
        return tool_call_for(self.prompt, self.rng)

    def of_truth(self) -> str:
        return self.fresh(self.lines.truth).format(name=self.prompt.character.name)

    def answer(self, heard: Heard) -> str:
        aside = self.lines.aside.format(q=self.marks.quote(heard.aside)) if heard.aside else ""
        if not heard.words:
            return joined([aside, *self.unprompted()[: 2 if aside else 5]])
        return joined([aside, *(self.example(heard) or self.shape(heard.mood)(heard))])

    def shape(self, mood: str) -> Callable[[Heard], list[str]]:
        if mood == "parted":
            return self.letting_go
        if mood == "sad":
            return self.comforting
        shapes = [self.plain_shape, self.remembering, self.self_describing, self.looking_around]
        return self.rng.choice(shapes)

    def letting_go(self, heard: Heard) -> list[str]:
        """Who leaves is not held back with a question."""
        return [self.gesture(), self.pick_up(heard)]

    def comforting(self, heard: Heard) -> list[str]:
        return [self.gesture(), self.pick_up(heard), self.speech(self.fresh(self.lines.gentle))]

    def plain_shape(self, heard: Heard) -> list[str]:
        return [self.gesture(), self.pick_up(heard), self.gesture(), self.question()]

    def remembering(self, heard: Heard) -> list[str]:
        return [self.pick_up(heard), *self.card_line(heard.words), self.question()]

    def self_describing(self, heard: Heard) -> list[str]:
        return [
            self.gesture(),
            self.pick_up(heard),
            f"{self.of_trait()}{self.gesture()}",
            self.question(),
        ]

    def looking_around(self, heard: Heard) -> list[str]:
        return [self.pick_up(heard), self.scene(), *self.card_line(heard.words), self.question()]

    def unprompted(self) -> list[str]:
        """Paragraphs where the character speaks without having been spoken to."""
        speech = self.speech(self.fresh(self.lines.onward))
        return [self.gesture(), speech, self.scene(), *self.card_line(""), self.question()]

    def example(self, heard: Heard) -> list[str]:
        """The card's own answer to much the same words, if it has one that was not given yet."""
        pairs = [
            (likeness(cue, heard.words), answer)
            for cue, answer in example_pairs(self.prompt, self.language)
            if answer not in self.said
        ]
        score, answer = max(pairs, default=(0.0, ""))
        enough = ALL_BUT_EQUAL if self.fact(heard.fact) else LIKE_ENOUGH
        if score < enough or self.rng.random() > MOSTLY:
            return []
        self.said += answer
        return [answer, self.rest() if re.search("[?？]", answer) else self.question()]

    def pick_up(self, heard: Heard) -> str:
        """What the character makes of the person's own words."""
        if fact := self.fact(heard.fact):
            return self.speech(fact)
        if heard.said:
            pool = self.lines.answers[heard.mood]
            return self.speech(self.fresh(pool, q=self.marks.quote(heard.said)))
        if heard.done:
            return self.narration(self.fresh(self.lines.to_action, q=heard.done))
        return self.narration(self.fresh(self.lines.to_silence))

    def fact(self, name: str) -> str:
        """What the card says of its name, birthday or age; nothing where it is silent."""
        sheet = self.prompt.character
        value = {"name": sheet.name, "birthday": sheet.birthday, "age": sheet.age}.get(name)
        return self.lines.facts[name].format(value=value) if value else ""

    def card_line(self, words: str) -> list[str]:
        """A speech from the card's examples, the one nearest to these words, with a turn to it."""
        found = [
            line
            for line in spoken_lines(self.prompt.examples, self.language)
            if line not in self.said
        ]
        if not found:
            return [f"{self.of_trait()}{self.gesture()}"]
        self.rng.shuffle(found)
        line = max(found, key=lambda text: likeness(text, words))
        self.said += line
        return [f"{self.narration(self.fresh(self.lines.segues))}{self.gap}{self.speech(line)}"]

    def of_trait(self) -> str:
        found = trait_clauses(self.prompt.character, self.language)
        if not found:
            return ""
        trait = self.fresh(found)
        return (
            self.speech(self.fresh(self.lines.of_trait, trait=self.marks.quote(trait))) + self.gap
        )

    def scene(self) -> str:
        found = [one for one in scene_sentences(self.prompt, self.language) if one not in self.said]
        return self.narration(self.fresh(found)) if found else self.gesture()

    def question(self) -> str:
        you = self.prompt.persona.name
        pool = [*self.lines.questions, *(self.lines.by_name if you else ())]
        return self.speech(self.fresh(pool, you=you))

    def gesture(self) -> str:
        return self.narration(self.fresh(self.lines.gestures))

    def rest(self) -> str:
        return self.narration(self.fresh(self.lines.rests))

    def results(self) -> list[str]:
        """What the tools have just answered."""
        tools = takewhile(lambda turn: turn.role == "tool", reversed(self.prompt.turns))
        return [turn.text for turn in tools][::-1]

    def with_results(self, results: list[str]) -> str:
        words = [in_words(result, self.lines) for result in results]
        found = self.lines.between.join(word for word in words if word)
        told = self.lines.tool_result.format(result=found) if found else self.lines.empty_result
        return joined([self.gesture(), self.speech(told), self.question()])

    def going_on(self) -> str:
        """From the very place where the reply broke off: what is open is closed, then on."""
        dots = "…" if self.language == "en" else "……"
        return _ending_of(self.prompt.start_of_reply, dots) + joined(self.unprompted())

    def at_length(self, pieces: int, count: Callable[[str], int]) -> str:
        """A reply of at least so many pieces."""
        text = self.reply()
        while count(text) < pieces:
            text = joined([text, *self.unprompted()])
        return text

    @property
    def gap(self) -> str:
        return " " if self.language == "en" else ""

    def narration(self, text: str) -> str:
        return f"*{text}*"

    def speech(self, text: str) -> str:
        return self.marks.say(text)

    def fresh(self, pool: Iterable[str], **values: str) -> str:
        """One of these, filled in, and not one that was said before if that can be helped."""
        filled = [self.fill(text, values) for text in pool]
        unsaid = [text for text in filled if text not in self.said]
        chosen = self.rng.choice(unsaid or filled)
        self.said += f"\n{chosen}"
        return chosen

    def fill(self, text: str, values: dict[str, str]) -> str:
        if "{" not in text:
            return text
        name = self.prompt.character.name
        possessive = "their" if self.language == "en" else f"{name}的"
        who, their = self.lines.pronouns.get(gender(self.prompt.character), (name, possessive))
        names = {"{who}": who, "{Who}": who[:1].upper() + who[1:], "{their}": their}
        values = {**names, **{f"{{{key}}}": value for key, value in values.items()}}
        # One pass: braces in what a person wrote are nobody's place to fill.
        return re.sub(r"\{\w+\}", lambda found: values.get(found[0], found[0]), text)


def joined(paragraphs: Iterable[str]) -> str:
    """Those of these paragraphs that say something."""
    return "\n\n".join(text.strip() for text in paragraphs if text.strip())


def _ending_of(text: str, dots: str) -> str:
    """What closes the last paragraph of this text, down to the break before the next one."""
    last = text.rpartition("\n")[2].rstrip()
    if not last:
        return "" if text.endswith("\n\n") else "\n"
    closing = _open_mark(last)
    finished = last[-1] in ENDS and (last[-1] != "*" or not closing)
    return f"{'' if finished else dots}{closing}\n\n"


def _open_mark(line: str) -> str:
    """The mark that closes what is still open at the end of this line; empty if nothing is."""
    for opening, closing in (("((", "))"), ("（（", "））")):
        if line.count(opening) > line.count(closing):
            return closing
    waiting = ""
    for character in line:
        if waiting:
            waiting = "" if character == waiting else waiting
        elif character == "*":
            waiting = "*"
        else:
            waiting = OPENERS.get(character, "")
    return waiting
