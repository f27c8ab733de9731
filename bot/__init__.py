"""The bot: front-ends, commands and delivery. It talks; it never computes pictures."""
