"""The `avesa` command: errors become one sentence and an exit code, never a traceback."""

import sys
from types import TracebackType
from typing import NoReturn

from avesa.errors import AvesaError, UsageError


def main() -> None:
    """Run the command line."""
    sys.excepthook = _unexpected
    from avesa.cli import app

    try:
        app(standalone_mode=True)
    except AvesaError as error:
        _say(error)
    except BaseExceptionGroup as group:
        named = group.subgroup(AvesaError)
        if named is None:
            raise
        _say(_first(named))
    except KeyboardInterrupt:
        print("avesa: stopped; the same command goes on where it was.", file=sys.stderr)
        sys.exit(130)


def _say(error: BaseException) -> NoReturn:
    print(f"avesa: {error}", file=sys.stderr)
    sys.exit(2 if isinstance(error, UsageError) else 1)


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from avesa.settings import settings

    if settings().log_level == "debug":
        sys.__excepthook__(kind, error, trace)
    print(
        f"avesa: this should not have happened: {kind.__name__}: {error}. Nothing published has changed. "
        "AVESA_LOG_LEVEL=debug shows where.",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
