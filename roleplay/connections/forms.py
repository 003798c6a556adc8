"""How an operator enters a connection. The key goes in and never comes out."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roleplay.connections import rules
from roleplay.connections.models import Connection
from roleplay.fields import CleanCharField
from roleplay.panel.fields import JSONText


class ConnectionForm(forms.ModelForm[Connection]):
    base_url = CleanCharField(
        label=gettext_lazy("Address"),
        required=False,
        strip=True,
        max_length=300,
        help_text=gettext_lazy(
            "Tongyi Xingchen: https://nlp.aliyuncs.com. Others: up to and with /v1. "
            "The demo engine needs none."
        ),
        widget=forms.TextInput(
            attrs={"class": "vTextField", "inputmode": "url", "autocomplete": "off"}
        ),
    )
    # Not called `key`: a field of that name would be written into the row, empty or not.
    new_key = forms.CharField(
        label=gettext_lazy("Key"),
        required=False,
        strip=True,
        max_length=2000,
        widget=forms.PasswordInput(attrs={"class": "vTextField", "autocomplete": "new-password"}),
    )
    forget_key = forms.BooleanField(
        label=gettext_lazy("Use no key"),
        required=False,
        help_text=gettext_lazy("For servers that ask for none. A stored key is forgotten."),
    )
    parameters = JSONText(
        label=gettext_lazy("Parameters"),
        required=False,
        help_text=gettext_lazy("Sent with every request as they stand here."),
    )
    options = JSONText(
        label=gettext_lazy("Options"),
        required=False,
        help_text=gettext_lazy("How we speak to this engine."),
    )

    class Meta:
        model = Connection
        fields = ["name", "kind", "base_url", "model", "parameters", "options", "is_default"]
        help_texts = {
            "is_default": gettext_lazy(
                "When ticked, this one answers everybody at once, in every chat that has no "
                "connection of its own."
            ),
            "model": gettext_lazy("Xingchen takes xingchen-plus-v2 where this is empty."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = Connection.objects.filter(pk=self.instance.pk).first()
        self.fields["new_key"].help_text = self._key_help()
        if self.before and self.before.is_default:
            # There is exactly one default: it changes hands, it is not put down.
            self.fields["is_default"].disabled = True
            self.fields["is_default"].help_text = _(
                "To change this, make another connection the default."
            )

    def _key_help(self) -> str:
        if self.before and self.before.key:
            return _("Stored, ends in %s. Leave this empty to keep it.") % self.before.key_hint
        return _("Stored encrypted. After that only its last four characters are shown.")

    def clean_base_url(self) -> str:
        return rules.checked_address(self.cleaned_data["base_url"])

    def _get_validation_exclusions(self) -> set[str]:
        # Our own rule for addresses is wider (a name without a dot) and stricter (no credentials);
        # the default changes hands in one step of its own.
        return {*super()._get_validation_exclusions(), "base_url", "is_default"}  # type: ignore[misc]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.asks_for_key_again:
            self.add_error(
                "new_key",
                ValidationError(
                    _(
                        "The stored key belongs to %(old)s and is not sent to %(new)s. "
                        "Enter the key for the new address, or tick “Use no key”."
                    ),
                    code="key_again",
                    params={
                        "old": self.before.host if self.before else "",
                        "new": urlsplit(self.cleaned_data["base_url"]).netloc or "—",
                    },
                ),
            )
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        try:
            rules.check(self.instance)
        except ValidationError as error:
            for field, faults in error.error_dict.items():
                if field not in self.errors:
                    self.add_error(field, faults)

    @property
    def moved(self) -> bool:
        """Whether the address now names another host, port or scheme."""
        address = self.cleaned_data.get("base_url")
        if self.before is None or address is None:
            return False
        return rules.origin(self.before.base_url) != rules.origin(address)

    @property
    def asks_for_key_again(self) -> bool:
        had = bool(self.before and self.before.key)
        given = self.cleaned_data.get("new_key") or self.cleaned_data.get("forget_key")
        return had and self.moved and not given

    @property
    def key_changed(self) -> bool:
        had = bool(self.before and self.before.key)
        return bool(self.cleaned_data["new_key"]) or (self.cleaned_data["forget_key"] and had)

    def save(self, commit: bool = True) -> Connection:
        if self.cleaned_data["forget_key"]:
            self.instance.enter_key("")
        elif self.cleaned_data["new_key"]:
            self.instance.enter_key(self.cleaned_data["new_key"])
        # Two defaults at once are refused by the database: `make_default` swaps them afterwards.
        self.instance.is_default = bool(self.before and self.before.is_default)
        return super().save(commit)
