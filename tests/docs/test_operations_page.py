"""docs/operations.md against the code: addresses and metrics."""

import inspect
import re

from prometheus_client import metrics as prometheus

from bot.runtime import metrics
from bot.web import app
from tests.docs.reading import DOCS, names, read, table


def test_every_metric_is_documented_as_it_is() -> None:
    kept = [one for one in vars(metrics).values() if isinstance(one, prometheus.MetricWrapperBase)]
    there = {}
    for one in kept:
        (family,) = one.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        there[name] = (family.type, sorted(one._labelnames))
    rows = table(read(DOCS / "operations.md"), "metric", "type")
    assert {names(name)[0]: (kind, sorted(names(labels))) for name, kind, labels, _ in rows} == there


def test_what_watches_the_server_is_documented() -> None:
    there = set(re.findall(r'@app\.get\("(/health/\w+|/metrics)"\)', inspect.getsource(app)))
    rows = table(read(DOCS / "operations.md"), "address")
    assert {names(address)[0].removeprefix("GET ") for address, _ in rows} == there != set()
