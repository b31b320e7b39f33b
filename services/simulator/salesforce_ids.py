"""Salesforce record ids: 15 case-sensitive characters, and 3 of checksum that make them safe to fold."""

from functools import cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_POD = "Hs0"
_WIDTH = 9


def record_id(prefix: str, number: int) -> str:
    """The 18-character id of the `number`-th record of an object; ids grow with their numbers."""
    high, low = divmod(number, 62**5)
    begin, begin_checks = _begin(prefix, high)
    left, left_bits = _digits(low // 62**2, 3)
    right, right_bits = _digits(low % 62**2, 2)
    return f"{begin}{left}{right}{begin_checks}{_CHECKS[left_bits | right_bits << 3]}"


@cache
def _begin(prefix: str, high: int) -> tuple[str, str]:
    """The first ten characters of an id and their two checksum characters."""
    begin = prefix + _POD + _digits(high, _WIDTH - 5)[0]
    return begin, long_id(begin.ljust(15, "0"))[15:17]


@cache
def _digits(number: int, width: int) -> tuple[str, int]:
    """A number to base 62, and which of its digits are capitals."""
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return digits, sum(1 << place for place, letter in enumerate(digits) if "A" <= letter <= "Z")


def number_of(identifier: str) -> int:
    """The number in an id made by `record_id`; -1 for anything else."""
    if len(identifier) not in {15, 18} or not identifier.isalnum() or not identifier.isascii():
        return -1
    number = 0
    for digit in identifier[15 - _WIDTH : 15]:
        number = number * 62 + _DIGITS.index(digit)
    return number


def long_id(identifier: str) -> str:
    """Add the checksum to a 15-character id; other text stays as it is.

    Each checksum character tells which of five characters are capitals.
    """
    if len(identifier) != 15:
        return identifier
    return identifier + "".join(_check(identifier[at : at + 5]) for at in (0, 5, 10))


def _check(five: str) -> str:
    return _CHECKS[sum(1 << place for place, letter in enumerate(five) if "A" <= letter <= "Z")]
