"""Every benchmark, one after the other; each prints its figures and keeps them in `results`.

python benchmarks/run.py --small
"""

import argparse
import subprocess
import sys
from pathlib import Path

SMALL = {
    "ingest": ["--small"],
    "transform": ["--small"],
    "merge": ["--small"],
    "bulk": ["--rows", "20000"],
}


def main() -> None:
    """Run them all; the first that fails ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a short run that only shows that they work")
    small = parser.parse_args().small
    for name, options in SMALL.items():
        print(f"# {name}", flush=True)
        script = Path(__file__).with_name(f"{name}.py")
        subprocess.run([sys.executable, script, *(options if small else [])], check=True)


if __name__ == "__main__":
    main()
