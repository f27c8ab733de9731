"""The tables. "Model" in this house is a person's trained thing, so rows are called records.

Ids are 32 hex digits, so that buttons and file names can carry them. Two fields hold JSON as text (a job's
spec and result, typed in `core.queue.specs`); nothing filters on them.

Tortoise writes the classes' docstrings into the schema as comments, and its SQLite migrations split statements
at every semicolon: so these docstrings hold none.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import uuid4

from tortoise import fields
from tortoise.models import Model

from core.rules.kinds import JobKind, ModelKind

ID_LENGTH = 32


def new_id() -> str:
    """Return a fresh row id."""
    return uuid4().hex


def _id_field() -> Any:
    return fields.CharField(max_length=ID_LENGTH, primary_key=True, default=new_id)


class DraftState(StrEnum):
    """Where a `/train` or `/edit` stands: `core.drafts` has the steps between them."""

    COLLECTING = "collecting"
    ANALYZING = "analyzing"
    REVIEW = "review"
    CONSENT = "consent"
    CAPTIONS = "captions"
    READY = "ready"
    QUEUED = "queued"
    CLOSED = "closed"


class Choice(StrEnum):
    """What was decided about a flagged photo."""

    KEEP = "keep"
    FIX = "fix"
    REMOVE = "remove"


class VersionState(StrEnum):
    """A model version's life."""

    TRAINING = "training"
    READY = "ready"
    FAILED = "failed"


class JobStatus(StrEnum):
    """A job's life. The last three are endings."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WorkspaceRecord(Model):
    """A Slack workspace, a Discord server, or one console."""

    id = _id_field()
    platform = fields.CharField(max_length=16)
    external_id = fields.CharField(max_length=64)
    plan = fields.CharField(max_length=32)
    models_created = fields.IntField(default=0)
    """Counts up only: it numbers the trigger words."""
    turn_weight = fields.FloatField(default=1.0, db_default=1.0)
    """Its plan's weight and limit as they were at its last request: workers read them here, not in a plan file."""
    jobs_at_once = fields.IntField(default=1, db_default=1)
    review_quorum = fields.IntField(default=1, db_default=1)
    """How many people have to agree on a flagged photo."""
    approvers = fields.TextField(default="", db_default="")
    """Who may decide about flagged photos beside the person who asked: ids of people and roles, by commas."""
    trainers = fields.TextField(default="", db_default="")
    """Who may train, edit and delete, written alike. Empty means everybody."""
    has_private_threads = fields.BooleanField(default=False, db_default=False)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "workspace"
        unique_together = (("platform", "external_id"),)


class ModelRecord(Model):
    """A product, character or style that prompts can name."""

    id = _id_field()
    workspace_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    handle = fields.CharField(max_length=32)
    live_handle = fields.CharField(max_length=32, null=True)
    """The handle while the model lives, then NULL, so that a deleted name may be used again."""
    display_name = fields.CharField(max_length=100)
    kind = fields.CharEnumField(ModelKind, max_length=16)
    class_noun = fields.CharField(max_length=40)
    traits = fields.TextField(default="")
    """Lasting features of a character, separated by commas."""
    trigger_word = fields.CharField(max_length=40)
    owner_id = fields.CharField(max_length=64)
    is_demo = fields.BooleanField(default=False)
    serving_version_id = fields.CharField(max_length=ID_LENGTH, null=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    deleted_at = fields.DatetimeField(null=True)
    deleted_by = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "model"
        unique_together = (("workspace_id", "live_handle"),)


class VersionRecord(Model):
    """One training of a model. Its files never change. Serving it is one update of the model's row."""

    id = _id_field()
    model_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    number = fields.IntField()
    state = fields.CharEnumField(VersionState, max_length=16, default=VersionState.TRAINING)
    base_model = fields.CharField(max_length=16)
    base_weights_sha256 = fields.CharField(max_length=64, default="")
    adapter_key = fields.CharField(max_length=200, default="")
    test_sheet_key = fields.CharField(max_length=200, default="")
    likeness_score = fields.FloatField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "model_version"
        unique_together = (("model_id", "number"),)


class VersionPhotoRecord(Model):
    """A photo and caption that a version was trained on."""

    id = _id_field()
    version_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    photo_id = fields.CharField(max_length=ID_LENGTH)
    position = fields.IntField()
    caption = fields.CharField(max_length=500)

    class Meta:
        table = "model_version_photo"
        unique_together = (("version_id", "position"),)


class PhotoRecord(Model):
    """A safe copy of an uploaded image."""

    id = _id_field()
    workspace_id = fields.CharField(max_length=ID_LENGTH)
    sha256 = fields.CharField(max_length=64)
    blob_key = fields.CharField(max_length=200)
    filename = fields.CharField(max_length=200)
    width_px = fields.IntField()
    height_px = fields.IntField()
    uploader_id = fields.CharField(max_length=64)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "photo"
        unique_together = (("workspace_id", "sha256"),)


class PhotoFeatureRecord(Model):
    """What one provider saw on a photo, so that it is looked at once. Erased with the photo."""

    id = _id_field()
    workspace_id = fields.CharField(max_length=ID_LENGTH)
    sha256 = fields.CharField(max_length=64)
    provider = fields.CharField(max_length=64)
    seen = fields.TextField()
    """As `core.feedback.vision` writes it."""
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "photo_feature"
        unique_together = (("workspace_id", "sha256", "provider"),)


class DraftRecord(Model):
    """A `/train` or `/edit` on its way to a job."""

    id = _id_field()
    workspace_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    model_id = fields.CharField(max_length=ID_LENGTH, null=True)
    """The model that is edited; NULL for a new one."""
    live_handle = fields.CharField(max_length=32, null=True)
    """Holds the name while the draft is open: two drafts cannot claim it."""
    state = fields.CharEnumField(DraftState, max_length=16, default=DraftState.COLLECTING)
    close_reason = fields.CharField(max_length=200, default="")
    requester_id = fields.CharField(max_length=64)
    platform = fields.CharField(max_length=16)
    thread = fields.CharField(max_length=200)
    card_message = fields.CharField(max_length=64, null=True)
    display_name = fields.CharField(max_length=100)
    handle = fields.CharField(max_length=32)
    kind = fields.CharEnumField(ModelKind, max_length=16)
    class_noun = fields.CharField(max_length=40)
    traits = fields.TextField(default="")
    base_model = fields.CharField(max_length=16)
    preset = fields.CharField(max_length=16, default="standard")
    is_real_person = fields.BooleanField(null=True)
    """NULL until the person was asked."""
    consent_ticks = fields.CharField(max_length=64, default="")
    """Numbers of the ticked statements, separated by commas."""
    answers = fields.TextField(default="", db_default="")
    """What the person answered about the photos, as `question=answer`, separated by commas."""
    notes = fields.TextField(default="", db_default="")
    """What is still to be said once the photos were looked at, a line each."""
    created_at = fields.DatetimeField(auto_now_add=True)
    updated_at = fields.DatetimeField(auto_now=True)

    class Meta:
        table = "draft"
        unique_together = (("workspace_id", "live_handle"),)


class DraftPhotoRecord(Model):
    """A photo in a draft, what was found about it, and what was decided."""

    id = _id_field()
    draft_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    photo_id = fields.CharField(max_length=ID_LENGTH)
    position = fields.IntField()
    is_new = fields.BooleanField(default=True)
    is_flagged = fields.BooleanField(default=False)
    choice: Choice | None = fields.CharEnumField(Choice, max_length=16, null=True)  # pyright: ignore[reportAssignmentType]
    caption = fields.CharField(max_length=500, default="")
    message = fields.CharField(max_length=64, null=True)
    """The review message in the thread, once posted."""
    is_shown = fields.BooleanField(default=False, db_default=False)
    """Its page of the review has begun: it is in the thread, or on its way there."""
    preview_key = fields.CharField(max_length=200, null=True)
    """What the review message shows in place of the photo. Made again whenever it is shown, so nobody misses it."""

    class Meta:
        table = "draft_photo"
        unique_together = (("draft_id", "position"),)


class FindingRecord(Model):
    """One thing that feedback said about a draft. The photo is NULL when it is about the whole set."""

    id = _id_field()
    draft_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    draft_photo_id = fields.CharField(max_length=ID_LENGTH, null=True)
    """The photo that somebody has to decide about."""
    draft_photo_ids = fields.TextField(default="", db_default="")
    """Every photo that it concerns, separated by commas. Empty means the whole set."""
    rank = fields.IntField()
    check_name = fields.CharField(max_length=32)
    status = fields.CharField(max_length=16)
    severity = fields.CharField(max_length=16)
    score = fields.FloatField(null=True)
    threshold = fields.FloatField(null=True)
    why = fields.TextField()
    fix = fields.TextField()
    applicable_fix = fields.CharField(max_length=16, null=True)
    dismiss_key = fields.CharField(max_length=64)

    class Meta:
        table = "finding"


class VoteRecord(Model):
    """A reaction on a flagged photo: the log of who decided what."""

    id = _id_field()
    draft_photo_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    user_id = fields.CharField(max_length=64)
    choice = fields.CharEnumField(Choice, max_length=16)
    is_withdrawn = fields.BooleanField(default=False)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "vote"


class ConsentRecord(Model):
    """Who agreed to what, about which images, and when."""

    id = _id_field()
    workspace_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    draft_id = fields.CharField(max_length=ID_LENGTH)
    model_id = fields.CharField(max_length=ID_LENGTH, null=True)
    user_id = fields.CharField(max_length=64)
    text_version = fields.CharField(max_length=32)
    image_sha256s = fields.TextField()
    """Hashes of the images, separated by commas."""
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "consent"


class JobRecord(Model):
    """The truth about a piece of work."""

    id = _id_field()
    workspace_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    user_id = fields.CharField(max_length=64)
    # The comment that the first release gave the column: a new kind of job is no reason to alter a large table.
    kind = fields.CharEnumField(JobKind, max_length=16, description="TRAIN: train\nGENERATE: generate")
    base_model = fields.CharField(max_length=16)
    status = fields.CharEnumField(JobStatus, max_length=16, default=JobStatus.QUEUED)
    lane = fields.CharField(max_length=48, null=True)
    """Where it stands in line, NULL while it waits for one of its workspace's places: `core.queue.admission`."""
    sort_key = fields.FloatField()
    """The virtual time at which its turn in the lane starts, set once: the smallest runs next (`core.rules.turns`)."""
    deadline = fields.FloatField(default=0.0, db_default=0.0)
    """When that turn ends. Of jobs whose turns start together, the one with the smallest deadline runs first."""
    user_turn = fields.FloatField(default=0.0, db_default=0.0)
    """The start of its turn among the jobs of its own workspace: users take turns by it."""
    cost = fields.FloatField(default=1.0, db_default=1.0)
    """Steps that it asks of a device."""
    provider = fields.CharField(max_length=64, null=True)
    """The vision that a look at photos needs: only a worker that announces it takes the job."""
    spec = fields.TextField()
    result = fields.TextField(default="")
    reason = fields.TextField(default="")
    """Why it failed, as a sentence for the requester."""
    draft_id = fields.CharField(max_length=ID_LENGTH, null=True)
    model_id = fields.CharField(max_length=ID_LENGTH, null=True)
    version_id = fields.CharField(max_length=ID_LENGTH, null=True)
    platform = fields.CharField(max_length=16)
    thread = fields.CharField(max_length=200)
    card_message = fields.CharField(max_length=64, null=True)
    credits = fields.IntField(default=0)
    """Reserved at enqueue."""
    claim_token = fields.CharField(max_length=ID_LENGTH, null=True)
    worker_id = fields.CharField(max_length=100, null=True)
    lease_expires_at = fields.DatetimeField(null=True)
    attempts = fields.IntField(default=0)
    is_cancel_requested = fields.BooleanField(default=False)
    progress_done = fields.IntField(default=0)
    progress_total = fields.IntField(default=0)
    progress_seconds_left = fields.FloatField(null=True)
    preview_key = fields.CharField(max_length=200, null=True)
    checkpoint_key = fields.CharField(max_length=200, null=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    started_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    is_seen = fields.BooleanField(default=False)

    class Meta:
        table = "job"
        indexes = (
            ("status", "sort_key"),
            ("status", "lane", "sort_key", "deadline", "created_at"),
            ("workspace_id", "kind", "base_model", "status", "lane", "user_turn", "created_at"),
        )


class OutboxRecord(Model):
    """An ending that a thread has yet to hear. Written in the transaction that ended the job."""

    id = _id_field()
    dedupe_key = fields.CharField(max_length=100, unique=True)
    job_id = fields.CharField(max_length=ID_LENGTH)
    platform = fields.CharField(max_length=16)
    attempts = fields.IntField(default=0)
    next_attempt_at = fields.DatetimeField()
    delivered_at = fields.DatetimeField(null=True)
    failed_at = fields.DatetimeField(null=True)
    """Set when delivery gave up; `likeness doctor` lists these."""
    lease_token = fields.CharField(max_length=ID_LENGTH, null=True)
    """The bot process that is telling it just now, and until when it has the right to."""
    lease_expires_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "outbox"
        indexes = (("delivered_at", "failed_at", "next_attempt_at"),)


class OutboxPartRecord(Model):
    """One message of an ending. A long result takes several, and each is told once."""

    id = _id_field()
    outbox_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    dedupe_key = fields.CharField(max_length=120, unique=True)
    name = fields.CharField(max_length=32)
    position = fields.IntField()
    delivered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "outbox_part"


class TransferRecord(Model):
    """One movement of credits. Its entries sum to zero."""

    id = _id_field()
    workspace_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    kind = fields.CharField(max_length=16)
    job_id = fields.CharField(max_length=ID_LENGTH, null=True)
    dedupe_key = fields.CharField(max_length=100, unique=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "credit_transfer"


class EntryRecord(Model):
    """One side of a transfer: credits that came to an account, or left it when negative."""

    id = _id_field()
    transfer_id = fields.CharField(max_length=ID_LENGTH, db_index=True)
    workspace_id = fields.CharField(max_length=ID_LENGTH)
    account = fields.CharField(max_length=16)
    amount = fields.IntField()

    class Meta:
        table = "credit_entry"
        indexes = (("workspace_id", "account"),)


class InboxRecord(Model):
    """A request as it came in, written before it is acknowledged, so that a restart can still answer it."""

    id = _id_field()
    platform = fields.CharField(max_length=16)
    dedupe_key = fields.CharField(max_length=100, unique=True)
    payload = fields.TextField()
    created_at = fields.DatetimeField(auto_now_add=True)
    handled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "inbox"


class WorkerRecord(Model):
    """A worker as it last announced itself."""

    id = fields.CharField(max_length=100, primary_key=True)
    bases = fields.TextField()
    """`name=weights_sha256` of each base it serves, separated by commas."""
    lanes = fields.TextField(default="", db_default="")
    """The lanes that it takes jobs from, separated by commas."""
    memory_bytes = fields.BigIntField(default=0, db_default=0)
    """Of its device, or of the machine where it has none. 0 is not known."""
    device = fields.CharField(max_length=100, default="", db_default="")
    provider = fields.CharField(max_length=64, default="", db_default="")
    """The vision that it looks at photos with. Empty where it has none."""
    seen_at = fields.DatetimeField()

    class Meta:
        table = "worker"


class TickRecord(Model):
    """When a housekeeping sweep is next due. Claimed by compare-and-set, so that one process runs it."""

    name = fields.CharField(max_length=32, primary_key=True)
    due_at = fields.DatetimeField()

    class Meta:
        table = "tick"


class TurnClockRecord(Model):
    """A virtual clock of the queue: of a lane, of a workspace in it, or of a user in the workspace."""

    name = fields.CharField(max_length=200, primary_key=True)
    reading = fields.FloatField(default=0.0, db_default=0.0)

    class Meta:
        table = "turn_clock"


class ConnectionRecord(Model):
    """Which bot process holds a connection to a platform. It counts `beats` up for as long as it lives."""

    name = fields.CharField(max_length=100, primary_key=True)
    holder = fields.CharField(max_length=ID_LENGTH)
    beats = fields.BigIntField(default=0, db_default=0)

    class Meta:
        table = "connection"


class InstallationRecord(Model):
    """The bot in a platform's workspace that let it in, and since when it is out again."""

    id = _id_field()
    platform = fields.CharField(max_length=16)
    external_id = fields.CharField(max_length=64)
    """The workspace's, as in its own row, which comes with its first request."""
    name = fields.CharField(max_length=200, default="")
    token = fields.TextField(default="")
    """Encrypted. Empty where the settings hold it, and once the bot was removed."""
    scopes = fields.TextField(default="")
    """What the token may do, separated by commas."""
    bot_id = fields.CharField(max_length=64, default="")
    bot_user_id = fields.CharField(max_length=64, default="")
    installed_by = fields.CharField(max_length=64, default="")
    installed_at = fields.DatetimeField()
    removed_at = fields.DatetimeField(null=True)
    """When the bot was removed. What the workspace has is kept for a while, then erased."""

    class Meta:
        table = "installation"
        unique_together = (("platform", "external_id"),)


class InstallStateRecord(Model):
    """An installation that somebody began in a browser. Used once, by deleting it."""

    digest = fields.CharField(max_length=64, primary_key=True)
    """SHA-256 of the word that comes back with the browser."""
    expires_at = fields.DatetimeField()

    class Meta:
        table = "install_state"
