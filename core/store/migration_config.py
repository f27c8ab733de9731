"""What `tortoise makemigrations` reads: the same configuration that the processes use."""

from __future__ import annotations

from core.settings import Settings
from core.store.database import tortoise_config

TORTOISE_ORM = tortoise_config(Settings())
