"""A QR code as a reader meets it: the pixels that a page shows."""

from base64 import b64encode

import segno
from playwright.sync_api import Locator

Modules = list[list[bool]]

LOOK = """
async ({picture, size}) => {
  const image = new Image();
  image.src = picture;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d", { willReadFrequently: true });
  canvas.drawImage(image, 0, 0);
  const dark = (x, y) => canvas.getImageData(x, y, 1, 1).data.slice(0, 3).every((part) => part < 128);
  const middle = (place, length) => Math.floor((place + 0.5) * length / size);
  const places = [...Array(size).keys()];
  return places.map((y) => places.map((x) => dark(middle(x, image.width), middle(y, image.height))));
}
"""


def seen(code: Locator, size: int) -> Modules:
    """Which of the modules of a code are dark on the screen."""
    picture = f"data:image/png;base64,{b64encode(code.screenshot()).decode()}"
    blank = code.page.context.new_page()
    modules: Modules = blank.evaluate(LOOK, {"picture": picture, "size": size})
    blank.close()
    return modules


def expected(text: str) -> Modules:
    """The modules of a text's code."""
    return [[bool(module) for module in row] for row in segno.make_qr(text, error="m").matrix]
