"""The files that stand the system up: compose files, images, their entry points."""
