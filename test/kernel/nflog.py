"""Listens to packets that the bench's own nft rules log, over a netlink socket.

Comes in: NFULNL_MSG_PACKET messages of a few groups. Goes out: (group, prefix-free packet bytes, input interface index, mark).
The flush threshold is one packet, so a packet's message is there as soon as the packet's run has ended.

Ref: include/uapi/linux/netfilter/nfnetlink_log.h
"""

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

ATTR_MARK, ATTR_INDEV, ATTR_PAYLOAD = 2, 4, 9


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
        """Gives every packet logged so far: (group, bytes, input interface index or 0, mark)."""
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
    payload, indev, mark = b"", 0, 0
    at = 4
    while at + 4 <= len(body):
        length, kind = struct.unpack_from("<HH", body, at)
        data = body[at + 4 : at + length]
        kind &= 0x7FFF
        if kind == ATTR_PAYLOAD:
            payload = data
        elif kind == ATTR_INDEV:
            indev = struct.unpack(">I", data)[0]
        elif kind == ATTR_MARK:
            mark = struct.unpack(">I", data)[0]
        at += (length + 3) & ~3
    return group, payload, indev, mark
