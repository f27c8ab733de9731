from tortoise import migrations
from tortoise.migrations import operations as ops
from core.rules.kinds import ModelKind
from core.store.records import Choice, DraftState, JobKind, JobStatus, VersionState, new_id
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="ConsentRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("workspace_id", fields.CharField(db_index=True, max_length=32)),
                ("draft_id", fields.CharField(max_length=32)),
                ("model_id", fields.CharField(null=True, max_length=32)),
                ("user_id", fields.CharField(max_length=64)),
                ("text_version", fields.CharField(max_length=32)),
                ("image_sha256s", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "consent",
                "app": "likeness",
                "pk_attr": "id",
                "table_description": "Who agreed to what, about which images, and when.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DraftPhotoRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("draft_id", fields.CharField(db_index=True, max_length=32)),
                ("photo_id", fields.CharField(max_length=32)),
                ("position", fields.IntField()),
                ("is_new", fields.BooleanField(default=True)),
                ("is_flagged", fields.BooleanField(default=False)),
                (
                    "choice",
                    fields.CharEnumField(
                        null=True,
                        description="KEEP: keep\nFIX: fix\nREMOVE: remove",
                        enum_type=Choice,
                        max_length=16,
                    ),
                ),
                ("caption", fields.CharField(default="", max_length=500)),
                ("message", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "draft_photo",
                "app": "likeness",
                "unique_together": (("draft_id", "position"),),
                "pk_attr": "id",
                "table_description": "A photo in a draft, what was found about it, and what was decided.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DraftRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("workspace_id", fields.CharField(db_index=True, max_length=32)),
                ("model_id", fields.CharField(null=True, max_length=32)),
                ("live_handle", fields.CharField(null=True, max_length=32)),
                (
                    "state",
                    fields.CharEnumField(
                        default=DraftState.COLLECTING,
                        description="COLLECTING: collecting\nANALYZING: analyzing\nREVIEW: review\nCONSENT: consent\nCAPTIONS: captions\nREADY: ready\nQUEUED: queued\nCLOSED: closed",
                        enum_type=DraftState,
                        max_length=16,
                    ),
                ),
                ("close_reason", fields.CharField(default="", max_length=200)),
                ("requester_id", fields.CharField(max_length=64)),
                ("platform", fields.CharField(max_length=16)),
                ("thread", fields.CharField(max_length=200)),
                ("card_message", fields.CharField(null=True, max_length=64)),
                ("display_name", fields.CharField(max_length=100)),
                ("handle", fields.CharField(max_length=32)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="PRODUCT: product\nCHARACTER: character\nSTYLE: style",
                        enum_type=ModelKind,
                        max_length=16,
                    ),
                ),
                ("class_noun", fields.CharField(max_length=40)),
                ("traits", fields.TextField(default="", unique=False)),
                ("base_model", fields.CharField(max_length=16)),
                ("preset", fields.CharField(default="standard", max_length=16)),
                ("is_real_person", fields.BooleanField(null=True)),
                ("consent_ticks", fields.CharField(default="", max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("updated_at", fields.DatetimeField(auto_now=True, auto_now_add=False)),
            ],
            options={
                "table": "draft",
                "app": "likeness",
                "unique_together": (("workspace_id", "live_handle"),),
                "pk_attr": "id",
                "table_description": "A `/train` or `/edit` on its way to a job.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EntryRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("transfer_id", fields.CharField(db_index=True, max_length=32)),
                ("workspace_id", fields.CharField(max_length=32)),
                ("account", fields.CharField(max_length=16)),
                ("amount", fields.IntField()),
            ],
            options={
                "table": "credit_entry",
                "app": "likeness",
                "indexes": [Index(fields=["workspace_id", "account"])],
                "pk_attr": "id",
                "table_description": "One side of a transfer: credits that came to an account, or left it when negative.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FindingRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("draft_id", fields.CharField(db_index=True, max_length=32)),
                ("draft_photo_id", fields.CharField(null=True, max_length=32)),
                ("rank", fields.IntField()),
                ("check_name", fields.CharField(max_length=32)),
                ("status", fields.CharField(max_length=16)),
                ("severity", fields.CharField(max_length=16)),
                ("score", fields.FloatField(null=True)),
                ("threshold", fields.FloatField(null=True)),
                ("why", fields.TextField(unique=False)),
                ("fix", fields.TextField(unique=False)),
                ("applicable_fix", fields.CharField(null=True, max_length=16)),
                ("dismiss_key", fields.CharField(max_length=64)),
            ],
            options={
                "table": "finding",
                "app": "likeness",
                "pk_attr": "id",
                "table_description": "One thing that feedback said about a draft. The photo is NULL when it is about the whole set.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="InboxRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("platform", fields.CharField(max_length=16)),
                ("dedupe_key", fields.CharField(unique=True, max_length=100)),
                ("payload", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("handled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "inbox",
                "app": "likeness",
                "pk_attr": "id",
                "table_description": "A request as it came in, written before it is acknowledged, so that a restart can still answer it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="JobRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("workspace_id", fields.CharField(db_index=True, max_length=32)),
                ("user_id", fields.CharField(max_length=64)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="TRAIN: train\nGENERATE: generate", enum_type=JobKind, max_length=16
                    ),
                ),
                ("base_model", fields.CharField(max_length=16)),
                (
                    "status",
                    fields.CharEnumField(
                        default=JobStatus.QUEUED,
                        description="QUEUED: queued\nRUNNING: running\nSUCCEEDED: succeeded\nFAILED: failed\nCANCELLED: cancelled",
                        enum_type=JobStatus,
                        max_length=16,
                    ),
                ),
                ("sort_key", fields.FloatField()),
                ("spec", fields.TextField(unique=False)),
                ("result", fields.TextField(default="", unique=False)),
                ("reason", fields.TextField(default="", unique=False)),
                ("draft_id", fields.CharField(null=True, max_length=32)),
                ("model_id", fields.CharField(null=True, max_length=32)),
                ("version_id", fields.CharField(null=True, max_length=32)),
                ("platform", fields.CharField(max_length=16)),
                ("thread", fields.CharField(max_length=200)),
                ("card_message", fields.CharField(null=True, max_length=64)),
                ("credits", fields.IntField(default=0)),
                ("claim_token", fields.CharField(null=True, max_length=32)),
                ("worker_id", fields.CharField(null=True, max_length=100)),
                ("lease_expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("attempts", fields.IntField(default=0)),
                ("is_cancel_requested", fields.BooleanField(default=False)),
                ("progress_done", fields.IntField(default=0)),
                ("progress_total", fields.IntField(default=0)),
                ("progress_seconds_left", fields.FloatField(null=True)),
                ("preview_key", fields.CharField(null=True, max_length=200)),
                ("checkpoint_key", fields.CharField(null=True, max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("started_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("is_seen", fields.BooleanField(default=False)),
            ],
            options={
                "table": "job",
                "app": "likeness",
                "indexes": [Index(fields=["status", "sort_key"])],
                "pk_attr": "id",
                "table_description": "The truth about a piece of work.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ModelRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("workspace_id", fields.CharField(db_index=True, max_length=32)),
                ("handle", fields.CharField(max_length=32)),
                ("live_handle", fields.CharField(null=True, max_length=32)),
                ("display_name", fields.CharField(max_length=100)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="PRODUCT: product\nCHARACTER: character\nSTYLE: style",
                        enum_type=ModelKind,
                        max_length=16,
                    ),
                ),
                ("class_noun", fields.CharField(max_length=40)),
                ("traits", fields.TextField(default="", unique=False)),
                ("trigger_word", fields.CharField(max_length=40)),
                ("owner_id", fields.CharField(max_length=64)),
                ("is_demo", fields.BooleanField(default=False)),
                ("serving_version_id", fields.CharField(null=True, max_length=32)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("deleted_by", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "model",
                "app": "likeness",
                "unique_together": (("workspace_id", "live_handle"),),
                "pk_attr": "id",
                "table_description": "A product, character or style that prompts can name.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OutboxRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("dedupe_key", fields.CharField(unique=True, max_length=100)),
                ("job_id", fields.CharField(max_length=32)),
                ("platform", fields.CharField(max_length=16)),
                ("attempts", fields.IntField(default=0)),
                ("next_attempt_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("delivered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("failed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "outbox",
                "app": "likeness",
                "pk_attr": "id",
                "table_description": "An ending that a thread has yet to hear. Written in the transaction that ended the job.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PhotoRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("workspace_id", fields.CharField(max_length=32)),
                ("sha256", fields.CharField(max_length=64)),
                ("blob_key", fields.CharField(max_length=200)),
                ("filename", fields.CharField(max_length=200)),
                ("width_px", fields.IntField()),
                ("height_px", fields.IntField()),
                ("uploader_id", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "photo",
                "app": "likeness",
                "unique_together": (("workspace_id", "sha256"),),
                "pk_attr": "id",
                "table_description": "A safe copy of an uploaded image.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TickRecord",
            fields=[
                ("name", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "tick",
                "app": "likeness",
                "pk_attr": "name",
                "table_description": "When a housekeeping sweep is next due. Claimed by compare-and-set, so that one process runs it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TransferRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("workspace_id", fields.CharField(db_index=True, max_length=32)),
                ("kind", fields.CharField(max_length=16)),
                ("job_id", fields.CharField(null=True, max_length=32)),
                ("dedupe_key", fields.CharField(unique=True, max_length=100)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "credit_transfer",
                "app": "likeness",
                "pk_attr": "id",
                "table_description": "One movement of credits. Its entries sum to zero.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="VersionPhotoRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("version_id", fields.CharField(db_index=True, max_length=32)),
                ("photo_id", fields.CharField(max_length=32)),
                ("position", fields.IntField()),
                ("caption", fields.CharField(max_length=500)),
            ],
            options={
                "table": "model_version_photo",
                "app": "likeness",
                "unique_together": (("version_id", "position"),),
                "pk_attr": "id",
                "table_description": "A photo and caption that a version was trained on.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="VersionRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("model_id", fields.CharField(db_index=True, max_length=32)),
                ("number", fields.IntField()),
                (
                    "state",
                    fields.CharEnumField(
                        default=VersionState.TRAINING,
                        description="TRAINING: training\nREADY: ready\nFAILED: failed",
                        enum_type=VersionState,
                        max_length=16,
                    ),
                ),
                ("base_model", fields.CharField(max_length=16)),
                ("base_weights_sha256", fields.CharField(default="", max_length=64)),
                ("adapter_key", fields.CharField(default="", max_length=200)),
                ("test_sheet_key", fields.CharField(default="", max_length=200)),
                ("likeness_score", fields.FloatField(null=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "model_version",
                "app": "likeness",
                "unique_together": (("model_id", "number"),),
                "pk_attr": "id",
                "table_description": "One training of a model. Its files never change. Serving it is one update of the model's row.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="VoteRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("draft_photo_id", fields.CharField(db_index=True, max_length=32)),
                ("user_id", fields.CharField(max_length=64)),
                (
                    "choice",
                    fields.CharEnumField(
                        description="KEEP: keep\nFIX: fix\nREMOVE: remove", enum_type=Choice, max_length=16
                    ),
                ),
                ("is_withdrawn", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "vote",
                "app": "likeness",
                "pk_attr": "id",
                "table_description": "A reaction on a flagged photo: the log of who decided what.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WorkerRecord",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=100)),
                ("bases", fields.TextField(unique=False)),
                ("seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "worker",
                "app": "likeness",
                "pk_attr": "id",
                "table_description": "A worker as it last announced itself.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WorkspaceRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("platform", fields.CharField(max_length=16)),
                ("external_id", fields.CharField(max_length=64)),
                ("plan", fields.CharField(max_length=32)),
                ("models_created", fields.IntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "workspace",
                "app": "likeness",
                "unique_together": (("platform", "external_id"),),
                "pk_attr": "id",
                "table_description": "A Slack workspace, a Discord server, or one console.",
            },
            bases=["Model"],
        ),
    ]
