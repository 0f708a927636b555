"""`/api/v1/media`, `/pins` and `/metrics`: the pipeline for scripts. Translates; the verbs decide."""

from pins.api.media import router as media
from pins.api.metrics import router as metrics
from pins.api.pins import router as pins

__all__ = ["media", "metrics", "pins"]
