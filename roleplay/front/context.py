"""What every page is told."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

HTML_LANGUAGES = {"zh-hans": "zh-Hans", "en": "en"}


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name, the page's language tag, and how this person likes to read."""
    user = getattr(request, "user", None)
    reader = user if user is not None and user.is_authenticated else None
    return {
        "site_name": settings.SITE_NAME or _("Lamplight"),
        "html_lang": HTML_LANGUAGES.get(get_language() or "", "zh-Hans"),
        "theme": reader.theme if reader else request.COOKIES.get("theme", "auto"),
        "text_size": reader.text_size if reader else "m",
        "reading_font": reader.reading_font if reader else "sans",
        "sign_up": settings.SIGN_UP,
        "guests": settings.GUESTS,
    }
