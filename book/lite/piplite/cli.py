"""What the kernel makes of a line that begins with ``%pip``."""


async def get_transformed_code(arguments: list[str]) -> str:
    """The call that says why nothing is installed."""
    wanted = " ".join(a for a in arguments[1:] if not a.startswith("-"))
    return f"await __import__('piplite').install({wanted!r})\n"
