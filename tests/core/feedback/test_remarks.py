"""How advice about several photos is put into few lines."""

from __future__ import annotations

from core.feedback.remarks import Remark, in_few_lines


def small(position: int, size: str = "800 x 800") -> Remark:
    return Remark("low_resolution", f"{size} works.", "Use a larger one.", (position,))


def test_the_same_about_three_photos_is_one_line() -> None:
    assert in_few_lines([small(0), small(2, "700 x 700"), small(3)]) == (
        "Photo 1: 800 x 800 works. Use a larger one. The same goes for photos 3 and 4.",
    )


def test_a_remark_that_names_its_photo_is_left_as_it_is() -> None:
    remark = Remark("mixed_quality", "Photo 2 is weaker than the rest.", "Replace photo 2.", (1,))
    assert in_few_lines([remark]) == ("Photo 2 is weaker than the rest. Replace photo 2.",)


def test_remarks_about_the_whole_set_stand_by_themselves_in_their_order() -> None:
    light = Remark("lighting", "The light changes from photo to photo.", "Use one light.", ())
    colour = Remark("lighting", "Half of them are warm.", "Use one light.", (0, 1))
    assert in_few_lines([light, small(1), colour]) == (
        "The light changes from photo to photo. Use one light.",
        "Photo 2: 800 x 800 works. Use a larger one.",
        "Half of them are warm. Use one light.",
    )
