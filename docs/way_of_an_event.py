"""Draws way-of-an-event.svg, the picture on the first page: ``python docs/way_of_an_event.py``.

What the four rooms do stands in the docstrings of their packages, and is read from there.
"""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple
from xml.sax.saxutils import escape

FOLDER = Path(__file__).resolve().parent
PICTURE = FOLDER / "way-of-an-event.svg"
_ROOMS = FOLDER.parent / "handlers"
_WIDTH, _HEIGHT = 960, 440
_LINE_HEIGHT, _LETTER_WIDTH, _PADDING = 17, 7.2, 12
# A page's theme is not known inside a picture, so it brings its own ground for both.
_STYLE = """
  .ground { fill: #ffffff } .frame { fill: #f3f6fa; stroke: #8c959f } .box { fill: #ffffff; stroke: #6e7781 }
  .room { fill: #ddf4ff; stroke: #0969da } .arrow { stroke: #57606a; stroke-width: 1.5; fill: none }
  .head { fill: #57606a } text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .frame { fill: #161b22; stroke: #6e7681 } .box { fill: #0d1117; stroke: #8b949e }
    .room { fill: #0c2d4d; stroke: #58a6ff } .arrow { stroke: #9ea7b3 } .head { fill: #9ea7b3 }
    text { fill: #e6edf3 }
  }
"""


class Box(NamedTuple):
    """A box: its place and size, a title, what stands below it, and how it looks."""

    x: int
    y: int
    width: int
    height: int
    title: str
    text: str
    look: str = "box"

    @property
    def middle(self) -> int:
        return self.y + self.height // 2

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height


def _room(x: int, y: int, width: int, height: int, name: str) -> Box:
    docstring = ast.get_docstring(ast.parse((_ROOMS / name / "__init__.py").read_text())) or ""
    return Box(x, y, width, height, name, docstring.splitlines()[0], "room")


def draw() -> str:
    """Return the picture as SVG."""
    sources = [
        Box(16, 44, 200, 56, "A tag is set", "Events rule"),
        Box(16, 120, 200, 56, "An alarm fires", "Notifications topic"),
        Box(16, 196, 200, 56, "Events or audit records", "Connector Hub"),
        Box(16, 272, 200, 56, "Somebody asks", "direct call or schedule"),
        Box(16, 348, 200, 56, "A backup has ended", "Events rule"),
    ]
    frame = Box(264, 16, 420, 408, "the function", "", "frame")
    triggers = _room(288, 56, 176, 76, "triggers")
    backups = _room(288, 176, 176, 76, "backups")
    oci = _room(508, 168, 152, 92, "oci")
    output = _room(288, 296, 176, 104, "output")
    cloud = Box(740, 168, 204, 92, "Block Volume, Compute", "volumes are read, backups are made")
    programs = Box(740, 284, 204, 40, "TOPIC_ID: CloudEvents", "")
    people = Box(740, 336, 204, 40, "ALERT_TOPIC_ID: mail", "")
    caller = Box(740, 388, 204, 36, "answer and log", "")
    boxes = [frame, *sources, triggers, backups, oci, output, cloud, programs, people, caller]
    arrows = [_across(source, triggers) for source in sources]
    arrows += [_down(triggers, backups), _down(backups, output)]
    arrows += [_across(backups, oci, both=True), _across(oci, cloud, both=True)]
    arrows += [_across(output, told) for told in (programs, people, caller)]
    marker = (
        '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto-start-reverse"><path class="head" d="M0 0 8 4 0 8z"/></marker>'
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
            "<title>The way of an event: through the function to backups, messages, answer and log</title>",
            f"<style>{_STYLE}</style>",
            f"<defs>{marker}</defs>",
            f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>',
            *map(_draw_box, boxes),
            *arrows,
            "</svg>",
            "",
        ]
    )


def _draw_box(box: Box) -> str:
    lines = wrap(box.text, int((box.width - 2 * _PADDING) / _LETTER_WIDTH))
    top = box.y + 22 if box.look == "frame" else box.middle - _LINE_HEIGHT * len(lines) // 2 + 4
    texts = [f'<text class="title" x="{box.x + _PADDING}" y="{top}">{escape(box.title)}</text>']
    for number, line in enumerate(lines, start=1):
        texts.append(f'<text x="{box.x + _PADDING}" y="{top + number * _LINE_HEIGHT}">{escape(line)}</text>')
    rect = f'<rect class="{box.look}" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="6"/>'
    return rect + "".join(texts)


def _across(start: Box, end: Box, *, both: bool = False) -> str:
    bend = (start.right + end.x) // 2
    way = f"M{start.right + 2} {start.middle}C{bend} {start.middle} {bend} {end.middle} {end.x - 2} {end.middle}"
    back = ' marker-start="url(#head)"' if both else ""
    return f'<path class="arrow" d="{way}"{back} marker-end="url(#head)"/>'


def _down(start: Box, end: Box) -> str:
    middle = start.x + start.width // 2
    return f'<path class="arrow" d="M{middle} {start.bottom + 2}V{end.y - 2}" marker-end="url(#head)"/>'


if __name__ == "__main__":
    PICTURE.write_text(draw())
