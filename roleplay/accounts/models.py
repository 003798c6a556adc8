"""People: who they are, whom they play, what they used, their keys, and what staff looked at."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from roleplay.fields import CleanLine, CleanText

THEMES = {"auto": _("As the device"), "light": _("Light"), "dark": _("Dark")}
TEXT_SIZES = {
    "s": _("Small"),
    "m": _("Medium"),
    "l": _("Large"),
    "xl": _("Larger"),
    "xxl": _("Largest"),
}
READING_FONTS = {"sans": _("Plain"), "serif": _("Book")}
PACES = {"instant": _("At once"), "calm": _("Calm"), "whole": _("When it is finished")}
ANNOUNCEMENTS = {
    "whole": _("Read when finished"),
    "paragraph": _("Read by paragraph"),
    "off": _("Do not read"),
}
# What a program with a key may do.
SCOPES = {
    "chat": _("Chat"),
    "characters:read": _("Look at characters"),
    "characters:write": _("Write characters"),
    "memory": _("Memory"),
    "history": _("Chats and messages"),
}


class User(AbstractUser):
    """A person. A guest has no password yet and may keep the chats by choosing one."""

    is_guest = models.BooleanField(_("guest"), default=False)
    language = models.CharField(_("language"), max_length=10, blank=True)
    theme = models.CharField(_("theme"), max_length=8, default="auto", choices=THEMES)
    text_size = models.CharField(_("text size"), max_length=4, default="m", choices=TEXT_SIZES)
    reading_font = models.CharField(
        _("reading font"), max_length=8, default="sans", choices=READING_FONTS
    )
    pace = models.CharField(_("pace of writing"), max_length=8, default="calm", choices=PACES)
    announce = models.CharField(
        _("screen reader"), max_length=10, default="whole", choices=ANNOUNCEMENTS
    )
    enter_sends = models.BooleanField(_("Enter sends"), default=True)
    saw_ai_notice = models.DateTimeField(_("read the AI notice"), null=True, blank=True)

    objects: ClassVar[UserManager[Self]] = UserManager()

    @property
    def called(self) -> str:
        """What to call this person: the name of the persona in use, else the account's."""
        persona = self.current_persona
        if persona:
            return persona.name
        return "" if self.is_guest else self.get_username()

    @property
    def current_persona(self) -> "Persona | None":
        return self.personas.filter(is_current=True).first()


class PersonaQuerySet(models.QuerySet["Persona"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)


class Persona(models.Model):
    """A mask a person wears in stories; it becomes the vendor's userProfile."""

    user = models.ForeignKey(User, models.CASCADE, related_name="personas")
    name = CleanLine(_("name"), max_length=60)
    about = CleanText(_("about me"), blank=True, max_length=4000)
    avatar = models.ImageField(_("portrait"), upload_to="personas", blank=True)
    is_current = models.BooleanField(_("in use"), default=False)
    created = models.DateTimeField(auto_now_add=True)

    objects = PersonaQuerySet.as_manager()

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_current=True), name="one_current_persona"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def wear(self) -> None:
        """Make this the persona in use."""
        with transaction.atomic():
            self.user.personas.filter(is_current=True).update(is_current=False)
            self.is_current = True
            self.save(update_fields=["is_current"])


class Usage(models.Model):
    """What one person used on one day.

    `replies`: those that wrote something, and those that are being written.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="usage")
    day = models.DateField(_("day"))
    replies = models.PositiveIntegerField(_("replies"), default=0)
    input_tokens = models.PositiveBigIntegerField(_("tokens read"), default=0)
    output_tokens = models.PositiveBigIntegerField(_("tokens written"), default=0)

    class Meta:
        verbose_name = _("usage of a day")
        verbose_name_plural = _("usage by day")
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_usage_a_day")]

    def __str__(self) -> str:
        return f"{self.user} {self.day}"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def live(self) -> Self:
        """Those that open the door now: neither revoked nor over, of people who may sign in."""
        open_ended = Q(expires=None) | Q(expires__gt=timezone.now())
        return self.filter(open_ended, revoked=None, user__is_active=True)

    def over(self) -> Self:
        """Those that were revoked, or whose time is over."""
        return self.filter(Q(revoked__isnull=False) | Q(expires__lte=timezone.now()))


class ApiKey(models.Model):
    """What a program of a person signs in with. The secret itself is kept nowhere."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = CleanLine(_("name"), max_length=60)
    # SHA-256 in hex. The secret is 256 random bits: there is nothing to guess that a slow hash or
    # a salt would protect.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    shown = models.CharField(_("key"), max_length=12, editable=False)
    scopes = models.JSONField(_("scopes"))
    created = models.DateTimeField(_("made"), auto_now_add=True)
    expires = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="api_key_has_a_name"),
            models.CheckConstraint(
                condition=Exact(Length("digest"), 64), name="api_key_digest_is_whole"
            ),
            models.CheckConstraint(
                condition=Q(expires=None) | Q(expires__gt=F("created")),
                name="api_key_expires_after_it_was_made",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown})"

    @property
    def state(self) -> str:
        """ "revoked", "expired" or "live"."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires and self.expires <= timezone.now() else "live"

    @property
    def scope_names(self) -> list[str]:
        return [str(SCOPES.get(scope, scope)) for scope in self.scopes]

    def may(self, scope: str) -> bool:
        return scope in self.scopes


class AuditEntry(models.Model):
    """Who did what to whose data or keys, and why. Rows are added, never changed."""

    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(_("action"), max_length=60)
    target = models.CharField(_("target"), max_length=200)
    reason = CleanText(_("reason"), blank=True, max_length=1000)
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise TypeError("An audit entry is written once.")
        super().save(*args, **kwargs)
