"""Each key of shop.yml is explained, and the examples of it in our pages are taken."""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, get_args

import yaml
from pydantic import BaseModel

from bot.shop import facts
from bot.shop.facts import Shop, Support
from tests.docs.reading import DOCS, blocks, read, spans
from tests.paths import ROOT

SHOP_PAGES = (DOCS / "knowledge.md", DOCS / "desk" / "owner.md")


def shop_keys(model: type[BaseModel] = Shop, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every section and key of shop.yml as its models have it; of a list, what one of it has."""
    for name, field in model.model_fields.items():
        yield (*above, name)
        for part in parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from shop_keys(part, (*above, name))


def parts(annotation: object) -> Iterator[object]:
    yield annotation
    for inner in get_args(annotation):
        yield from parts(inner)


def written(value: object, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*above, name)
            yield from written(inner, (*above, name))
    elif isinstance(value, list):
        for inner in value:
            yield from written(inner, above)


def test_every_key_of_the_shops_file_is_explained() -> None:
    text = read(ROOT / "shop.yml")
    there = set(written(yaml.load(text, yaml.BaseLoader)))
    told = set(re.findall(r"^#\s+(\w+):", text, re.MULTILINE))
    for page in SHOP_PAGES:
        code = [*spans(read(page)), *blocks(read(page), "yaml")]
        told.update(word for part in code for word in re.findall(r"^\W*(\w+)(?=:|$)", part, re.MULTILINE))
    assert [path for path in shop_keys() if path not in there and path[-1] not in told] == []


def merged(value: Any, change: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(change, dict):
        return change
    return value | {name: merged(value.get(name), inner) for name, inner in change.items()}


def test_the_examples_of_the_shops_file_are_taken(tmp_path: Path) -> None:
    shop = yaml.load(read(ROOT / "shop.yml"), yaml.BaseLoader)
    examples = [
        yaml.load(dedent(part), yaml.BaseLoader) for page in SHOP_PAGES for part in blocks(read(page), "yaml")
    ]
    tried = 0
    for example in examples:
        if isinstance(example, dict) and example.keys() <= Support.model_fields.keys():
            example = {"support": example}
        if isinstance(example, dict) and example.keys() <= Shop.model_fields.keys():
            path = tmp_path / "shop.yml"
            path.write_text(yaml.safe_dump(merged(shop, example), allow_unicode=True), "utf-8")
            facts.load(path)
            tried += 1
    assert tried >= 5
