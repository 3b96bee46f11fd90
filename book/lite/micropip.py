"""The kernel asks for the installer by this name too."""

from piplite import install

__all__ = ["install"]
