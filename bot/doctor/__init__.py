"""`likeness doctor`: what an installation needs, asked one thing after the other, each answer with its next step."""

from bot.doctor.examination import Report, examine

__all__ = ["Report", "examine"]
