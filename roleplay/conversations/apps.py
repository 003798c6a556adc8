from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "roleplay.conversations"
    label = "conversations"
    verbose_name = _("Chats")

    def ready(self) -> None:
        from roleplay.conversations.triggers import install_triggers, remove_triggers

        pre_migrate.connect(remove_triggers, sender=self)
        post_migrate.connect(install_triggers, sender=self)
