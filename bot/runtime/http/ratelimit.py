"""In-memory limits of one process: token buckets for rates, slots for things held open."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class RateLimit:
    """Token buckets by key: `burst` at once, then `rate` a second.

    At most `keys` buckets are kept; the one unused the longest is forgotten first, so that memory
    stays bounded whoever knocks.
    """

    def __init__(
        self, burst: float, rate: float, *, keys: int = 50_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if burst < 1 or rate <= 0 or keys < 1:
            raise ValueError("a rate limit needs burst >= 1, rate > 0 and keys >= 1")
        self.burst, self.rate, self.keys = burst, rate, keys
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key -> level, when

    def take(self, key: str) -> float:
        """Takes one token. Returns 0 if there was one, else the seconds until there will be."""
        now = self._clock()
        level, since = self._buckets.get(key, (self.burst, now))
        level = min(self.burst, level + (now - since) * self.rate)
        wait = 0.0 if level >= 1 else (1 - level) / self.rate
        self._buckets[key] = (level if wait else level - 1, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self.keys:
            self._buckets.popitem(last=False)
        return wait


class Slots:
    """At most `limit` things held open by a key at the same time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held: Counter[str] = Counter()

    @contextmanager
    def hold(self, key: str) -> Iterator[bool]:
        """Yields whether there was room; if so, the slot is held until the block ends."""
        if self._held[key] >= self.limit:
            yield False
            return
        self._held[key] += 1
        try:
            yield True
        finally:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
