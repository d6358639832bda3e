"""The port that a server listens on: looked at before what takes long, and refused in words."""

import errno
import socket

BACKLOG = 100  # connections that wait to be accepted


class PortError(Exception):
    """A server can't listen there; the text names the port and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A socket at the port, which nobody listens on; nor does this one yet, so that who asks while the server
    starts is refused and not kept waiting. Raises `PortError`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise PortError(f"--host {host}: there is no such address; write 127.0.0.1 or 0.0.0.0") from None
    family, kind, protocol, _, address = found[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        made.close()
        raise PortError(_why(host, port, error)) from None
    return made


def listen(door: socket.socket) -> socket.socket:
    """Begins to listen; another server may have begun in the meantime. Raises `PortError`."""
    try:
        door.listen(BACKLOG)
    except OSError as error:
        host, port = door.getsockname()[:2]
        raise PortError(_why(host, port, error)) from None
    return door


def _why(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"port {port} is in use, by another program or another `aftercare run`: "
                f"stop that one, or take another port: --port {port + 1 if port < 65535 else 8001}"
            )
        case errno.EACCES:
            return f"port {port} is not for everybody's use: take one from 1024 on, such as --port 8000"
        case errno.EADDRNOTAVAIL:
            return f"--host {host}: this machine has no such address; write 127.0.0.1 or 0.0.0.0"
    return f"can't listen on {host}, port {port}: {error.strerror}"
