"""What a person sends to bring a story in, checked once."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from characters.models import Character
from roleplay.accounts.models import User
from roleplay.conversations.transcripts import MOST_BYTES, BadTranscript
from roleplay.conversations.transcripts.opening import open_transcripts, too_large
from roleplay.conversations.transcripts.values import Transcript


class TranscriptForm(forms.Form):
    """A file that holds at least one story; `held` is what stands in it."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        error_messages={"required": _("Choose a file first.")},
    )
    held = b""

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            if file.size > MOST_BYTES:
                raise too_large()
            self.held = file.read()
            open_transcripts(self.held)
        except BadTranscript as bad:
            raise forms.ValidationError(str(bad.words)) from bad
        return file


class CastForm(forms.Form):
    """Who is played in the stories of a file."""

    character = forms.ModelChoiceField(
        Character.objects.none(),
        label=_("Character"),
        empty_label=_("Choose one"),
        error_messages={"required": _("Choose who this story is with.")},
        widget=forms.Select(attrs={"class": "input"}),
    )

    def __init__(self, *args: Any, user: User, stories: list[Transcript], **options: Any) -> None:
        cast = cast_for(user)
        options.setdefault("initial", {"character": _likeliest(cast, stories[0])})
        super().__init__(*args, **options)
        self.fields["character"].queryset = cast  # type: ignore[attr-defined]


def cast_for(user: User) -> QuerySet[Character]:
    """Those on this person's shelf whom they may talk to."""
    open_to_them = Q(allows_chat=True) | Q(owner=user)
    return Character.objects.listed_for(user).filter(open_to_them).order_by("name", "pk")


def _likeliest(cast: QuerySet[Character], story: Transcript) -> Any:
    """The character that the file means, by id or else by name; None where there is none."""
    named = list(cast.filter(name__iexact=story.character).values_list("pk", flat=True))
    by_id = [pk for pk in cast.values_list("pk", flat=True) if str(pk) == story.character_id]
    return next(iter([*by_id, *named]), None)
