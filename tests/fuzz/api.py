"""Requests to all operations of the OpenAPI document, such as it allows and such as it doesn't."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable

PREFIXES = {"/api/v1": "orders", "/chat/v1": "chat", "/desk/v1": "desk"}
# They never end.
STREAMS = ("/chat/v1/events", "/desk/v1/events")


class Broken(AssertionError):
    """A request ended in an error of ours."""


def explore(
    document: Mapping[str, Any],
    base: str,
    headers: Callable[[str], Mapping[str, str]],
    each: int,
    number: int = 1,
) -> Counter[int]:
    """Sends `each` requests to each operation of a served application; how many got which status. `headers`:
    who asks, by the API's name. Raises `Broken`. Not for the loop on which the application is served."""
    schema = schemathesis.openapi.from_dict(dict(document))
    found: Counter[int] = Counter()
    for result in schema.get_all_operations():
        operation: Any = cast(Any, result).ok()
        if operation.path in STREAMS or operation.path.endswith("/files"):
            continue
        name = next(name for prefix, name in PREFIXES.items() if operation.path.startswith(prefix))
        _explore(operation, base, headers(name), each, number, found)
    return found


def _explore(
    operation: Any, base: str, headers: Mapping[str, str], each: int, number: int, found: Counter[int]
) -> None:
    odd = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    right = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
    for strategy in (right, odd):

        @seed(number)
        @settings(
            max_examples=max(1, each // 2),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def check(case: Any) -> None:
            answer = case.call(base_url=base, headers=dict(headers), timeout=20)
            found[answer.status_code] += 1
            if answer.status_code >= 500:
                raise Broken(f"{answer.status_code}: {case.as_curl_command()[:1000]}")

        random.seed(number)
        # What has no parameters can't be asked in a wrong way.
        with suppress(Unsatisfiable):
            check()
