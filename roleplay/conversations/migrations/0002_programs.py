"""Room for programs: dialogues of theirs, answers outside of any chat, random names for messages."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery

import roleplay.fields


def name_owners(apps, schema_editor):
    Generation = apps.get_model("conversations", "Generation")
    Conversation = apps.get_model("conversations", "Conversation")
    owner = Conversation.objects.filter(pk=OuterRef("conversation_id")).values("user_id")[:1]
    Generation.objects.update(user_id=Subquery(owner))


def name_messages(apps, schema_editor):
    Message = apps.get_model("conversations", "Message")
    last = 0
    while batch := list(Message.objects.filter(pk__gt=last).order_by("pk").only("pk")[:1000]):
        for message in batch:
            message.key = uuid.uuid4()
        Message.objects.bulk_update(batch, ["key"])
        last = batch[-1].pk


def forget_programs(apps, schema_editor):
    """On the way back: what was answered outside of any chat has no place in the older tables."""
    apps.get_model("conversations", "Generation").objects.filter(message__isnull=True).delete()


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("accounts", "0002_api_key"),
        ("characters", "0001_initial"),
        ("connections", "0001_initial"),
        ("conversations", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            "conversation",
            "biz_user",
            roleplay.fields.CleanLine(blank=True, default="", max_length=200),
            preserve_default=False,
        ),
        migrations.AddField(
            "conversation", "character_version", models.PositiveIntegerField(blank=True, null=True)
        ),
        migrations.AddField("conversation", "reset", models.DateTimeField(blank=True, null=True)),
        migrations.AddConstraint(
            "conversation",
            models.UniqueConstraint(
                condition=Q(("reset__isnull", True), ~Q(("biz_user", ""))),
                fields=("user", "character", "biz_user"),
                name="one_dialogue_at_a_time",
            ),
        ),
        migrations.AddField("message", "rating", models.SmallIntegerField(blank=True, null=True)),
        migrations.AddField("message", "key", models.UUIDField(null=True, editable=False)),
        migrations.RunPython(name_messages, migrations.RunPython.noop),
        migrations.AlterField(
            "message", "key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
        ),
        migrations.AddField(
            "generation",
            "user",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(name_owners, migrations.RunPython.noop),
        migrations.AlterField(
            "generation",
            "user",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "generation",
            "api_key",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.apikey",
            ),
        ),
        migrations.AlterField(
            "generation",
            "conversation",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="generations",
                to="conversations.conversation",
            ),
        ),
        migrations.AlterField(
            "generation",
            "message",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="generations",
                to="conversations.message",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_programs),
        migrations.AddConstraint(
            "generation",
            models.CheckConstraint(
                condition=Q(("conversation__isnull", True), ("message__isnull", True))
                | Q(("conversation__isnull", False), ("message__isnull", False)),
                name="in_a_chat_or_outside",
            ),
        ),
    ]
