"""Serves the simulated vendors and leaves their credentials where the seed finds them."""

import subprocess
import sys
from pathlib import Path

CREDENTIALS = Path("/scratch/credentials.json")


def main() -> int:
    """Start the simulator, keep its first line, and pass its end on."""
    with subprocess.Popen(("avesa-simulator", *sys.argv[1:]), stdout=subprocess.PIPE, text=True) as simulator:
        CREDENTIALS.write_text(next(iter(simulator.stdout or ())))
        return simulator.wait()


if __name__ == "__main__":
    sys.exit(main())
