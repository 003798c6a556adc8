"""What a person sends from the chat page, checked once."""

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from roleplay.accounts.models import Persona
from roleplay.conversations.replying import Act
from roleplay.fields import CleanCharField

KEY_ERROR = _("This page is too old. Reload it; what you typed is kept.")


class WordsField(CleanCharField):
    """What a person wrote: white space is kept as it was typed, a line ends with one character."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class ActForm(forms.Form):
    """Every act says which press of a button it is, and what its page ended with."""

    send_key = forms.SlugField(
        min_length=8, max_length=64, error_messages={"required": KEY_ERROR, "invalid": KEY_ERROR}
    )
    head = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    @property
    def act(self) -> Act:
        return Act(self.cleaned_data["send_key"], self.cleaned_data["head"])


class WordsForm(ActForm):
    """Words that must hold something and fit into one message."""

    text = WordsField(error_messages={"required": _("Write something first.")})

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError(self.fields["text"].error_messages["required"])
        if len(text) > settings.MESSAGE_MAX_CHARS:
            raise forms.ValidationError(
                _("This is %(count)s characters long; %(most)s fit into one message."),
                params={"count": len(text), "most": settings.MESSAGE_MAX_CHARS},
            )
        return text


class ToolResultForm(WordsForm):
    call_id = CleanCharField(max_length=200)


class SwipeForm(forms.Form):
    head = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    @property
    def act(self) -> Act:
        return Act("", self.cleaned_data["head"])


class StartForm(forms.Form):
    """How a story begins: which greeting, and perhaps the first words at once.

    Words that are too long for a message are taken too: they wait in the composer.
    """

    greeting = forms.IntegerField(required=False, min_value=0, max_value=1000)
    text = WordsField(required=False)
    send_key = forms.SlugField(required=False, max_length=64)

    def clean_greeting(self) -> int:
        return self.cleaned_data["greeting"] or 0


class DraftForm(forms.Form):
    text = WordsField(required=False, max_length=settings.MESSAGE_MAX_CHARS)


class PersonaForm(forms.Form):
    """Which of one's own personas to wear."""

    persona = forms.ModelChoiceField(Persona.objects.none())

    def __init__(self, *args: Any, personas: QuerySet[Persona], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["persona"].queryset = personas  # type: ignore[attr-defined]


class TitleForm(forms.Form):
    title = CleanCharField(required=False, max_length=120, strip=True)


def first_error(form: forms.Form) -> Any:
    """The one sentence to show."""
    return next(iter(form.errors.values()))[0]
