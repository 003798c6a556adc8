"""Form fields that let people edit lists and maps without writing JSON, and JSON with a clear error."""

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from roleplay.text import clean

COMMA = re.compile("[,，、;；\n]")


def cleaned(value: Any) -> Any:
    """The JSON value with every text in it, names included, cleaned as columns of text are."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): cleaned(item) for key, item in value.items()}
    return value


class JSONText(forms.JSONField):
    """JSON over several lines. The error says where the trouble is."""

    widget = forms.Textarea

    def __init__(self, *, shape: type = dict, **options: Any) -> None:
        self.shape = shape
        super().__init__(**options)
        self.widget.attrs.update({"rows": 6, "class": "json", "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return self.shape()
        try:
            found = json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError as error:
            raise ValidationError(
                _("This is not JSON: look at line %(line)s, column %(column)s."),
                params={"line": error.lineno, "column": error.colno},
            ) from error
        except RecursionError as error:
            raise ValidationError(_("This is nested too deeply.")) from error
        if not isinstance(found, self.shape):
            wanted = (
                _("an object in braces {}") if self.shape is dict else _("a list in brackets []")
            )
            raise ValidationError(_("Write %(wanted)s."), params={"wanted": wanted})
        return cleaned(found)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2) if value else ""


class PageWidget(forms.Widget):
    """A widget drawn with a template of the site's own; forms look only among the packages'."""

    template_name: str

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return render_to_string(self.template_name, self.get_context(name, value, attrs))

    def format_value(self, value: Any) -> Any:
        return value


class Blocks(PageWidget):
    """One text box for each text, and some empty ones for more."""

    template_name = "admin/widgets/blocks.html"
    spare = 1

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["texts"] = [*(value or []), *[""] * self.spare]
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return list(data.getlist(name)) if hasattr(data, "getlist") else list(data.get(name, []))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else id_


class TextsField(forms.Field):
    """A list of longer texts, one box each; empty boxes are left out."""

    widget = Blocks

    def to_python(self, value: Any) -> list[str]:
        texts = [clean(text).replace("\r\n", "\n") for text in value or []]
        return [text for text in texts if text.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class LinesField(forms.Field):
    """A list of short texts, one a line."""

    widget: Any = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in clean(value or "").splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class WordsField(LinesField):
    """A list of words with commas between, Chinese or Latin ones; each word once."""

    widget: Any = forms.TextInput(attrs={"class": "vTextField"})

    def to_python(self, value: Any) -> list[str]:
        words = [word.strip() for word in COMMA.split(clean(value or ""))]
        return list(dict.fromkeys(word for word in words if word))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class Pairs(PageWidget):
    """Names with texts, one row each, and some empty rows for more."""

    template_name = "admin/widgets/pairs.html"
    spare = 2

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["pairs"] = [*(value or []), *[("", "")] * self.spare]
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        names, texts = data.getlist(f"{name}-name"), data.getlist(f"{name}-text")
        return list(zip(names, texts, strict=False))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-name" not in data

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else id_


class PairsField(forms.Field):
    """A map of texts by name."""

    widget = Pairs

    def prepare_value(self, value: Any) -> Any:
        return list(value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        pairs = value.items() if isinstance(value, dict) else value or []
        for name, text in pairs:
            name, text = clean(name).strip(), clean(text).strip()
            if not name and not text:
                continue
            if not name:
                raise ValidationError(_("“%(text)s” has no name."), params={"text": text})
            if name in found:
                raise ValidationError(_("“%(name)s” is there twice."), params={"name": name})
            found[name] = text
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return dict(initial or {}) != self.to_python(data)
        except ValidationError:
            return True
