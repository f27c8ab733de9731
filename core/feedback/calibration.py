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

    The offline numbers were found on 158 real photos of 30 subjects with Pillow 13.0 and OpenCV 5.0. Measured
    again on 95 photos of 18 subjects:

    - Blur: of the sharp originals 3 % are flagged; of copies with sigma 1 / sigma 2 / motion of 9 px across /
      down / a 3.2x upscale 84 / 100 / 90 / 84 / 100 %. The edge width clears 1 sharp photo in 95 and none of
      the blurred copies; it is there for flat drawings, which the other two numbers call blurry.
    - Near-duplicates: 1 in 206 pairs of one subject (a real burst), of crops to 90 / 80 / 60 % of the side
      100 / 99 / 53 %.

    Attributes:
        provider: Whose measurements these lines are for.
        min_tile_detail: `Sharpness.tile_detail` below which a photo is blurry. Grey levels squared.
        min_directional_detail: The same for `Sharpness.directional_detail`, which tells motion blur.
        max_sharp_edge_sigma_px: Edges narrower than this clear a photo of both. Sharp photos measure 0.5 to
            0.9, and 95 % of copies blurred by sigma 1 above 1.05.
        min_inlier_fraction: Share of ORB keypoints (of the photo that has fewer) matching under one
            similarity transform, from which two photos are near-duplicates. Distinct photos of one subject
            reached 0.12.
        min_inliers: Fewest keypoints that may prove anything; drawings can have very few in all.
        min_phash_similarity: Share of equal pHash bits from which two photos are near-duplicates.
        min_subject_share: A found subject that covers less of the photo is taken for a failure of the search.
        max_subject_share: The same for one that covers more. Fractions of the area.
    """

    provider: str
    min_tile_detail: float
    min_directional_detail: float
    max_sharp_edge_sigma_px: float
    min_inlier_fraction: float
    min_inliers: int
    min_phash_similarity: float
    min_subject_share: float
    max_subject_share: float


OFFLINE = Calibration(
    provider="offline",
    min_tile_detail=300.0,
    min_directional_detail=35.0,
    max_sharp_edge_sigma_px=0.8,
    min_inlier_fraction=0.20,
    min_inliers=20,
    min_phash_similarity=0.875,
    min_subject_share=0.02,
    max_subject_share=0.85,
)
