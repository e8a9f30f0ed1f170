"""The chart library in the package is the one that its maker makes."""

from __future__ import annotations

import zlib
from importlib.resources import files

import vl_convert


def test_the_bundle_is_byte_for_byte_what_vl_convert_makes() -> None:
    kept = (files("tiktok_hashtags.report") / "assets" / "vega-embed.min.js").read_bytes()

    made = vl_convert.javascript_bundle().encode()  # type: ignore[call-arg]  # its stub forgets the default

    assert (len(kept), zlib.crc32(kept)) == (len(made), zlib.crc32(made))
