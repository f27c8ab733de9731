"""The numbers behind the findings, one record for each provider of measurements.

A threshold means something only for the provider that it was measured with.
"""

from __future__ import annotations

from dataclasses import dataclass

RECOMMENDED_SIDE_PX = 1024  # product rule: 1024 and more is best, 512-1023 gets advice
SMALLEST_SIDE_PX = 512  # product rule: below 512x512 a photo is flagged


@dataclass(frozen=True)
class Calibration:
    """Where one provider draws its lines.

    Attributes:
        provider: Whose measurements these lines are for.
        max_edge_sigma_px: `Sharpness.edge_sigma_px` above which a photo is blurry.
        sharp_tile_detail: `Sharpness.tile_detail` that clears a photo of wide edges: those of fur, or of a shallow
            depth of field, are wide beside detail that is sharp. Grey levels squared.
        sharp_edge_sigma_px: Edges narrower than this clear a photo of `min_directional_share`, and its subject of
            `min_subject_detail`, for flat drawings and plain products have little detail to sum up.
        min_tile_detail: `Sharpness.tile_detail` below which a photo with too few edges to measure is blurry.
            Grey levels squared.
        min_directional_share: `Sharpness.directional_detail` as a share of `tile_detail` below which it is; this
            tells motion blur, whose detail is weak in one direction alone, from a dim photo's.
        min_subject_detail: `Sharpness.subject_detail` below which the focus lies elsewhere.
        min_overlay_similarity: Correlation of two photos laid on each other, from which they are the same.
        min_phash_similarity: Share of equal pHash bits from which they are.
        max_oddness: `oddness` of its colours above which a photo looks like a different object.
        max_clutter: `Features.clutter` above which a background competes with the subject.
        min_brightest: `Light.brightest` below which a photo is too dark. 0 to 1.
        max_clipped_share: `Light.clipped_share` above which the subject is overexposed.
        max_noise_sigma: `Sharpness.tile_noise_sigma` above which a photo is noisy. Grey levels.
        min_subject_share: A found subject that covers less of the photo is taken for a failure of the search.
        max_subject_share: The same for one that covers more. Fractions of the area.
    """

    provider: str
    max_edge_sigma_px: float
    sharp_tile_detail: float
    sharp_edge_sigma_px: float
    min_tile_detail: float
    min_directional_share: float
    min_subject_detail: float
    min_overlay_similarity: float
    min_phash_similarity: float
    max_oddness: float
    max_clutter: float
    min_brightest: float
    max_clipped_share: float
    max_noise_sigma: float
    min_subject_share: float
    max_subject_share: float


# Chosen on real photos of 18 subjects; benchmarks/results/feedback-*.json tell what half of them choose and what
# that achieves on the other half.
OFFLINE = Calibration(
    provider="offline",
    max_edge_sigma_px=1.0,
    sharp_tile_detail=600.0,
    sharp_edge_sigma_px=0.8,
    min_tile_detail=300.0,
    min_directional_share=0.1131,
    min_subject_detail=42.5,
    min_overlay_similarity=0.93,
    min_phash_similarity=0.875,
    max_oddness=0.36,
    max_clutter=0.027,
    min_brightest=0.70,
    max_clipped_share=0.05,
    max_noise_sigma=3.0,
    min_subject_share=0.02,
    max_subject_share=0.85,
)


@dataclass(frozen=True)
class VisionCalibration:
    """Where the lines of a vision model are. `likeness calibrate` makes one: another model has other distances.

    Attributes:
        provider: Whose embeddings these lines are for.
        max_oddness: `oddness` of its look above which a photo looks like a different object.
        max_sameness: Mean cosine between the photos of a set above which they vary little.
    """

    provider: str
    max_oddness: float
    max_sameness: float
