"""How long the server waits for a client: a request must arrive, headers and body, as a whole and not a byte
at a time."""

from time import monotonic
from typing import cast

from sanic.exceptions import RequestTimeout
from sanic.http import Http, Stage
from sanic.server.protocols.http_protocol import HttpProtocol

SLOWEST = 10_000  # bytes a second, below which more time isn't earned


class PatientProtocol(HttpProtocol):
    """Sanic's protocol counts its timeouts from the last byte that came, so that a byte now and then keeps a
    connection for ever. Here they count from a request's first byte: REQUEST_TIMEOUT until it is there, its
    body too, and what arrives earns the time that it takes at `SLOWEST`."""

    def data_received(self, data: bytes) -> None:
        since = self._time
        super().data_received(data)
        http = cast(Http | None, self.http)
        # Idle, and nothing of a refused request still to come: this is the beginning of a new one.
        begins = http is None or (http.stage is Stage.IDLE and not http.request_body)
        if not begins:
            self._time = min(self._time, since + len(data) / SLOWEST)

    def check_timeouts(self) -> None:
        """Called by itself every few seconds."""
        http = cast(Http | None, self.http)
        late = monotonic() - self._time > self.request_timeout
        if self._task and http and http.request_body and late:
            http.exception = RequestTimeout("Request Timeout")
            self._task.cancel()
            # Sanic goes on to read what remains of the request, until it is stopped once more.
            self._callback_check_timeouts = self.loop.call_later(1, self.check_timeouts)
            return
        super().check_timeouts()  # type: ignore[no-untyped-call]
