"""A console that shows what others have chosen, such as the key of a file, without letting it act on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from retrain.printable import one_line


def visible(text: str) -> str:
    """Return a text whose lines stay, and in which nothing else is hidden: rich lets escape sequences through."""
    return "\n".join(map(one_line, text.split("\n")))


class SafeConsole(Console):
    """A console that writes hidden characters as escapes."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is written; rich's own control codes are kept apart from texts, and stay."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))
