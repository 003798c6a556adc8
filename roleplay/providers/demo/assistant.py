"""What the demo engine says for an assistant that has no name: plain sentences, and nobody to play."""

import random

from roleplay.providers.base import Prompt
from roleplay.providers.demo.hearing import Heard
from roleplay.providers.demo.talk import Talk, joined


def talk_for(prompt: Prompt, rng: random.Random) -> Talk:
    """Who answers this prompt: a character, or an assistant without a name."""
    return Talk(prompt, rng) if prompt.character.name.strip() else Assistant(prompt, rng)


class Assistant(Talk):
    """No scene, no gestures and no quotation marks, since there is nobody who could be looked at."""

    def answer(self, heard: Heard) -> str:
        quoted = self.marks.quote(heard.aside or heard.said or heard.done)
        if not heard.words and not heard.aside:
            return joined(self.unprompted())
        return joined([self.fresh(self.lines.noted, q=quoted), self.question()])

    def unprompted(self) -> list[str]:
        return [self.fresh(self.lines.plain_onward), self.question()]

    def question(self) -> str:
        return self.fresh(self.lines.plain_questions)

    def of_truth(self) -> str:
        return self.lines.plain_truth

    def narration(self, text: str) -> str:
        return ""

    def speech(self, text: str) -> str:
        return text
