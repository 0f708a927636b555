"""A video's way to Pinterest: registered, uploaded, processed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from accounts.pinterest.types.reading import Garbled, identity, object_of, text


@dataclass(frozen=True, slots=True)
class Registration:
    """Where a video goes, and the words before it. They are signatures: never printed, never logged."""

    media_id: str
    upload_url: str = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(cls, json: object) -> Registration:
        row = object_of(json)
        url, parameters = text(row, "upload_url"), row.get("upload_parameters")
        if not url or not isinstance(parameters, dict):
            raise Garbled("A registration has no upload address")
        return cls(
            media_id=identity(row, "media_id"),
            upload_url=url,
            parameters={name: value for name, value in parameters.items() if isinstance(value, str)},
        )


@dataclass(frozen=True, slots=True)
class MediaUpload:
    """`status` is registered, processing, succeeded or failed; `kind` is video."""

    media_id: str
    kind: str
    status: str

    @classmethod
    def read(cls, json: object) -> MediaUpload:
        row = object_of(json)
        return cls(identity(row, "media_id"), text(row, "media_type"), text(row, "status"))

    @property
    def is_ready(self) -> bool:
        return self.status == "succeeded"

    @property
    def has_failed(self) -> bool:
        return self.status == "failed"
