"""Where every room finds the one reader of pictures that people hand in."""

from characters.pictures import Picture, read_picture

__all__ = ["Picture", "read_picture"]
