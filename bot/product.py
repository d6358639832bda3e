"""Where the product's own files are: config.yml, domain.yml, data/, web/, and the demo's shop.yml.

An upgrade replaces them; a shop's folder holds only what its owner changed.
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def root() -> Path:
    """In an installed package they lie inside of it (`hatch_build.py`); in a checkout at its top."""
    packaged = _HERE / "product_files"
    return packaged if packaged.is_dir() else _HERE.parent


def checkout() -> Path | None:
    """The checkout that this runs in, which is the demonstration shop's folder too; None if installed."""
    return _HERE.parent if root() == _HERE.parent else None


def of(home: Path) -> Path:
    """Where a shop's config.yml, domain.yml, rules and training data are. A folder with a config.yml of its
    own is a copy of everything, and trained as it is."""
    return home if (home / "config.yml").is_file() else root()


def web() -> Path:
    """The pages and scripts. They speak to this server as it is, so they are never a folder's own."""
    return root() / "web"
