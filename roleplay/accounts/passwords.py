"""Rules for passwords, in our own words: Django has no Chinese for the shortest one."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LengthValidator(MinimumLengthValidator):
    def get_error_message(self) -> str:
        return _("A password has at least %(least)d characters.") % {"least": self.min_length}

    def get_help_text(self) -> str:
        return self.get_error_message()
