"""The version of all of this; pyproject.toml takes it from here, for an image has no package metadata."""

VERSION = "0.1.0"
