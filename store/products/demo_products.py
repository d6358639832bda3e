"""The products of the demonstration shop, which stand in a file of the kind that a shop sends."""

from pathlib import Path

from store.core import strict_json
from store.products.product_record import ProductRecord

FILE = Path(__file__).with_suffix(".jsonl")


def make() -> list[ProductRecord]:
    """All of them."""
    lines = FILE.read_text("utf-8").splitlines()
    return [ProductRecord.model_validate(strict_json.parse(line)) for line in lines]
