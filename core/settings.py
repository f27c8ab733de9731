"""Every setting of a Likeness process, read once at its start and passed on as an argument."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Settings come from the environment and an optional `.env`; `.env.example` explains each."""

    model_config = SettingsConfigDict(env_prefix="LIKENESS_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Path("data")
    """Rows, files and sockets of one machine live below this folder."""
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    """Empty means SQLite in `data_dir`."""
    storage_dir: Path | None = None
    """Photos, weights and pictures; by default `blobs` in `data_dir`."""
    storage: str = ""
    """Empty means `storage_dir`; `s3://bucket/prefix` a bucket, which many machines can share."""
    s3_endpoint: str = ""
    """Empty means AWS."""
    s3_region: str = ""
    aws_access_key_id: str = Field(default="", validation_alias="AWS_ACCESS_KEY_ID")
    aws_secret_access_key: SecretStr = Field(default=SecretStr(""), validation_alias="AWS_SECRET_ACCESS_KEY")
    aws_session_token: SecretStr = Field(default=SecretStr(""), validation_alias="AWS_SESSION_TOKEN")
    orphan_grace_hours: float = Field(default=1.0, gt=0)
    """A file that no row refers to is deleted when it is this old."""

    default_plan: str = "pro"
    plans_file: Path | None = None
    bases: Annotated[tuple[str, ...], NoDecode] = ("tiny",)
    """The base models this installation has, by family name."""
    base_sources: Annotated[Mapping[str, str], NoDecode] = Field(default_factory=dict)
    """Where a worker finds each base but `tiny`: `name=source` with commas between, a source being a folder or an id
    on the Hugging Face hub."""

    lease_seconds: float = Field(default=30.0, gt=0)
    """A claimed job whose worker was silent for this long goes back to the queue."""
    heartbeat_seconds: float = Field(default=5.0, gt=0)
    poll_seconds: float = Field(default=1.0, gt=0)
    """How long a process waits for a wake-up before it looks for work by itself."""
    max_attempts: int = Field(default=3, ge=1)
    draft_expiry_hours: float = Field(default=24.0, gt=0)

    vision_model: str = ""
    """An image encoder (DINOv2 or CLIP) that workers look at photos with: a folder, or an id on the Hugging Face hub.

    Empty leaves photos to the offline checks.
    """
    face_model: str = ""
    """An object detector with the label "face", given in the same ways. Empty: faces are not looked for."""
    calibration_dir: Path | None = None
    """Where `likeness calibrate` keeps its records; by default `calibration` in `data_dir`."""
    discord_token: SecretStr = SecretStr("")
    """The bot's token from Discord's developer portal; with it the bot is on Discord."""
    discord_plans: str = ""
    """Plans that Discord grants: `role:ID=plan` and `sku:ID=plan`, separated by commas."""
    discord_api_base: str = ""
    """Where Discord's HTTP API is; empty means Discord's own. Tests play it on this machine."""
    discord_gateway: str = ""
    """The same for its gateway."""
    slack_bot_token: SecretStr = SecretStr("")
    """The bot's token (xoxb-…) in the one workspace that it serves; empty where workspaces install it by OAuth."""
    slack_app_token: SecretStr = SecretStr("")
    """The app's token (xapp-…) with connections:write; with it Slack talks over Socket Mode."""
    slack_signing_secret: SecretStr = SecretStr("")
    """What Slack signs its requests with; with it Slack talks over HTTP where there is no app token."""
    slack_client_id: str = ""
    slack_client_secret: SecretStr = SecretStr("")
    """With both, workspaces install the app by OAuth at `slack_public_url`/slack/install."""
    slack_token_key: SecretStr = SecretStr("")
    """What installed workspaces' tokens are encrypted with: a Fernet key, or several with commas, the newest first."""
    slack_listen: str = "127.0.0.1:8300"
    """Address and port that installing and Slack's HTTP requests come to, from a proxy that ends TLS."""
    slack_public_url: str = ""
    """How browsers and Slack reach that address, such as https://likeness.example.com."""
    slack_command_prefix: str = ""
    """What all slash commands begin with where short names collide: `studio-` makes /studio-imagine."""
    slack_api_base: str = ""
    """Where Slack's Web API is; empty means Slack's own. Tests play it on this machine."""

    torch_threads: int = Field(default=0, ge=0)
    """CPU threads of the worker; 0 leaves the choice to torch."""
    training_share: float = Field(default=0.25, gt=0, lt=1)
    """Of a device's time, the part that trainings get while pictures wait. With none waiting they get all."""
    feedback_processes: int = Field(default=1, ge=1)
    """Processes that look at photos beside the bot."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("bases", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("base_sources", mode="before")
    @classmethod
    def _split_sources(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        if any(not name.strip() or not source.strip() for name, _, source in pairs):
            raise ValueError("LIKENESS_BASE_SOURCES is a list of name=source, such as sdxl=/models/sdxl")
        return {name.strip(): source.strip() for name, _, source in pairs}

    @property
    def resolved_database_url(self) -> str:
        """The database, with the default filled in."""
        return self.database_url or f"sqlite://{self.data_dir.resolve() / 'likeness.sqlite3'}"

    @property
    def resolved_storage_dir(self) -> Path:
        """The folder of the blob store, with the default filled in."""
        return (self.storage_dir or self.data_dir / "blobs").resolve()

    @property
    def resolved_calibration_dir(self) -> Path:
        """The folder of the calibration records, with the default filled in."""
        return (self.calibration_dir or self.data_dir / "calibration").resolve()
