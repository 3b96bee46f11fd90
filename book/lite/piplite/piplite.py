"""What the kernel sets and calls."""

_PIPLITE_DISABLE_PYPI = True
_PIPLITE_URLS: list[str] = []


async def install(requirements: object, *_: object, **__: object) -> None:
    """Say why nothing is installed."""
    print(
        f"Not installed: {requirements}. In the browser this book uses only what it brings. "
        "For other packages open the chapter on Binder, or download it and run it in your "
        "own Jupyter."
    )
