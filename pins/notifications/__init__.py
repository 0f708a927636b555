"""Telling people what needs them: in the app and by mail."""
