"""Which network interface reaches another machine.

gloo listens on the address that this machine's name resolves to. Where that
is 127.0.0.1 (as in many an /etc/hosts), processes of several machines do not
find each other, unless GLOO_SOCKET_IFNAME names the interface.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from collections.abc import Iterator

_SIOCGIFADDR = 0x8915  # Linux: the IPv4 address of an interface


@contextlib.contextmanager
def gloo_interface(master: str) -> Iterator[None]:
    """Set GLOO_SOCKET_IFNAME to the way to the first process, if not given.

    Inside the block only: what this process starts later may have to go
    another way.

    Args:
        master: MASTER_ADDR: name or address of its machine.
    """
    name = None
    if 'GLOO_SOCKET_IFNAME' not in os.environ:
        name = interface_towards(master)
    if name is None:
        yield
        return
    os.environ['GLOO_SOCKET_IFNAME'] = name
    try:
        yield
    finally:
        os.environ.pop('GLOO_SOCKET_IFNAME', None)


def interface_towards(address: str) -> str | None:
    """Return the interface by which this machine reaches an address.

    Nothing is sent.

    Args:
        address: Name or IPv4 address; may be of this machine itself.

    Returns:
        Its name; None where it cannot be found out.

    Example:
        >>> interface_towards('127.0.0.1')
        'lo'
    """
    with contextlib.suppress(OSError):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))  # of a datagram socket: only a route
            mine = probe.getsockname()[0]
            for _, name in socket.if_nameindex():
                if _address_of(name, probe) == mine:
                    return name
    return None


def _address_of(name: str, probe: socket.socket) -> str | None:
    """Return the first IPv4 address of an interface."""
    request = struct.pack('256s', name.encode()[:15])
    try:
        answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
    except OSError:  # it has none
        return None
    return socket.inet_ntoa(answer[20:24])
