"""Pages of a list, in the vendor's count."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet

T = TypeVar("T")


def page_of(
    found: "QuerySet[Any, T] | Sequence[T]",
    page_num: int,
    page_size: int,
    item: Callable[[T], Any],
) -> dict[str, Any]:
    """One page of what was found, each made presentable by `item`; beyond the end it is empty.

    Pages 0 and 1 are both the first. Two queries for a queryset, however long it is; it has to be in
    an order that leaves no two rows equal.
    """
    page = max(page_num, 1)
    start = (page - 1) * page_size
    return {
        "list": [item(one) for one in found[start : start + page_size]],
        "page": page,
        "pageSize": page_size,
        "total": found.count() if isinstance(found, QuerySet) else len(found),
        "pageOffsetValue": start,
    }
