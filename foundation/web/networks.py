"""Which addresses may be connected to: public ones, and networks configured for this installation.

A host name is resolved once, and the connection uses those addresses: a second lookup could return an internal address
(DNS rebinding). `FETCH_NETWORKS` lists networks of one's own that are allowed nevertheless.
"""

import re
import socket
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from queue import Empty, SimpleQueue

from django.conf import settings

Address = IPv4Address | IPv6Address

PUBLIC_V6 = ip_network("2000::/3")
"""All addresses that IANA has allocated for hosts; ranges that embed an IPv4 address (mapped, NAT64) are outside."""
NOT_PUBLIC = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # IETF protocols; Python calls parts of it global
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's internal services
        "2001::/23",  # IETF protocols, with Teredo, which embeds IPv4
        "2001:db8::/32",
        "2002::/16",  # 6to4, which embeds IPv4
        "3fff::/20",
    )
)

_NUMERIC = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)")


def is_allowed(address: Address) -> bool:
    """Whether `address` is public, or in a network that `FETCH_NETWORKS` names."""
    if any(address in ip_network(network) for network in settings.FETCH_NETWORKS):
        return True
    if any(address in network for network in NOT_PUBLIC):
        return False
    if isinstance(address, IPv6Address):
        return address in PUBLIC_V6
    return address.is_global and not address.is_multicast


def is_disguised(host: str) -> bool:
    """Whether a host is an address in an ambiguous notation: `2130706433`, `0177.1`, `0x7f.1`."""
    last = host.rstrip(".").rpartition(".")[2]
    if not _NUMERIC.fullmatch(last):
        return False
    try:
        return str(ip_address(host)) != host
    except ValueError:
        return True


def addresses_of(host: str, port: int, *, within: float) -> list[Address]:
    """All addresses of `host`; raise OSError if there are none, or on a timeout of that many seconds.

    The system's resolver has no timeout, so it is called in a thread, which ends by itself later.
    """
    answers: SimpleQueue[list[Address] | OSError] = SimpleQueue()
    threading.Thread(target=_look_up, args=(host, port, answers), daemon=True).start()
    try:
        found = answers.get(timeout=max(within, 0.001))
    except Empty:
        raise TimeoutError(f"{host}: no answer from the name server") from None
    if isinstance(found, OSError):
        raise found
    return found


def _look_up(host: str, port: int, answers: "SimpleQueue[list[Address] | OSError]") -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except OSError as error:
        answers.put(error)
    except UnicodeError as error:  # a label that is too long
        answers.put(OSError(str(error)))
    else:
        texts = dict.fromkeys(str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found)
        answers.put([ip_address(text) for text in texts])
