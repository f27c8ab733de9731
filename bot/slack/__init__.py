"""Slack: the product in channels, threads, forms and shortcuts."""
