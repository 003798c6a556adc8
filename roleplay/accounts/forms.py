"""What people tell us of themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from roleplay.accounts.models import Persona, User
from roleplay.fields import CleanCharField
from roleplay.pictures import read_picture

PREFERENCES = ["language", "theme", "text_size", "reading_font", "pace", "announce", "enter_sends"]


class PreferencesForm(forms.ModelForm[User]):
    """How this person likes to read and write. Only what is sent is changed."""

    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)

    class Meta:
        model = User
        fields = PREFERENCES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            for name in set(self.fields) - set(self.data):
                del self.fields[name]


class PersonaForm(forms.ModelForm[Persona]):
    """A mask: its name, what characters are told of it, and a picture drawn anew by us."""

    picture = forms.FileField(label=_("Portrait"), required=False)

    class Meta:
        model = Persona
        fields = ["name", "about"]
        labels = {"name": _("Name"), "about": _("What characters will know")}
        help_texts = {"about": _("Write only what you want characters to know.")}
        widgets = {"about": forms.Textarea(attrs={"rows": 4})}

    def clean_picture(self) -> Any:
        file = self.cleaned_data["picture"]
        return read_picture(file) if file else None

    def save(self, commit: bool = True) -> Persona:
        persona = super().save(commit=False)
        picture = self.cleaned_data["picture"]
        if picture:
            file = picture.avatar()
            persona.avatar.save(file.name, file, save=False)
        persona.save()
        return persona


class NameAndPasswordForm(forms.ModelForm[User]):
    """A name to sign in with and a password that is not easily guessed."""

    password = CleanCharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters, and not one of the common ones."),
    )

    class Meta:
        model = User
        fields = ["username"]
        labels = {"username": _("Name to sign in with")}
        help_texts = {"username": ""}
        widgets = {"username": forms.TextInput(attrs={"autocomplete": "username"})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.is_guest:
            self.initial["username"] = ""  # a guest's own one was made up

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("This name is taken. Choose another."), code="taken")
        return username

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        password = values.get("password")
        if password:
            try:
                password_validation.validate_password(password, self.instance)
            except ValidationError as error:
                self.add_error("password", error)
        return values

    def save(self, commit: bool = True) -> User:
        user = super().save(commit=False)
        user.set_password(self.cleaned_data["password"])
        if commit:
            user.save()
        return user
