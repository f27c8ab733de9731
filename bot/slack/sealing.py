"""Tokens at rest: encrypted with the operator's key, and bound to the workspace that they are for."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.errors import ConfigurationError

NO_KEY = (
    "LIKENESS_SLACK_TOKEN_KEY is empty, and the tokens of installed workspaces are kept encrypted only: make a key "
    "with python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'."
)
BAD_KEY = (
    "LIKENESS_SLACK_TOKEN_KEY cannot be read: it takes Fernet keys of 44 characters each, separated by commas, the "
    "newest first."
)


class Unreadable(Exception):
    """It was sealed with a key that is not among these, or for another workspace."""


class Seal:
    """Encrypts with the first key, and opens what any of them sealed."""

    def __init__(self, keys: str) -> None:
        """Take the keys as the setting has them.

        Raises:
            ConfigurationError: There is none, or one is not a Fernet key.
        """
        written = [key.strip() for key in keys.split(",") if key.strip()]
        if not written:
            raise ConfigurationError(NO_KEY)
        try:
            fernets = [Fernet(key) for key in written]
        except ValueError:
            # Not chained: the message may hold the key.
            raise ConfigurationError(BAD_KEY) from None
        self._newest, self._all = fernets[0], MultiFernet(fernets)

    def close(self, workspace: str, token: str) -> str:
        """Encrypt a workspace's token."""
        return self._newest.encrypt(f"{workspace} {token}".encode()).decode()

    def open(self, workspace: str, sealed: str) -> str:
        """Return the token.

        Raises:
            Unreadable: No key opens it.
        """
        try:
            owner, _, token = self._all.decrypt(sealed).decode().partition(" ")
        except InvalidToken:
            raise Unreadable from None
        if owner != workspace:
            raise Unreadable
        return token

    def is_current(self, sealed: str) -> bool:
        """Tell whether the newest key sealed it."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True
