"""Characters: everything that makes someone you can talk to."""

import copy
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from roleplay.fields import CleanLine, CleanText

KINDS = {
    "virtual": _("Invented"),
    "reproduction": _("After a known figure"),
    "assistant": _("Assistant"),
}
VISIBILITIES = {
    "private": _("Only me"),
    "unlisted": _("Anyone with the link"),
    "public": _("Everyone"),
}
LANGUAGES = {"zh-Hans": _("Simplified Chinese"), "en": _("English")}

# What makes a version: all that is told of a character and to a model. Whose it is, who may see it
# and its pictures belong to the character as a whole.
SHEET = (
    "language",
    "name",
    "sex",
    "birthday",
    "age",
    "kind",
    "tagline",
    "description",
    "traits",
    "scenario",
    "greeting",
    "alternate_greetings",
    "example_dialogue",
    "starters",
    "tags",
    "creator_notes",
    "template_id",
    "params",
    "platform_id",
    "platform_version",
    "open_line",
    "tools",
    "extensions",
)
MOST_VERSIONS = 50


class VersionTaken(Exception):
    """There is a version of this number already."""


class TooManyVersions(Exception):
    """A character keeps no more than `MOST_VERSIONS`."""


class CharacterQuerySet(models.QuerySet["Character"]):
    def visible_to(self, user: Any) -> Self:
        """Those this person may open: one's own, and whatever is published or shared by link."""
        mine = Q(owner=user) if user.is_authenticated else Q()
        return self.filter(Q(visibility__in=["public", "unlisted"]) | mine, removed=None)

    def listed_for(self, user: Any) -> Self:
        """Those that may stand on this person's shelf."""
        mine = Q(owner=user) if user.is_authenticated else Q()
        return self.filter(Q(visibility="public") | mine, removed=None)

    def matching(self, words: str) -> Self:
        """Those whose name, tagline, description or tags hold every one of these words."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(name__icontains=word)
                | Q(tagline__icontains=word)
                | Q(description__icontains=word)
                | _tags_hold(word)
            )
        return found

    def tagged(self, tag: str) -> Self:
        """Those that carry exactly this tag."""
        return self.filter(_tags_hold(f'"{tag}"')) if tag else self

    def tagged_any(self, tags: Iterable[str]) -> Self:
        """Those that carry at least one of these tags."""
        return self.filter(reduce(or_, (_tags_hold(f'"{tag}"') for tag in tags), Q(pk__in=())))


def _tags_hold(text: str) -> Q:
    # SQLite keeps JSON with everything beyond ASCII escaped, PostgreSQL keeps it as it is.
    escaped = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)
    return Q(tags__icontains=text) | Q(tags__icontains=escaped)


def _string_map(value: Any) -> None:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ValidationError(_('Write names with texts, as in {"characterName": "海梦"}.'))


def _text_list(value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValidationError(_('Write a list of texts, as in ["first", "second"].'))


def _tool_list(value: Any) -> None:
    named = isinstance(value, list) and all(
        isinstance(tool, dict) and isinstance(tool.get("name"), str) and tool["name"]
        for tool in value
    )
    if not named:
        raise ValidationError(_("Write a list of tools, each with a name and its parameters."))


class Character(models.Model):
    """Someone to talk to.

    `params`: texts by name that fill the vendor's role template (characterName, characterSex,
    characterBirthday and whatever else it asks for). `tools`: a list of
    `{id, name, description, parameters}` with JSON Schema in `parameters`, offered to the model
    wherever its interface takes tools. `extensions`: unknown parts of an imported card, as given.

    A row is always its current version, number `version`; `versions` keeps the others.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.SlugField(
        _("key"), max_length=60, null=True, blank=True, unique=True, editable=False
    )  # what a starter is found by when its set is loaded again; null for all others
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="characters",
        verbose_name=_("owner"),
    )
    visibility = models.CharField(
        _("visible to"), max_length=10, default="private", choices=VISIBILITIES
    )
    language = models.CharField(_("language"), max_length=10, default="zh-Hans", choices=LANGUAGES)

    name = CleanLine(_("name"), max_length=60)
    sex = CleanLine(_("sex"), max_length=20, blank=True)
    birthday = CleanLine(_("birthday"), max_length=40, blank=True)
    age = models.PositiveSmallIntegerField(_("age"), null=True, blank=True)
    kind = models.CharField(_("type"), max_length=12, default="virtual", choices=KINDS)
    tagline = CleanLine(_("tagline"), max_length=120, blank=True)
    description = CleanText(_("description"), blank=True, max_length=20_000)
    traits = CleanText(_("traits"), blank=True, max_length=8_000)
    scenario = CleanText(_("scenario"), blank=True, max_length=8_000)
    greeting = CleanText(_("greeting"), blank=True, max_length=8_000)
    alternate_greetings = models.JSONField(
        _("alternate greetings"), default=list, blank=True, validators=[_text_list]
    )
    example_dialogue = CleanText(_("example dialogue"), blank=True, max_length=20_000)
    starters = models.JSONField(
        _("first words to offer"), default=list, blank=True, validators=[_text_list]
    )
    tags = models.JSONField(_("tags"), default=list, blank=True, validators=[_text_list])
    creator_notes = CleanText(_("creator's notes"), blank=True, max_length=8_000)

    template_id = CleanLine(_("Xingchen template id"), max_length=64, blank=True)
    params = models.JSONField(
        _("template parameters"), default=dict, blank=True, validators=[_string_map]
    )
    platform_id = CleanLine(_("Xingchen character id"), max_length=64, blank=True)
    platform_version = models.PositiveIntegerField(
        _("Xingchen character version"), null=True, blank=True
    )
    open_line = models.BooleanField(_("opening line by the platform"), default=False)
    tools = models.JSONField(_("tools"), default=list, blank=True, validators=[_tool_list])
    extensions = models.JSONField(_("extensions"), default=dict, blank=True)

    avatar = models.ImageField(_("portrait"), upload_to="characters", blank=True)
    cover = models.ImageField(_("cover"), upload_to="characters", blank=True)
    hue = models.SmallIntegerField(
        _("hue"),
        null=True,
        blank=True,
        help_text=_("0 to 23, fifteen degrees each; -1 for grey. Empty: taken from the picture."),
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    # What the owner grants to other people, and asks of the operator.
    allows_chat = models.BooleanField(_("others may talk to it"), default=True)
    allows_api = models.BooleanField(_("programs of others may use it"), default=True)
    asks_public = models.BooleanField(_("is to be published"), default=False)
    removed = models.DateTimeField(_("taken away"), null=True, blank=True, editable=False)
    created = models.DateTimeField(_("made"), auto_now_add=True)
    updated = models.DateTimeField(_("changed"), auto_now=True)

    objects = CharacterQuerySet.as_manager()

    class Meta:
        verbose_name = _("character")
        verbose_name_plural = _("characters")
        ordering = ["-created"]
        constraints = [
            models.CheckConstraint(
                condition=Q(visibility__in=list(VISIBILITIES)), name="character_visibility_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="character_kind_known"),
            models.CheckConstraint(
                condition=Q(hue__isnull=True) | Q(hue__gte=-1, hue__lte=23),
                name="character_hue_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def greetings(self) -> list[str]:
        """The greeting and its alternates, those that hold a word."""
        return [text for text in [self.greeting, *self.alternate_greetings] if text.strip()]

    @property
    def hue_class(self) -> str:
        """The CSS class that colours this character's room: h0 to h23, or grey."""
        if self.hue is None:
            digest = hashlib.sha256(self.name.encode(errors="replace")).digest()
            return f"h{digest[0] % 24}"
        return "grey" if self.hue < 0 else f"h{self.hue}"

    @property
    def initial(self) -> str:
        """What stands on a drawn cover where there is no picture."""
        return self.name.strip()[:1].upper()

    @property
    def is_minor(self) -> bool:
        return self.age is not None and self.age < 18

    @property
    def sheet(self) -> dict[str, Any]:
        """What makes this version, by the names in `SHEET`; fit for JSON."""
        return {name: getattr(self, name) for name in SHEET}

    @property
    def numbers(self) -> list[int]:
        """The numbers of all versions, the current one among them."""
        return sorted([self.version, *(kept.number for kept in self.versions.all())])

    @property
    def next_number(self) -> int:
        """The number that a new version gets."""
        return self.numbers[-1] + 1

    def may_be_talked_to_by(self, user: Any) -> bool:
        """Whether this person may begin a chat: anybody, unless the owner keeps others out."""
        return self.removed is None and (self.allows_chat or self.owner_id == user.pk)

    def at_version(self, number: int | None) -> "Character":
        """This character as it is in that version; None and the current one are itself.

        Any other is a copy for reading, which is not to be saved. Raises CharacterVersion.DoesNotExist
        for a number that never was.
        """
        if number is None or number == self.version:
            return self
        return self.as_kept(self.versions.get(number=number))

    def as_kept(self, kept: "CharacterVersion") -> "Character":
        """A copy for reading, as this version has it. The texts change, the permissions do not."""
        twin = copy.copy(self)
        twin.version = kept.number
        twin.updated = kept.created
        twin._wear(kept.sheet)
        return twin

    @transaction.atomic
    def new_version(self, fields: Mapping[str, Any], number: int | None = None) -> None:
        """Keep what the row holds, and change it by these fields under a number of its own.

        `number` None: the next one. Raises VersionTaken or TooManyVersions, and nothing is changed.
        """
        self._lock()
        numbers = self.numbers
        if number in numbers:
            raise VersionTaken(number)
        if len(numbers) >= MOST_VERSIONS:
            raise TooManyVersions
        self._keep()
        self.version = number or numbers[-1] + 1
        self._change({**fields, "version": self.version})

    @transaction.atomic
    def change_version(self, fields: Mapping[str, Any], number: int | None = None) -> None:
        """Change these fields of a version where it stands; None is the current one.

        Raises CharacterVersion.DoesNotExist for a number that never was.
        """
        self._lock()
        if number is None or number == self.version:
            self._change(fields)
            return
        kept = self.versions.get(number=number)
        kept.sheet = {**kept.sheet, **fields}
        kept.created = timezone.now()
        kept.save(update_fields=["sheet", "created"])
        self.save(update_fields=["updated"])

    @transaction.atomic
    def use_version(self, number: int) -> None:
        """Make this version the current one again, and keep the one that was.

        Raises CharacterVersion.DoesNotExist for a number that never was.
        """
        self._lock()
        if number == self.version:
            return
        kept = self.versions.get(number=number)
        self._keep()
        kept.delete()
        self.version = number
        self._wear(kept.sheet)
        self.save(update_fields=[*SHEET, "version", "updated"])

    def grant(self, fields: Mapping[str, Any]) -> None:
        """Change who may see and use it. No version is concerned."""
        if fields:
            self._change(fields)

    def remove(self) -> None:
        """Delete it. Where stories hold it, they stay readable: it is taken away from everyone."""
        try:
            Character.objects.filter(pk=self.pk).delete()
        except ProtectedError:
            self.removed = timezone.now()
            self.visibility = "private"
            self.asks_public = False
            self.save(update_fields=["removed", "visibility", "asks_public", "updated"])

    def _lock(self) -> None:
        """Read the row anew and let nobody else write it before this transaction ends."""
        self.refresh_from_db(from_queryset=Character.objects.select_for_update())

    def _keep(self) -> None:
        self.versions.create(number=self.version, sheet=self.sheet, created=self.updated)

    def _wear(self, sheet: Mapping[str, Any]) -> None:
        for name in SHEET:
            field: Any = self._meta.get_field(name)
            # A sheet may be older than the column.
            setattr(self, name, sheet[name] if name in sheet else field.get_default())

    def _change(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=[*fields, "updated"])


class CharacterVersion(models.Model):
    """A version of a character that is not the current one: an earlier one, or one stepped back from.

    `sheet`: its fields by the names in `SHEET`. `created`: when it was last written.
    """

    character = models.ForeignKey(Character, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    sheet = models.JSONField()
    created = models.DateTimeField(_("written"), default=timezone.now)

    class Meta:
        verbose_name = _("version of a character")
        verbose_name_plural = _("versions of characters")
        ordering = ["character", "number"]
        constraints = [
            models.UniqueConstraint(fields=["character", "number"], name="one_version_one_number")
        ]

    def __str__(self) -> str:
        return f"{self.character_id} {self.number}"
