"""The drawn world that the `tiny` base learns from: captioned scenes, drawn by this project alone.

A scene is a frozen description in units of the frame, so the same scene can be drawn at 64 px for training and
at 1024 px for an example photo.
"""

from gpu_worker.families.tiny_world.captions import caption_of, vocabulary
from gpu_worker.families.tiny_world.drawings import CLASS_NOUNS
from gpu_worker.families.tiny_world.render import render, render_pixels
from gpu_worker.families.tiny_world.scenes import Pose, Scene, Sitter, draw_scene, is_held_out
from gpu_worker.families.tiny_world.subjects import Subject, draw_subject

__all__ = [
    "CLASS_NOUNS",
    "Pose",
    "Scene",
    "Sitter",
    "Subject",
    "caption_of",
    "draw_scene",
    "draw_subject",
    "is_held_out",
    "render",
    "render_pixels",
    "vocabulary",
]
