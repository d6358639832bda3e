"""Asks for known advisories about what uv.lock names: `python -m tests.audit path/to/uv`.

uv asks osv.dev; pyproject.toml, [tool.uv.audit], lists what is ignored, and why. Where there is no answer (no
network, a uv that can't audit) nothing is known and nothing fails: one line says so.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 60  # seconds for everything
FOUND = 1  # uv's exit code where it found something; 2 where it could not look


def audit(uv: str, project: Path = ROOT, *options: str) -> tuple[bool, str]:
    """Whether the project passes, and what there is to tell."""
    environment = {**os.environ, "UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "10"}
    command = [uv, "audit", "--frozen", "--preview-features", "audit-command", *options]
    try:
        done = subprocess.run(
            command,
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return True, _unknown(str(error))
    if done.returncode == FOUND:
        return False, f"{done.stdout.strip()}\nUpgrade, or say in pyproject.toml, [tool.uv.audit], why not."
    if done.returncode:
        return True, _unknown(" ".join(done.stderr.split()).removeprefix("error: "))
    return True, done.stderr.strip()  # of what is ignored and is not there


def _unknown(reason: str) -> str:
    return f"known advisories: not checked ({reason[:200]})"


def main() -> None:
    passed, told = audit(sys.argv[1])
    if told:
        print(told, file=sys.stderr)
    sys.exit(not passed)


if __name__ == "__main__":
    main()
