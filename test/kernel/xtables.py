"""Reads the counters of iptables tables straight from the kernel, without starting a program.

Comes in: the blob that getsockopt(IPT_SO_GET_ENTRIES) gives. Goes out: for each rule and policy a place (table, chain, number)
and its packet and byte count. The layout of a table does not change while it is loaded, so it is worked out once; after that
a reading is one system call and one unpack.

Ref: include/uapi/linux/netfilter_ipv4/ip_tables.h, include/uapi/linux/netfilter_ipv6/ip6_tables.h
"""

import ctypes
import os
import socket
import struct

HOOKS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")

SO_GET_INFO = 64
SO_GET_ENTRIES = 65
INFO = struct.Struct("<32sI5I5III")
# struct ipt_get_entries: name, size, and padding up to the 8-byte boundary of the first entry.
ENTRIES_HEADER = 40

TARGET_NAME = struct.Struct("<H29sB")

_libc = ctypes.CDLL(None, use_errno=True)


class Layout:
    """Where an entry keeps what, for one address family."""

    def __init__(self, level, family, names, offsets, counters):
        self.level = level
        self.family = family
        self.names = names
        self.offsets = offsets
        self.counters = counters


# struct ipt_entry: ip 84, nfcache 4, then target_offset, next_offset (u16), comefrom 4, counters at 96.
V4 = Layout(socket.IPPROTO_IP, socket.AF_INET, "/proc/net/ip_tables_names", 88, 96)
# struct ip6t_entry: ipv6 136, nfcache 4, then the offsets, comefrom 4, padding, counters at 152.
V6 = Layout(socket.IPPROTO_IPV6, socket.AF_INET6, "/proc/net/ip6_tables_names", 140, 152)

TABLE_ORDER = ("raw", "mangle", "nat", "filter", "security")


def _getsockopt(descriptor, level, option, buffer):
    length = ctypes.c_uint32(len(buffer))
    if _libc.getsockopt(descriptor, level, option, buffer, ctypes.byref(length)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Table:
    """One loaded table: its places, and a reader of all its counters."""

    def __init__(self, layout, descriptor, name):
        self.name = name
        self._layout = layout
        self._descriptor = descriptor
        info = ctypes.create_string_buffer(name.encode(), INFO.size)
        _getsockopt(descriptor, layout.level, SO_GET_INFO, info)
        fields = INFO.unpack(info.raw)
        self._hooks = fields[1]
        self._entries = fields[2:7]
        self._underflows = fields[7:12]
        self._size = fields[13]
        self._request = struct.pack("<32sI4x", name.encode(), self._size)
        self._buffer = ctypes.create_string_buffer(ENTRIES_HEADER + self._size)
        self._fetch()
        self.places, offsets = self._walk()
        self._counters = _counter_struct(offsets)
        self._last = None
        self.values = self._unpack()

    def _fetch(self):
        ctypes.memmove(self._buffer, self._request, len(self._request))
        _getsockopt(self._descriptor, self._layout.level, SO_GET_ENTRIES, self._buffer)

    def _unpack(self):
        blob = self._buffer.raw
        if blob == self._last:
            return self.values
        self._last = blob
        return self._counters.unpack_from(blob, ENTRIES_HEADER)

    def _walk(self):
        """Gives the place of each entry, and the offsets of the counters of those that are rules or policies."""
        starts = {}
        policies = {}
        for hook in range(5):
            if self._hooks & (1 << hook):
                starts[self._entries[hook]] = HOOKS[hook]
                policies[self._underflows[hook]] = HOOKS[hook]
        blob = self._buffer.raw
        places, offsets = [], []
        chain, number, at = None, 0, 0
        while at < self._size:
            entry = ENTRIES_HEADER + at
            target_offset, next_offset = struct.unpack_from("<HH", blob, entry + self._layout.offsets)
            if at in starts:
                chain, number = starts[at], 0
            header = _error_name(blob, entry + target_offset)
            if header is not None:
                # The head of a user chain; the last one, named ERROR, ends the table.
                chain, number = header, 0
                places.append(None)
            elif at in policies:
                places.append((self.name, policies[at], 0))
            else:
                number += 1
                places.append((self.name, chain, number))
            offsets.append(at + self._layout.counters)
            at += next_offset
        _forget_chain_ends(places)
        return places, offsets

    def read(self):
        """Reads all counters: a flat tuple of packets, bytes for each place."""
        self._fetch()
        self.values = self._unpack()
        return self.values

    def moved(self):
        """Reads all counters and lists the places that counted since the last reading: [table, chain, number, packets, bytes]."""
        before = self.values
        after = self.read()
        if after is before or after == before:
            return []
        hits = []
        for index, place in enumerate(self.places):
            packets = after[2 * index] - before[2 * index]
            size = after[2 * index + 1] - before[2 * index + 1]
            if place and (packets or size):
                hits.append([*place, packets, size])
        return hits

    def totals(self):
        return [[*place, self.values[2 * i], self.values[2 * i + 1]] for i, place in enumerate(self.places) if place]


def _error_name(blob, target):
    """Gives the chain that an ERROR target names, None for any other target."""
    _, name, _ = TARGET_NAME.unpack_from(blob, target)
    if name.split(b"\0", 1)[0] != b"ERROR":
        return None
    return blob[target + 32 : target + 62].split(b"\0", 1)[0].decode()


def _forget_chain_ends(places):
    """The last entry of a user chain is the RETURN that iptables adds: no rule of anybody's, so it has no place."""
    in_user_chain = False
    for index, place in enumerate(places):
        if place is not None:
            continue
        if in_user_chain:
            places[index - 1] = None
        in_user_chain = True


def _counter_struct(offsets):
    form, at = "<", 0
    for offset in offsets:
        form += f"{offset - at}x2Q"
        at = offset + 16
    return struct.Struct(form)


class Tables:
    """All tables of one family that are loaded in this network namespace, in the order packets meet them."""

    def __init__(self, layout):
        with open(layout.names, encoding="ascii") as names:
            loaded = set(names.read().split())
        self._socket = socket.socket(layout.family, socket.SOCK_RAW, socket.IPPROTO_RAW) if loaded else None
        self.tables = [Table(layout, self._socket.fileno(), name) for name in TABLE_ORDER if name in loaded]

    def moved(self):
        hits = []
        for table in self.tables:
            hits += table.moved()
        return hits

    def totals(self):
        totals = []
        for table in self.tables:
            table.read()
            totals += table.totals()
        return totals

    def close(self):
        if self._socket is not None:
            self._socket.close()
