"""The sentences that say most, quoted as they are. No model is behind this: it counts words.

A word (a pair of characters, in Chinese) weighs more the more sentences it occurs in: what a talk
is about keeps coming back. A sentence weighs as much as its words, less what makes it long, with a
little more for a number and less for a question. Words that a chosen sentence has count little for
the next, so that the second does not say the first again.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from roleplay.providers.base import Line
from roleplay.providers.demo.card import features
from roleplay.providers.demo.hearing import size
from roleplay.providers.demo.lines import Lines
from roleplay.providers.demo.sentences import is_question, sentences

LEAST_SIZE = 6
MOST_SUMMARIES = 5
SAID_ALREADY = 0.2
OF_A_QUESTION = 0.5
WITH_A_NUMBER = 1.2
LONGEST_PROFILE = 1_200  # characters


def summaries(talk: Sequence[Line], lines: Lines) -> list[str]:
    """One to five sentences of the talk in their order, each with whoever said it."""
    told = [
        (lines.speakers.get(line.role, line.role) if not line.name else line.name, sentence)
        for line in talk
        if line.role in ("user", "assistant")
        for sentence in sentences(line.text)
    ]
    texts = [sentence for _speaker, sentence in told]
    wanted = min(MOST_SUMMARIES, max(1, round(math.sqrt(len(texts)))))
    chosen = most_telling(texts, wanted)
    return [lines.said_by.format(name=told[place][0], text=told[place][1]) for place in chosen]


def profile(text: str) -> str:
    """The text's own sentences, none twice: all of them, or those that say most."""
    texts = list(dict.fromkeys(sentences(text)))
    kept: list[int] = []
    left = LONGEST_PROFILE
    for place in _by_weight(texts):
        left -= len(texts[place])
        if kept and left < 0:
            break
        kept.append(place)
    return "\n".join(texts[place] for place in sorted(kept))


def most_telling(texts: Sequence[str], wanted: int) -> list[int]:
    """The places of so many sentences, in the order of the text; short ones only if need be."""
    return sorted(islice(_by_weight(texts), wanted))


def _by_weight(texts: Sequence[str]) -> Iterator[int]:
    """Places, heaviest sentence first; equal ones in their order."""
    # Sorted, since a sum of floats depends on its order and a set's is not the same every day.
    words = [sorted(features(text)) for text in texts]
    weight = {word: math.log(1 + times) for word, times in Counter(chain(*words)).items()}
    worth = [_worth(text) for text in texts]
    left = list(range(len(texts)))
    while left:
        best = max(left, key=lambda place: (_weight(words[place], weight) * worth[place], -place))
        left.remove(best)
        yield best
        for word in words[best]:
            weight[word] *= SAID_ALREADY


def _weight(words: Sequence[str], weight: Mapping[str, float]) -> float:
    return sum(weight[word] for word in words) / math.sqrt(len(words) + 1)


def _worth(text: str) -> float:
    """What a sentence's weight is multiplied with, for the kind of sentence it is."""
    if size(text) < LEAST_SIZE:
        return 0.0
    number = WITH_A_NUMBER if re.search(r"\d", text) else 1.0
    return number * (OF_A_QUESTION if is_question(text) else 1.0)
