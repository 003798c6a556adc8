"""Draws the portraits and covers of the starter characters from their SVG sources.

Needed only when a drawing changes; the WebP files it writes are committed. It wants the development
environment and Chromium (CHROMIUM names it, if it is not on the path):

    .venv/bin/python scripts/draw_starters.py

Every source is 480 by 640 with a view called `face` that frames the head.
"""

import os
import shutil
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

STARTERS = Path(__file__).resolve().parent.parent / "characters" / "starters"
KINDS = {"avatar": ("#face", (192, 192)), "cover": ("", (480, 640))}


def draw(page: Page, source: Path, kind: str) -> Path:
    fragment, (width, height) = KINDS[kind]
    page.set_viewport_size({"width": width, "height": height})
    page.goto("about:blank")
    page.goto(source.as_uri() + fragment)
    # Drawn at twice the size and then reduced: smoother edges than the browser's own.
    image = Image.open(BytesIO(page.screenshot())).convert("RGB")
    image = image.resize((width, height), Image.Resampling.LANCZOS)
    target = STARTERS / f"{source.stem}-{kind}.webp"
    image.save(target, "WEBP", quality=84, method=6)
    return target


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(device_scale_factor=2)
        for source in sorted((STARTERS / "art").glob("*.svg")):
            for kind in KINDS:
                target = draw(page, source, kind)
                print(f"{target.name}: {target.stat().st_size} bytes")  # noqa: T201
        browser.close()


if __name__ == "__main__":
    main()
