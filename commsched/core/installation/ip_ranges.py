"""Which IP addresses are on the public internet, and which lead into the office's own network.

A person types the address of a server; nobody may use that to reach the office's own network. The standard
library's ``is_global`` is not enough: it calls ``64:ff9b::7f00:1`` and ``2002:7f00:1::`` global, though both
carry 127.0.0.1 inside. Sources: the IANA special-purpose address registries, RFC 6052, RFC 3056, RFC 4380.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address


class PrivateAddress(OSError):
    """A name that a person typed leads into the network of this machine, where no page may point."""


_V4_DENIED = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the cloud's metadata service
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # the old 6to4 relay
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_V6_GLOBAL = IPv6Network("2000::/3")
"""The only block from which global unicast addresses are handed out."""
_V6_DENIED = tuple(
    IPv6Network(net)
    for net in (
        "2001::/23",  # protocol assignments, with Teredo (2001::/32) among them
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


def _unwrap(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that ``address`` carries inside, where it is only a wrapping."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def is_public(ip: str | IPv4Address | IPv6Address) -> bool:
    """Whether ``ip`` is an ordinary address on the public internet. What is no address at all is not."""
    try:
        address = ip_address(ip.partition("%")[0]) if isinstance(ip, str) else ip
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inner = _unwrap(address)
        if inner is not None:
            return is_public(inner)
        return address in _V6_GLOBAL and not any(address in net for net in _V6_DENIED)
    return not any(address in net for net in _V4_DENIED)
