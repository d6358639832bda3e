"""The file that keeps a shop's secret where AFTERCARE_SECRET doesn't give it."""

import os
import secrets
from pathlib import Path


def path(home: Path) -> Path:
    """Where it is in the shop's folder."""
    return home / "var" / "secret"


def keep(file: Path, secret: bytes) -> bool:
    """Writes the secret, readable by this user only, unless there is one; whether it did."""
    if file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written aside and linked: a start that is killed leaves no empty file behind.
    draft = file.with_name(f".secret-{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(secret)
    try:
        os.link(draft, file)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
