"""How much a model reads, estimated without its tokeniser, and which turns are left out first."""

from dataclasses import dataclass

from roleplay.providers.base import Prompt, Turn
from roleplay.text import HAN

# A Han character is about 0.7 tokens in the vendor's tokenisers and about one in others; a Latin
# word is 1.3. We count a whole token for each Han character and one for every 3.5 others: too many
# rather than too few, since a prompt that is too long fails and one a little shorter does not.
OTHERS_PER_TOKEN = 3.5
TURN_OVERHEAD = 4


def estimated_tokens(text: str) -> int:
    """Tokens this text takes up at most, more or less."""
    han = len(HAN.findall(text))
    return han + int((len(text) - han) / OTHERS_PER_TOKEN) + 1


@dataclass(frozen=True, slots=True)
class PromptBudget:
    """`tokens` for everything that is sent, and how many `turns` the interface takes."""

    tokens: int = 24_000
    turns: int = 200


def turns_that_fit(prompt: Prompt, budget: PromptBudget) -> tuple[Turn, ...]:
    """The newest turns within the budget; the last one always, whatever its length."""
    left = budget.tokens - _fixed_tokens(prompt)
    kept: list[Turn] = []
    for turn in reversed(prompt.turns[-budget.turns :]):
        left -= estimated_tokens(turn.text) + TURN_OVERHEAD
        if kept and left < 0:
            break
        kept.append(turn)
    return tuple(reversed(kept))


def prompt_tokens(prompt: Prompt) -> int:
    """Tokens of the whole prompt, for where the engine did not count them."""
    return _fixed_tokens(prompt) + sum(
        estimated_tokens(turn.text) + TURN_OVERHEAD for turn in prompt.turns
    )


def _fixed_tokens(prompt: Prompt) -> int:
    sheet = prompt.character
    texts = [
        sheet.description,
        sheet.traits,
        sheet.tagline,
        prompt.persona.about,
        prompt.scenario,
        prompt.start_of_reply,
        *prompt.memory,
        *(turn.text for turn in prompt.examples),
        *(tool.description + str(tool.parameters) for tool in prompt.tools),
    ]
    return sum(estimated_tokens(text) for text in texts if text)
