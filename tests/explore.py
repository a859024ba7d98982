"""``make explore MINUTES=30``: laws and properties on examples nobody has seen, for as long as one says.

Each round runs every property with a seed of its own, which is told. A round that fails ends the search: what
it found becomes a plain case of the suite. `make test` never looks at random.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import time

#: Files whose properties are no ``@given`` (those are found by their mark), and are told apart by their folder.
HISTORIES = "tests/laws"


def run_round(seed: int, where: list[str], workers: str) -> bool:
    """Run everything once with this seed. False when something failed."""
    command = [
        sys.executable, "-m", "pytest", "-n", workers, "-x", f"--hypothesis-seed={seed}", "-p", "no:cacheprovider",
    ]  # fmt: skip
    environment = os.environ | {"EXPLORE": str(seed)}
    properties = [*command, "-m", "hypothesis", *(where or ["tests"])]
    histories = [*command, HISTORIES]
    rounds = [properties] if where else [histories, properties]
    return all(subprocess.run(one, env=environment, check=False).returncode == 0 for one in rounds)


def explore(minutes: float, where: list[str], workers: str) -> int:
    """Run rounds until the time is over; the exit status is 1 when a counterexample was found."""
    until = time.monotonic() + minutes * 60
    done = 0
    while time.monotonic() < until:
        seed = secrets.randbelow(2**31)
        print(f"== round {done + 1}, seed {seed}", flush=True)
        if not run_round(seed, where, workers):
            print(f"A counterexample: make explore SEED={seed} meets it again. Make it a case of the suite.")
            return 1
        done += 1
    print(f"{done} rounds, nothing found.")
    return 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, help="run one round with this seed")
    parser.add_argument("--workers", default="auto")
    parser.add_argument("where", nargs="*", help="files or folders; left out: everything")
    words = parser.parse_args()
    if words.seed is not None:
        return 0 if run_round(words.seed, words.where, words.workers) else 1
    return explore(words.minutes, words.where, words.workers)


if __name__ == "__main__":
    sys.exit(main())
