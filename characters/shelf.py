"""The shelf: which characters stand on it for whom, and the tags to choose among them."""

from collections import Counter
from typing import Any

from django.core.paginator import Page, Paginator

from characters.models import Character

AT_ONCE = 24
TAGS = 16


def shelf_for(user: Any, words: str = "", tag: str = "", page: str = "1") -> Page[Character]:
    """One page of those this person may choose from; beyond the last page, the last."""
    found = Character.objects.listed_for(user).matching(words).tagged(tag)
    return Paginator(found.order_by("-created", "pk"), AT_ONCE).get_page(page)


def tags_for(user: Any) -> list[tuple[str, int]]:
    """The most used tags on this person's shelf with how many carry each, most used first."""
    lists = Character.objects.listed_for(user).values_list("tags", flat=True)
    counts = Counter(tag for tags in lists for tag in dict.fromkeys(tags))
    return counts.most_common(TAGS)
