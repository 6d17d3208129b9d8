"""Makes the counters that rules name with --nfacct-name, over a netlink socket: a rule of a counter that is not there cannot be loaded.

Ref: include/uapi/linux/netfilter/nfnetlink_acct.h
"""

import errno
import re
import socket
import struct

NETLINK_NETFILTER = 12
MSG_NEW = 7 << 8
NLM_F_REQUEST_ACK_CREATE_EXCL = 0x1 | 0x4 | 0x400 | 0x200
ATTR_NAME = 1


def create(rules):
    """Makes each counter once, without a quota, in the current network namespace."""
    names = dict.fromkeys(re.findall(r'--nfacct-name\s+"?([^"\s]+)', rules))
    if not names:
        return
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER) as netlink:
        netlink.bind((0, 0))
        for name in names:
            data = name.encode() + b"\0"
            attribute = struct.pack("<HH", 4 + len(data), ATTR_NAME) + data + b"\0" * (-len(data) % 4)
            body = struct.pack("<BB", socket.AF_UNSPEC, 0) + struct.pack(">H", 0) + attribute
            head = struct.pack("<IHHII", 16 + len(body), MSG_NEW, NLM_F_REQUEST_ACK_CREATE_EXCL, 0, 0)
            netlink.send(head + body)
            error = -struct.unpack_from("<i", netlink.recv(4096), 16)[0]
            if error not in (0, errno.EBUSY, errno.EEXIST):
                raise OSError(error, f"cannot make the counter {name}")
