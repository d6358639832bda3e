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
    """Where a shop's config.yml, domain.yml, rules, training data and web files are. A folder with a
    config.yml of its own is a copy of everything, and served as it is."""
    return home if is_whole(home) else root()


def is_whole(home: Path) -> bool:
    return (home / "config.yml").is_file()
