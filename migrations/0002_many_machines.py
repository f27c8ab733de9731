from tortoise import migrations
from tortoise.migrations import operations as ops
from core.store.records import new_id
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("likeness", "0001_initial")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ConnectionRecord",
            fields=[
                ("name", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=100)),
                ("holder", fields.CharField(max_length=32)),
                ("beats", fields.BigIntField(default=0, db_default=0)),
            ],
            options={
                "table": "connection",
                "app": "likeness",
                "pk_attr": "name",
                "table_description": "Which bot process holds a connection to a platform. It counts `beats` up for as long as it lives.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OutboxPartRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("outbox_id", fields.CharField(db_index=True, max_length=32)),
                ("dedupe_key", fields.CharField(unique=True, max_length=120)),
                ("name", fields.CharField(max_length=32)),
                ("position", fields.IntField()),
                ("delivered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "outbox_part",
                "app": "likeness",
                "pk_attr": "id",
                "table_description": "One message of an ending. A long result takes several, and each is told once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TurnClockRecord",
            fields=[
                ("name", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=200)),
                ("reading", fields.FloatField(default=0.0, db_default=0.0)),
            ],
            options={
                "table": "turn_clock",
                "app": "likeness",
                "pk_attr": "name",
                "table_description": "A virtual clock of the queue: of a lane, of a workspace in it, or of a user in the workspace.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="JobRecord",
            name="cost",
            field=fields.FloatField(default=1.0, db_default=1.0),
        ),
        ops.AddField(
            model_name="JobRecord",
            name="lane",
            field=fields.CharField(null=True, max_length=48),
        ),
        ops.AddField(
            model_name="JobRecord",
            name="deadline",
            field=fields.FloatField(default=0.0, db_default=0.0),
        ),
        ops.AddField(
            model_name="JobRecord",
            name="user_turn",
            field=fields.FloatField(default=0.0, db_default=0.0),
        ),
        ops.AddIndex(
            model_name="JobRecord",
            index=Index(fields=["status", "lane", "sort_key", "deadline", "created_at"]),
        ),
        ops.AddIndex(
            model_name="JobRecord",
            index=Index(
                fields=["workspace_id", "kind", "base_model", "status", "lane", "user_turn", "created_at"]
            ),
        ),
        ops.AddField(
            model_name="OutboxRecord",
            name="lease_expires_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="OutboxRecord",
            name="lease_token",
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddIndex(
            model_name="OutboxRecord",
            index=Index(fields=["delivered_at", "failed_at", "next_attempt_at"]),
        ),
        ops.AddField(
            model_name="WorkerRecord",
            name="device",
            field=fields.CharField(default="", db_default="", max_length=100),
        ),
        ops.AddField(
            model_name="WorkerRecord",
            name="lanes",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
        ops.AddField(
            model_name="WorkerRecord",
            name="memory_bytes",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="WorkspaceRecord",
            name="jobs_at_once",
            field=fields.IntField(default=1, db_default=1),
        ),
        ops.AddField(
            model_name="WorkspaceRecord",
            name="turn_weight",
            field=fields.FloatField(default=1.0, db_default=1.0),
        ),
    ]
