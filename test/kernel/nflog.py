"""Listens to packets that rules log to groups, the bench's own nft rules and NFLOG targets, over a netlink socket.

Comes in: NFULNL_MSG_PACKET messages of a few groups. Goes out: a Logged for each.
The flush threshold is one packet, so a packet's message is there as soon as the packet's run has ended.

Ref: include/uapi/linux/netfilter/nfnetlink_log.h
"""

import collections
import socket
import struct

NETLINK_NETFILTER = 12
ULOG = 4 << 8
MSG_PACKET = ULOG | 0
MSG_CONFIG = ULOG | 1
NLM_F_REQUEST_ACK = 1 | 4

CFG_CMD, CFG_MODE, CFG_QTHRESH = 1, 2, 5
CMD_BIND = 1
COPY_PACKET = 2

ATTR_MARK, ATTR_INDEV, ATTR_OUTDEV, ATTR_PAYLOAD, ATTR_PREFIX, ATTR_UID, ATTR_GID, ATTR_HEADER = 2, 4, 5, 9, 10, 11, 14, 16

# Interface indexes are 0, and the ids of the sender None, where there are none.
Logged = collections.namedtuple("Logged", "family group payload indev outdev mark prefix uid gid header")


def _attribute(kind, data):
    return struct.pack("<HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


class Listener:
    """Receives the packets of several NFLOG groups of the current network namespace."""

    def __init__(self, groups):
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER)
        self._socket.bind((0, 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        for group in groups:
            self._configure(group, _attribute(CFG_CMD, struct.pack("B", CMD_BIND)))
            mode = _attribute(CFG_MODE, struct.pack(">IBB", 0xFFFF, COPY_PACKET, 0))
            self._configure(group, mode + _attribute(CFG_QTHRESH, struct.pack(">I", 1)))
        self._socket.setblocking(False)

    def _configure(self, group, attributes):
        body = struct.pack("<BB", socket.AF_UNSPEC, 0) + struct.pack(">H", group) + attributes
        self._socket.send(struct.pack("<IHHII", 16 + len(body), MSG_CONFIG, NLM_F_REQUEST_ACK, 0, 0) + body)
        answer = self._socket.recv(4096)
        error = struct.unpack_from("<i", answer, 16)[0]
        if error:
            raise OSError(-error, f"cannot listen to NFLOG group {group}")

    def fileno(self):
        return self._socket.fileno()

    def drain(self):
        """Gives every packet logged so far."""
        packets = []
        while True:
            try:
                datagram = self._socket.recv(1 << 17)
            except BlockingIOError:
                return packets
            at = 0
            while at + 16 <= len(datagram):
                length, kind = struct.unpack_from("<IH", datagram, at)
                if kind == MSG_PACKET:
                    packets.append(_packet(datagram[at + 16 : at + length]))
                at += (length + 3) & ~3

    def close(self):
        self._socket.close()


def _packet(body):
    group = struct.unpack_from(">H", body, 2)[0]
    found = {}
    at = 4
    while at + 4 <= len(body):
        length, kind = struct.unpack_from("<HH", body, at)
        found[kind & 0x7FFF] = body[at + 4 : at + length]
        at += (length + 3) & ~3
    numbers = {kind: struct.unpack(">I", data)[0] for kind, data in found.items() if len(data) == 4 and kind != ATTR_PAYLOAD}
    return Logged(
        body[0],
        group,
        found.get(ATTR_PAYLOAD, b""),
        numbers.get(ATTR_INDEV, 0),
        numbers.get(ATTR_OUTDEV, 0),
        numbers.get(ATTR_MARK, 0),
        found.get(ATTR_PREFIX, b"").rstrip(b"\0").decode("utf-8", "replace"),
        numbers.get(ATTR_UID),
        numbers.get(ATTR_GID),
        found.get(ATTR_HEADER, b""),
    )
