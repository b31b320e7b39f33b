"""Salesforce ids: 15 case-sensitive characters, or 18 with a checksum that makes them safe in any case."""

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def id18(written: str) -> str:
    """Return the 18-character form; what is no 15-character id comes back as it is."""
    if len(written) != 15 or not written.isascii() or not written.isalnum():
        return written
    return written + "".join(_digit(written[start : start + 5]) for start in (0, 5, 10))


def _digit(five: str) -> str:
    """Bit n is set where character n is a capital."""
    return _DIGITS[sum(1 << place for place, char in enumerate(five) if char.isupper())]
