"""What the panel's pages have in common."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.utils import NestedObjects
from django.db import models, router
from django.http import HttpRequest

M = TypeVar("M", bound=models.Model)


def filter_by(column: str, heading: Any, words: Mapping[str, Any]) -> type[admin.SimpleListFilter]:
    """A filter of a list by the values of a column, called by their names."""

    class ColumnFilter(admin.SimpleListFilter):
        title = heading
        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(value, str(name)) for value, name in words.items()]

        def queryset(self, request: HttpRequest, queryset: Any) -> Any:
            return queryset.filter(**{column: self.value()}) if self.value() else queryset

    return ColumnFilter


class ReadOnlyAdmin(admin.ModelAdmin[M]):
    """Rows that are looked at and never touched."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DiscreetAdmin(admin.ModelAdmin[M]):
    """Gives nothing away of texts that stand beside what is shown.

    Lists can only be narrowed by their own filters: otherwise `?prompt__contains=…` in the address
    would answer questions about stories. Deleting shows how many rows go, not their names, since the
    name of a chat is its title.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        name = lookup.partition("__")[0]
        known = {getattr(item, "parameter_name", item) for item in self.list_filter}
        return name in known or name == self.date_hierarchy

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        collector = NestedObjects(using=router.db_for_write(self.model), origin=objs)
        collector.collect(objs)
        found: dict[Any, Any] = collector.model_objs
        counts = {_called(model): len(rows) for model, rows in found.items()}
        held = Counter(map(_called, collector.protected))
        protected = [f"{name}: {count}" for name, count in held.items()]
        missing = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return [str(obj) for obj in objs], counts, missing, protected


def _called(row: Any) -> str:
    return str(row._meta.verbose_name_plural)
