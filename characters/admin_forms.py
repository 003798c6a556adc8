"""How an operator edits a character: lists as boxes and lines, pictures drawn anew."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from characters.models import Character
from roleplay.panel.fields import JSONText, LinesField, PairsField, TextsField, WordsField
from roleplay.pictures import Picture, read_picture


class CharacterForm(forms.ModelForm[Character]):
    alternate_greetings = TextsField(
        label=gettext_lazy("More openings"),
        required=False,
        help_text=gettext_lazy("One box each. People choose among them before they answer."),
    )
    starters = LinesField(
        label=gettext_lazy("First words to offer"),
        required=False,
        help_text=gettext_lazy("One a line; three fit well."),
    )
    tags = WordsField(
        label=gettext_lazy("Tags"),
        required=False,
        help_text=gettext_lazy("With commas between."),
    )
    params = PairsField(
        label=gettext_lazy("Template parameters"),
        required=False,
        help_text=gettext_lazy(
            "characterName, characterSex and characterBirthday come from the card "
            "where they are not written here."
        ),
    )
    tools = JSONText(
        label=gettext_lazy("Tools"),
        required=False,
        shape=list,
        help_text=gettext_lazy(
            'A list, as in [{"id": "001", "name": "weather", "description": "…", '
            '"parameters": {"type": "object", "properties": {}}}].'
        ),
    )
    extensions = JSONText(
        label=gettext_lazy("Extensions"),
        required=False,
        help_text=gettext_lazy("Parts of an imported card that we do not know, kept as given."),
    )

    class Meta:
        model = Character
        fields = [
            "name",
            "sex",
            "birthday",
            "age",
            "kind",
            "tagline",
            "avatar",
            "cover",
            "hue",
            "tags",
            "visibility",
            "language",
            "owner",
            "allows_chat",
            "allows_api",
            "description",
            "traits",
            "scenario",
            "greeting",
            "alternate_greetings",
            "starters",
            "example_dialogue",
            "template_id",
            "params",
            "platform_id",
            "platform_version",
            "open_line",
            "tools",
            "extensions",
            "creator_notes",
        ]
        help_texts = {
            "age": gettext_lazy("Characters under 18 are always all-ages."),
            "tagline": gettext_lazy("One line under the name."),
            "description": gettext_lazy("Who they are. This is what the model reads first."),
            "traits": gettext_lazy("What must always hold, above everything else."),
            "scenario": gettext_lazy("Where a story begins."),
            "greeting": gettext_lazy(
                "The first message of a chat. *Asterisks* make narration, quotes make speech."
            ),
            "example_dialogue": gettext_lazy(
                "{{user}}: and {{char}}: at the start of a line; &lt;START&gt; between two examples."
            ),
            "template_id": gettext_lazy(
                "The id of a role template on the Xingchen platform, 32 letters and digits."
            ),
            "platform_id": gettext_lazy(
                "The id of a character kept on the Xingchen platform. It wins over the template."
            ),
            "open_line": gettext_lazy("The platform says the opening line itself."),
            "owner": gettext_lazy("Empty: the character belongs to the site."),
            "allows_chat": gettext_lazy("Where it is published or shared by link."),
            "allows_api": gettext_lazy("With API keys of their own."),
            "avatar": gettext_lazy("A square portrait; PNG, JPEG, WebP or GIF up to 10 MB."),
            "cover": gettext_lazy("A picture three by four. Without one a cover is drawn."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pictures: dict[str, Picture] = {}

    def clean_avatar(self) -> Any:
        return self._drawn("avatar")

    def clean_cover(self) -> Any:
        return self._drawn("cover")

    def _drawn(self, name: str) -> Any:
        """The uploaded picture as a file of our own making; what was there stays as it is."""
        given = self.cleaned_data[name]
        if not given or name not in self.changed_data or name not in self.files:
            return given
        given.seek(0)
        self.pictures[name] = picture = read_picture(given)
        return picture.avatar() if name == "avatar" else picture.cover()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        self._fit_for_vendor(cleaned)
        return cleaned

    def _fit_for_vendor(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("platform_version") and not cleaned.get("platform_id"):
            self.add_error("platform_version", ValidationError(_("A version of which character?")))
        if cleaned.get("params") and not cleaned.get("template_id"):
            self.add_error(
                "params", ValidationError(_("Parameters fill a template: enter its id above."))
            )

    def save(self, commit: bool = True) -> Character:
        picture = self.pictures.get("cover") or self.pictures.get("avatar")
        if picture and "hue" not in self.changed_data:
            self.instance.hue = picture.hue
        return super().save(commit)
