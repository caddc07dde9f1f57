import sys

import pytest

from corpora.lean import standing_in, without


def test_a_module_is_stood_in_for_and_can_be_imported_afterwards():
    sys.modules.pop("colorsys", None)
    with standing_in("colorsys", "rgb_to_hsv"):
        from colorsys import rgb_to_hsv

        assert rgb_to_hsv is None
    from colorsys import rgb_to_hsv

    assert rgb_to_hsv(1, 0, 0) == (0, 1, 1)


def test_a_module_that_is_there_already_stays():
    import colorsys

    with standing_in("colorsys", "rgb_to_hsv"):
        assert sys.modules["colorsys"] is colorsys
    assert sys.modules["colorsys"] is colorsys


def test_what_is_hidden_cannot_be_imported_meanwhile():
    sys.modules.pop("colorsys", None)
    with without("colorsys"), pytest.raises(ImportError):
        import colorsys
    import colorsys  # noqa: F401
