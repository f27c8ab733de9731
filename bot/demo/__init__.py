"""`likeness demo`: the main job end to end, as one scripted conversation on this machine."""

from bot.demo.play import play

__all__ = ["play"]
