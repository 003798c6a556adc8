"""How much a model reads, estimated without its tokeniser, and which turns are left out first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from roleplay.prompting.calls import blocks
from roleplay.providers.base import Prompt, Turn
from roleplay.text import HAN

# A Han character is about 0.7 tokens in the vendor's tokenisers and about one in others; a Latin
# word is 1.3. We count a whole token for each Han character and one for every 3.5 others: too many
# rather than too few, since a prompt that is too long fails and one a little shorter does not.
OTHERS_PER_TOKEN = 3.5
TURN_OVERHEAD = 4


class PromptTooLong(Exception):
    """More than the budget, even without every turn that may be left out."""


def estimated_tokens(text: str) -> int:
    """Tokens this text takes up at most, more or less."""
    han = len(HAN.findall(text))
    return han + int((len(text) - han) / OTHERS_PER_TOKEN) + 1


@dataclass(frozen=True, slots=True)
class PromptBudget:
    """`tokens` for everything that is sent, and how many `turns` the interface takes."""

    tokens: int = 24_000
    turns: int = 200


def fitted(prompt: Prompt, budget: PromptBudget) -> Prompt:
    """The prompt with as many of its newest turns as fit. Raises PromptTooLong."""
    cut = replace(prompt, turns=turns_that_fit(prompt, budget))
    if prompt_tokens(cut) > budget.tokens:
        raise PromptTooLong
    return cut


def turns_that_fit(prompt: Prompt, budget: PromptBudget) -> tuple[Turn, ...]:
    """The newest turns within the budget, results never without their call.

    The last turn and the newest of the user's are there always, whatever their length.
    """
    found = blocks(prompt.turns)
    asked = [place for place, block in enumerate(found) if block[0].role == "user"]
    kept = {len(found) - 1, *asked[-1:]} if found else set()
    always = [turn for place in kept for turn in found[place]]
    left = budget.tokens - _fixed_tokens(prompt) - _tokens(always)
    places = budget.turns - len(always)
    for place in reversed(range(len(found))):
        if place in kept:
            continue
        left -= _tokens(found[place])
        places -= len(found[place])
        if left < 0 or places < 0:
            break
        kept.add(place)
    return tuple(turn for place in sorted(kept) for turn in found[place])


def prompt_tokens(prompt: Prompt) -> int:
    """Tokens of the whole prompt, for where the engine did not count them."""
    return _fixed_tokens(prompt) + _tokens(prompt.turns)


def _tokens(turns: Iterable[Turn]) -> int:
    """Tokens of these turns, calls and all."""
    return sum(
        TURN_OVERHEAD
        + estimated_tokens(turn.text)
        + sum(estimated_tokens(call.name + call.arguments) for call in turn.tool_calls)
        for turn in turns
    )


def _fixed_tokens(prompt: Prompt) -> int:
    sheet = prompt.character
    texts = [
        sheet.description,
        sheet.traits,
        sheet.tagline,
        *sheet.params.values(),
        prompt.persona.about,
        prompt.scenario,
        prompt.start_of_reply,
        *prompt.memory,
        *(turn.text for turn in prompt.examples),
        *(tool.name + tool.description + str(tool.parameters) for tool in prompt.tools),
    ]
    return sum(estimated_tokens(text) for text in texts if text)
