"""What a Pin is made of and what may be changed of it: bodies on their way out.

An empty word is left out of a new Pin. Of a change, None means "as it is" and an empty word "none any more".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from accounts.pinterest.body import Base64

LEAST_SLIDES: Final = 2  # pictures of a carousel
MOST_SLIDES: Final = 5


@dataclass(frozen=True, slots=True)
class ImageBase64:
    """A picture sent along: `image/jpeg` or `image/png`, at most 20 MB."""

    content_type: str
    data: bytes = field(repr=False)

    def fields(self) -> dict[str, object]:
        return {"content_type": self.content_type, "data": Base64(self.data)}

    def payload(self) -> dict[str, object]:
        return {"source_type": "image_base64", **self.fields()}


@dataclass(frozen=True, slots=True)
class ImageUrl:
    """A picture that Pinterest fetches from a public address."""

    url: str

    def fields(self) -> dict[str, object]:
        return {"url": self.url}

    def payload(self) -> dict[str, object]:
        return {"source_type": "image_url", **self.fields()}


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """A video's own frame as its cover, `seconds` from its beginning."""

    seconds: int

    def __post_init__(self) -> None:
        if self.seconds < 0:
            raise ValueError("A video has no frame before its beginning.")


@dataclass(frozen=True, slots=True)
class Video:
    """A video uploaded before, which `media_upload` calls succeeded. Without a cover it is refused."""

    media_id: str
    cover: KeyFrame | ImageUrl | ImageBase64

    def payload(self) -> dict[str, object]:
        return {"source_type": "video_id", "media_id": self.media_id, **self._cover()}

    def _cover(self) -> dict[str, object]:
        if isinstance(self.cover, KeyFrame):
            return {"cover_image_key_frame_time": self.cover.seconds}
        return {f"cover_image_{name}": value for name, value in self.cover.fields().items()}


@dataclass(frozen=True, slots=True)
class Slide:
    """One picture of a carousel, with words of its own."""

    image: ImageBase64 | ImageUrl
    title: str = ""
    description: str = ""
    link: str = ""

    def fields(self) -> dict[str, object]:
        words = {"title": self.title, "description": self.description, "link": self.link}
        return {**self.image.fields(), **_given(words)}


@dataclass(frozen=True, slots=True)
class Carousel:
    """Two to five pictures of the same width and height, all sent along or all by address.

    `cover` is the place, from 0, of the one that is shown first.
    """

    slides: tuple[Slide, ...]
    cover: int = 0

    def __post_init__(self) -> None:
        if not LEAST_SLIDES <= len(self.slides) <= MOST_SLIDES:
            raise ValueError(f"A carousel has {LEAST_SLIDES} to {MOST_SLIDES} pictures.")
        if not 0 <= self.cover < len(self.slides):
            raise ValueError("The cover is not one of the carousel's pictures.")
        if len({type(slide.image) for slide in self.slides}) > 1:
            raise ValueError("The pictures of a carousel are all sent along or all named by address.")

    def payload(self) -> dict[str, object]:
        sent = isinstance(self.slides[0].image, ImageBase64)
        return {
            "source_type": "multiple_image_base64" if sent else "multiple_image_urls",
            "items": [slide.fields() for slide in self.slides],
            "index": self.cover,
        }


MediaSource = ImageBase64 | ImageUrl | Video | Carousel


@dataclass(frozen=True, slots=True)
class NewPin:
    board_id: str
    media: MediaSource
    title: str = ""
    description: str = ""
    link: str = ""
    alt_text: str = ""
    section_id: str = ""
    dominant_color: str = ""
    parent_pin_id: str = ""

    def payload(self) -> dict[str, object]:
        words = {
            "board_section_id": self.section_id,
            "title": self.title,
            "description": self.description,
            "link": self.link,
            "alt_text": self.alt_text,
            "dominant_color": self.dominant_color,
            "parent_pin_id": self.parent_pin_id,
        }
        return {"board_id": self.board_id, "media_source": self.media.payload(), **_given(words)}


@dataclass(frozen=True, slots=True)
class SlotChanges:
    """What becomes of the words of one picture of a carousel. The description knows no null here."""

    title: str | None = None
    description: str | None = None
    link: str | None = None

    def payload(self) -> dict[str, object]:
        words = {"title": self.title, "description": self.description, "link": self.link}
        return {name: word for name, word in words.items() if word is not None}


@dataclass(frozen=True, slots=True)
class PinChanges:
    """What becomes of a published Pin. `slots` go by place: one for each picture up to the last changed."""

    title: str | None = None
    description: str | None = None
    link: str | None = None
    alt_text: str | None = None
    board_id: str | None = None
    section_id: str | None = None
    slots: tuple[SlotChanges, ...] = ()

    def __post_init__(self) -> None:
        if self.board_id == "":
            raise ValueError("A Pin is always on a board.")

    def payload(self) -> dict[str, object]:
        words = {
            "title": self.title,
            "description": self.description,
            "link": self.link,
            "alt_text": self.alt_text,
            "board_id": self.board_id,
            "board_section_id": self.section_id,
        }
        slots = {"carousel_slots": [slot.payload() for slot in self.slots]} if self.slots else {}
        return {**changed(words), **slots}


def changed(words: Mapping[str, str | None]) -> dict[str, object]:
    """The words that change. What is to be empty goes out as null, which an id's pattern allows too."""
    return {name: word or None for name, word in words.items() if word is not None}


def _given(words: Mapping[str, str]) -> dict[str, object]:
    return {name: word for name, word in words.items() if word}
