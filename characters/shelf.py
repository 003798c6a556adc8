"""The shelf: which characters stand on it for whom, how one gets there, and the tags to choose by."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.paginator import Page, Paginator
from django.db import transaction

from characters.models import Character

AT_ONCE = 24
TAGS = 16


class ShelfFull(Exception):
    """This person has as many characters as the site lets a person have."""


def shelf_for(user: Any, words: str = "", tag: str = "", page: str = "1") -> Page[Character]:
    """One page of those this person may choose from; beyond the last page, the last."""
    found = Character.objects.listed_for(user).matching(words).tagged(tag)
    return Paginator(found.order_by("-created", "pk"), AT_ONCE).get_page(page)


def tags_for(user: Any) -> list[tuple[str, int]]:
    """The most used tags on this person's shelf with how many carry each, most used first."""
    lists = Character.objects.listed_for(user).values_list("tags", flat=True)
    counts = Counter(tag for tags in lists for tag in dict.fromkeys(tags))
    return counts.most_common(TAGS)


@transaction.atomic
def put_on_shelf(character: Character, owner: Any) -> None:
    """Store a new character as this person's. Raises ShelfFull."""
    # Counted and written after waiting for whoever does the same: of many at once, none is too many.
    get_user_model().objects.select_for_update().get(pk=owner.pk)
    theirs = Character.objects.filter(owner=owner, removed=None)
    if theirs.count() >= settings.CHARACTERS_PER_PERSON:
        raise ShelfFull
    character.owner = owner
    character.save(force_insert=True)
