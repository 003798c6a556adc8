"""What a person sends from the chat page, checked once."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from roleplay.conversations.replying import Act
from roleplay.fields import CleanCharField

KEY_ERROR = _("This page is too old. Reload it; what you typed is kept.")


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
    """Words that must hold something; their white space is kept as it was typed."""

    text = CleanCharField(error_messages={"required": _("Write something first.")})

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
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
    """How a story begins: which greeting, and perhaps the first words at once."""

    greeting = forms.IntegerField(required=False, min_value=0, max_value=1000)
    text = CleanCharField(required=False, max_length=settings.MESSAGE_MAX_CHARS)
    send_key = forms.SlugField(required=False, max_length=64)

    def clean_greeting(self) -> int:
        return self.cleaned_data["greeting"] or 0


class DraftForm(forms.Form):
    text = CleanCharField(required=False, max_length=settings.MESSAGE_MAX_CHARS)


class TitleForm(forms.Form):
    title = CleanCharField(required=False, max_length=120, strip=True)


def first_error(form: forms.Form) -> Any:
    """The one sentence to show."""
    return next(iter(form.errors.values()))[0]
