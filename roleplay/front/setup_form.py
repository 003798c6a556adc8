"""What the first run asks for: an administrator, who speaks for the characters, who is invited."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from roleplay.accounts import setup_code
from roleplay.accounts.forms import NameAndPasswordForm
from roleplay.connections.models import Connection
from roleplay.fields import CleanCharField
from roleplay.front.local_models import LocalServer

XINGCHEN = "https://nlp.aliyuncs.com"
ENGINES = {
    "demo": _("The demo engine for now"),
    "openai": _("An OpenAI-compatible service"),
    "xingchen": _("Tongyi Xingchen"),
    "local": _("A model on this machine"),
}


class SetupForm(NameAndPasswordForm):
    code = CleanCharField(label=_("Setup code"), strip=True, max_length=60)
    engine = forms.ChoiceField(choices=ENGINES.items(), initial="demo")
    base_url = forms.URLField(label=_("Address"), required=False, assume_scheme="https")
    key = CleanCharField(
        label=_("Key"), required=False, strip=True, max_length=400, widget=forms.PasswordInput
    )
    model = CleanCharField(label=_("Model"), required=False, strip=True, max_length=120)
    local_model = CleanCharField(required=False, strip=True, max_length=120)
    starters = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: Any, local: LocalServer | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.local = local

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not setup_code.is_right(code):
            raise ValidationError(
                _("This is not the code. It stands in the window where the server was started."),
                code="wrong",
            )
        return code

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        engine = values.get("engine")
        if engine == "openai" and not values.get("base_url") and "base_url" not in self.errors:
            self.add_error("base_url", _("Write the address of the service."))
        if engine in {"openai", "xingchen"} and not values.get("key"):
            self.add_error("key", _("Write the key the service gave you."))
        if engine == "openai" and not values.get("model"):
            self.add_error("model", _("Write the name of the model."))
        if engine == "local" and self.local is None:
            self.add_error("engine", _("No model answers on this machine any more."))
        return values

    def connection(self) -> Connection | None:
        """The connection that was described, unsaved; None for the demo engine."""
        engine = self.cleaned_data["engine"]
        if engine == "local" and self.local:
            model = self.cleaned_data["local_model"] or self.local.models[0]
            made = Connection(kind="openai", name=self.local.name, base_url=self.local.base_url)
            made.model = model
            return made
        if engine in {"openai", "xingchen"}:
            address = self.cleaned_data["base_url"] or XINGCHEN
            made = Connection(kind=engine, name=str(_("Main")), base_url=address)
            made.model = self.cleaned_data["model"]
            made.enter_key(self.cleaned_data["key"])
            return made
        return None
