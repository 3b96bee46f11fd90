"""Stands in for the installer of the browser's kernel: nothing is fetched behind the page's back.

The page before the notebook names every file that is fetched from another host.  A package
that is not in the list would come from a package index, so it is refused with advice.
"""

from .piplite import install

__all__ = ["install"]
