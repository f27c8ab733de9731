"""From a scene's description to pixels."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from gpu_worker.families.tiny_world.canvas import ObjectCanvas, oval
from gpu_worker.families.tiny_world.drawings import paint
from gpu_worker.families.tiny_world.places import PLACES, Backdrop
from gpu_worker.families.tiny_world.scenes import Scene, Sitter

GRAIN_FROM_PX = 256
"""Pictures at least this large get fine grain, as a camera's would have; below it would only be noise."""
FLOATING_PLACES = frozenset(("under water",))


def render(scene: Scene, size_px: int) -> Image.Image:
    """Draw a scene as a square RGB picture."""
    oversampling = 3 if size_px < GRAIN_FROM_PX else 2
    canvas_px = size_px * oversampling
    backdrop = Backdrop(canvas_px)
    PLACES[scene.place](backdrop, np.random.default_rng(scene.place_seed))
    picture = backdrop.image
    for sitter in scene.sitters:
        picture = _put(picture, sitter, has_shadow=scene.place not in FLOATING_PLACES)
    picture = picture.reduce(oversampling)
    return _with_grain(picture, scene.place_seed) if size_px >= GRAIN_FROM_PX else picture


def render_pixels(scene: Scene, size_px: int) -> np.ndarray:
    """Draw a scene as an array, [H, W, 3] uint8."""
    return np.asarray(render(scene, size_px))


def _put(picture: Image.Image, sitter: Sitter, *, has_shadow: bool) -> Image.Image:
    canvas = ObjectCanvas(picture.width, sitter.pose)
    paint(canvas, sitter.subject)
    if has_shadow:
        _cast_shadow(picture, canvas)
    x = np.clip(canvas.local_x(), -0.6, 0.6)
    shade = (1.06 + 0.42 * sitter.pose.light * x - 0.5 * x * x) * sitter.pose.brightness
    albedo = np.asarray(canvas.albedo, dtype=np.float32)
    lit = Image.fromarray(np.clip(albedo * shade[..., None], 0, 255).astype(np.uint8))
    picture.paste(lit, mask=canvas.cover)
    return picture


def _cast_shadow(picture: Image.Image, canvas: ObjectCanvas) -> None:
    pose, n = canvas.pose, picture.width
    depth = Image.new("L", (n, n), 0)
    pen = ImageDraw.Draw(depth)
    for size, strength in ((1.0, 45), (0.8, 95)):
        shadow = oval(
            pose.x + 0.03, pose.y + 0.46 * pose.scale, 0.42 * pose.scale * size, 0.07 * pose.scale * size
        )
        pen.polygon([(x * n, y * n) for x, y in shadow], fill=strength)
    picture.paste((20, 18, 30), mask=depth)


def _with_grain(picture: Image.Image, seed: int) -> Image.Image:
    rng = np.random.default_rng(seed + 1)
    pixels = np.asarray(picture, dtype=np.float32)
    h, w = pixels.shape[:2]
    coarse = rng.normal(0, 5, (h // 24, w // 24)).astype(np.float32)
    mottle = np.asarray(Image.fromarray(coarse).resize((w, h), Image.Resampling.BICUBIC))
    grain = rng.normal(0, 2.4, (h, w)).astype(np.float32)
    textured = np.clip(pixels + (mottle + grain)[..., None], 0, 255).astype(np.uint8)
    return Image.fromarray(textured).filter(ImageFilter.UnsharpMask(1.2, 60, 2))
