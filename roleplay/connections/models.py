"""Model connections: an engine's address, key and parameters, as an operator enters them."""

from urllib.parse import urlsplit

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from roleplay.connections.secret import SecretField
from roleplay.fields import CleanLine

KINDS = {
    "xingchen": _("Tongyi Xingchen"),
    "openai": _("OpenAI-compatible"),
    "demo": _("Demo engine"),
}


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def chosen(self) -> "Connection | None":
        """The site's default, if the operator made one."""
        return self.filter(is_default=True).first()


class Connection(models.Model):
    """`parameters` go into the request as they are (temperature, maxLength, …). `options` change how
    we speak: for Xingchen `endpoint` (auto, chat, completions), `stream`, `incremental`,
    `inspection`; for OpenAI-compatible servers `stream`; for the demo engine `pace` and `seed`.
    """

    name = CleanLine(_("name"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=KINDS)
    base_url = models.URLField(_("address"), max_length=300, blank=True)
    key = SecretField(_("key"), blank=True)
    # The host the key was entered for: a key never travels to another one.
    key_host = models.CharField(max_length=255, blank=True, editable=False)
    model = CleanLine(_("model"), max_length=120, blank=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    is_default = models.BooleanField(_("default for the site"), default=False)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("model connection")
        verbose_name_plural = _("model connections")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="connection_kind_known"),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_connection"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        if self.key and self.key_host != self.host:
            self.key = self.key_host = ""
            fields = kwargs.get("update_fields")
            if isinstance(fields, list):
                kwargs["update_fields"] = [*fields, "key", "key_host"]
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def host(self) -> str:
        """The host and port of the address, as they stand in it."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2].lower()

    @property
    def usable_key(self) -> str:
        """The key, if this address is the one it was entered for."""
        return self.key if self.key_host == self.host else ""

    @property
    def key_hint(self) -> str:
        """The last four characters, which is all of a key that is ever shown."""
        return f"····{self.key[-4:]}" if len(self.key) >= 12 else ("····" if self.key else "")

    def enter_key(self, key: str) -> None:
        self.key, self.key_host = key, self.host

    def make_default(self) -> None:
        with transaction.atomic():
            Connection.objects.filter(is_default=True).exclude(pk=self.pk).update(is_default=False)
            self.is_default = True
            self.save(update_fields=["is_default"])
