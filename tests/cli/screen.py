"""Text as a terminal shows it."""

from __future__ import annotations

from io import StringIO

from rich.console import Console, RenderableType


def text_of(renderable: RenderableType) -> str:
    screen = StringIO()
    Console(width=200, file=screen).print(renderable)
    return screen.getvalue()
