"""What a search costs: `python -m bench.search` prints figures for docs/performance.md.

A person's million messages, two thirds Chinese and one third English, words drawn by Zipf's law, in
a thousand chats. The index is filled by the code that fills it in a running site; then words of
several kinds are looked for as the page does it: chats, hits, snippets. A fresh data directory.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory(prefix="bench-search-")
os.environ["DATA_DIR"] = FOLDER.name
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roleplay.settings")

import django  # noqa: E402

django.setup(set_prefix=False)

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from characters.models import Character  # noqa: E402
from roleplay.accounts.models import User  # noqa: E402
from roleplay.conversations.models import Conversation, Message  # noqa: E402
from roleplay.searching.finding import find  # noqa: E402
from roleplay.searching.index import index_waiting  # noqa: E402

CHATS, VOCABULARY, TIMES = 1000, 30_000, 40


class Language:
    """Words by Zipf's law; the first is the commonest."""

    def __init__(self, chance: random.Random, words: list[str], between: str) -> None:
        self.chance, self.words, self.between = chance, words, between
        self.weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(words))))

    def message(self) -> str:
        count = self.chance.randint(8, 60)
        picked = self.chance.choices(self.words, cum_weights=self.weights, k=count)
        stop = "，" if not self.between else ", "
        lines = [self.between.join(picked[at : at + 7]) for at in range(0, count, 7)]
        return stop.join(lines)


def languages(chance: random.Random) -> tuple[Language, Language]:
    han = [chr(0x4E00 + chance.randrange(6000)) for _ in range(3000)]
    syllables = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er")]
    chinese = {
        "".join(chance.choices(han, k=chance.choice((1, 2, 2, 2, 3)))): None
        for _ in range(VOCABULARY)
    }
    english = {
        "".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3, 4)))): None
        for _ in range(VOCABULARY)
    }
    return Language(chance, list(chinese), ""), Language(chance, list(english), " ")


def fill(messages: int, chance: random.Random, tongues: tuple[Language, Language]) -> User:
    user = User.objects.create_user("alice")
    mei = Character.objects.create(name="Mei", language="en", greeting="Hello.")
    now = timezone.now()
    stories = Conversation.objects.bulk_create(
        Conversation(user=user, character=mei, title=f"Evening {n}", used=now - timedelta(hours=n))
        for n in range(CHATS)
    )  # fmt: skip
    roots = [one.messages.create(role="system", text="A roof.") for one in stories]
    for _ in range(0, messages, 5000):
        with transaction.atomic():
            Message.objects.bulk_create(_some(5000, chance, tongues, roots))
    return user


def _some(
    count: int, chance: random.Random, tongues: tuple[Language, Language], roots: list[Message]
) -> Iterator[Message]:
    for number in range(count):
        root = chance.choice(roots)
        text = tongues[chance.random() < 1 / 3].message()
        role = ("user", "assistant")[number % 2]
        yield Message(conversation_id=root.conversation_id, parent=root, role=role, text=text)


def size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'search_%%'", [])
        return int(cursor.fetchone()[0])


def measure(user: User, kind: str, words: list[str]) -> None:
    spent, hits = [], 0
    for typed in words:
        began = time.perf_counter()
        found = find(user, typed)
        spent.append(1000 * (time.perf_counter() - began))
        hits += sum(len(group.hits) for group in found.groups)
    spent.sort()
    p50, p95 = spent[len(spent) // 2], spent[int(len(spent) * 0.95)]
    print(
        f"| {kind} | {p50:.1f} | {p95:.1f} | {spent[-1]:.1f} | {hits / len(words):.0f} |",
        flush=True,
    )


def kinds(tongues: tuple[Language, Language]) -> Iterator[tuple[str, list[str]]]:
    """Each kind of search with some forty examples."""
    chinese, english = tongues
    pairs = [word for word in chinese.words if len(word) == 2]
    yield "Chinese word of two, common", pairs[:TIMES]
    yield "Chinese word of two, rare", pairs[-TIMES:]
    yield "one Chinese character", [word[0] for word in chinese.words[:TIMES]]
    said = Message.objects.order_by("-pk").exclude(role="system")
    texts = list(said.filter(text__contains="，").values_list("text", flat=True)[: 20 * TIMES : 20])
    yield "Chinese phrase of six", [text[1:7] for text in texts]
    common = [word for word in english.words if len(word) > 3]
    yield "English word or its beginning, common", common[:TIMES]
    yield "English word or its beginning, rare", common[-TIMES:]
    yield "first three letters", [word[:3] for word in common[:TIMES]]
    yield "two common words", [" ".join(pairs[at : at + 2]) for at in range(TIMES)]
    texts = list(said.filter(text__contains=", ").values_list("text", flat=True)[: 20 * TIMES : 20])
    yield (
        "English phrase in quotes",
        [f'"{" ".join(text.split(",")[0].split()[:3])}"' for text in texts],
    )
    yield "nothing to be found", [f"zz{word}" for word in common[:TIMES]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=1_000_000)
    wanted = options.parse_args().messages
    call_command("migrate", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")  # the disk of the bench is not the subject
    chance = random.Random(7)
    tongues = languages(chance)
    began = time.perf_counter()
    user = fill(wanted, chance, tongues)
    print(f"{wanted} messages written in {time.perf_counter() - began:.0f} s", flush=True)
    began, worked = time.perf_counter(), time.process_time()
    while index_waiting():
        pass
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    print(f"indexed in {took:.0f} s: {1000 * cpu / wanted:.3f} ms of CPU a message", flush=True)
    whole = Path(FOLDER.name, "lamplight.sqlite3").stat().st_size
    print(f"index {size() / 2**20:.0f} MiB of {whole / 2**20:.0f} MiB", flush=True)
    print("| looked for | p50 ms | p95 ms | worst ms | hits shown |\n|---|---|---|---|---|")
    for kind, words in kinds(tongues):
        measure(user, kind, words)
    FOLDER.cleanup()


if __name__ == "__main__":
    main()
