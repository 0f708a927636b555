"""`/api/v1/media`, `/pins` and `/metrics`: the pipeline for scripts. Translates; the verbs decide."""
