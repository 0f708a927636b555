"""The workspace that simulator mode begins with."""
