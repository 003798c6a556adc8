"""Form and model fields that the rooms with tables share."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models

from roleplay.text import clean

if TYPE_CHECKING:
    TextColumn = models.TextField[str, str]
    LineColumn = models.CharField[str, str]
else:
    TextColumn, LineColumn = models.TextField, models.CharField


class CleanCharField(forms.CharField):
    """Keeps white space and every character a person typed, but for those no database can hold."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("strip", False)
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        return super().to_python(clean(value) if isinstance(value, str) else value)


class CleanText(TextColumn):
    """Text of people and models: stored raw, cleaned once on its way in, never altered otherwise."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return clean(value) if isinstance(value, str) else value

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": CleanCharField, **options})


class CleanLine(LineColumn):
    """One line of the same."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return clean(value) if isinstance(value, str) else value

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": CleanCharField, "strip": True, **options})
