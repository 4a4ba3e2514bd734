"""Colour profiles: a picture's own colours become sRGB, which a picture without a profile is taken to be in."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageCms

NEAR = 2
"""Levels by which colours may move in a profile that is as good as sRGB: what rounding does."""
_MODES = {"RGB": ("RGB", "RGBA"), "GRAY": ("L",), "CMYK": ("CMYK",)}


class Colours:
    """The way from a file's profile to sRGB: the same for every picture, every frame and every palette in it."""

    def __init__(self, profile: bytes | None) -> None:
        self._source: ImageCms.ImageCmsProfile | None = None
        self._space = ""
        self._ways: dict[str, ImageCms.ImageCmsTransform] = {}
        if profile:
            self._open(profile)

    def _open(self, profile: bytes) -> None:
        from PIL import ImageCms

        with contextlib.suppress(
            ImageCms.PyCMSError, OSError, TypeError, ValueError
        ):  # broken: as if it were not there
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            self._space = source.profile.xcolor_space.strip()
            self._source = source
            if self._space not in _MODES or self._is_srgb():
                self._source = None

    def _way(self, mode: str) -> ImageCms.ImageCmsTransform:
        from PIL import ImageCms

        assert self._source is not None, "asked of a file with a profile"
        if mode not in self._ways:
            out = mode if mode == "RGBA" else "RGB"
            self._ways[mode] = ImageCms.buildTransform(self._source, ImageCms.createProfile("sRGB"), mode, out)
        return self._ways[mode]

    def _is_srgb(self) -> bool:
        """Tried, and not believed by its name: a wide profile may have any."""
        mode = _MODES[self._space][0]
        if mode == "CMYK":
            return False
        probe = _probe(mode)
        moved = self._applied(probe).tobytes()
        return all(abs(a - b) <= NEAR for a, b in zip(probe.convert("RGB").tobytes(), moved, strict=True))

    def _applied(self, image: Image.Image) -> Image.Image:
        from PIL import ImageCms

        return ImageCms.applyTransform(image, self._way(image.mode)) or image

    def srgb(self, image: Image.Image) -> Image.Image:
        """``image`` (in mode L, LA, RGB, RGBA or CMYK) in sRGB: as L, RGB or RGBA."""
        from PIL import ImageCms

        if self._source is not None:
            with contextlib.suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
                image = self._moved(image)
        if image.mode == "LA":
            return image.convert("RGBA")
        return image.convert("RGB") if image.mode == "CMYK" else image

    def _moved(self, image: Image.Image) -> Image.Image:
        from PIL import Image as Images

        if self._space == "GRAY" and image.mode in ("L", "LA"):
            grey = self._applied(image.getchannel("L")).convert("L")
            return grey if image.mode == "L" else Images.merge("LA", (grey, image.getchannel("A")))
        if self._space == "RGB" and image.mode in ("L", "LA"):
            image = image.convert("RGB" if image.mode == "L" else "RGBA")
        return self._applied(image) if image.mode in _MODES[self._space] else image

    def palette(self, image: Image.Image) -> Image.Image:
        """``image`` (in mode P) with its palette in sRGB. Its pixels and what is transparent stay."""
        from PIL import Image as Images

        colours = bytes(image.getpalette("RGB") or ())
        if self._source is not None and self._space == "RGB" and colours:
            colours = self.srgb(Images.frombytes("RGB", (len(colours) // 3, 1), colours)).tobytes()
        new = Images.frombytes("P", image.size, image.tobytes())
        new.putpalette(colours, "RGB")
        if "transparency" in image.info:
            new.info["transparency"] = image.info["transparency"]
        return new


def _probe(mode: str) -> Image.Image:
    """Every eighth grey and the corners and edges of a cube of colours, or every grey."""
    from PIL import Image

    if mode == "L":
        return Image.frombytes("L", (256, 1), bytes(range(256)))
    steps = (0, 32, 64, 96, 128, 160, 192, 224, 255)
    cube = bytes(level for red in steps for green in steps for blue in steps for level in (red, green, blue))
    return Image.frombytes("RGB", (len(cube) // 3, 1), cube)
