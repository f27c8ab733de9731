"""Whether the fake Slack is one: the real slack-bolt over both transports, and raw requests."""
