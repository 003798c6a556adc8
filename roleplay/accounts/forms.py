"""What people tell us of themselves."""

from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from allauth.account.forms import ChangePasswordForm
from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from roleplay.accounts.api_keys import revoke_all
from roleplay.accounts.models import SCOPES, ApiKey, Persona, User
from roleplay.fields import CleanCharField
from roleplay.pictures import read_picture

PREFERENCES = ["language", "theme", "text_size", "reading_font", "pace", "announce", "enter_sends"]


DAYS = {"": _("Never"), "30": _("In 30 days"), "90": _("In 90 days"), "365": _("In a year")}


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


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """Another password. Other browsers are signed out by it; programs are if one asks for it."""

    end_keys = forms.BooleanField(
        label=_("Revoke my API keys too"),
        required=False,
        help_text=_("Programs that use them get in no more."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not ApiKey.objects.of(self.user).live().exists():
            del self.fields["end_keys"]

    def save(self) -> None:
        super().save()
        if self.cleaned_data.get("end_keys"):
            revoke_all(self.user, by=self.user)


class ApiKeyForm(forms.Form):
    """What a new key is called, what it may do, and when it ends.

    `press` is another one on each page: the same one again is the same press of the button.
    """

    press = CleanCharField(
        max_length=64, required=False, widget=forms.HiddenInput, initial=token_urlsafe
    )

    name = CleanCharField(
        label=_("Name"),
        max_length=60,
        strip=True,
        help_text=_("What it is for, so that you know it again."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=list(SCOPES.items()),
        initial=["chat"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing the key may do.")},
    )
    days = forms.ChoiceField(label=_("Ends"), choices=list(DAYS.items()), required=False)

    def clean_days(self) -> datetime | None:
        """The moment it ends; None: never."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None
