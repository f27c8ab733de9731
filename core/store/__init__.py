"""Rows and bytes. Nothing outside this room talks to the database driver or the file store."""
