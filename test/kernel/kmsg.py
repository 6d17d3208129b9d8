"""Reads what the kernel's own log says of packets, also of those in a network namespace.

The kernel keeps other namespaces' packets out of its log unless net.netfilter.nf_log_all_netns says otherwise. That holds for the whole
machine, so it is switched on for no longer than a packet's injection takes, and no other bench injects a packet meanwhile: a line about
it could not be told from one of ours.

Ref: Documentation/ABI/testing/dev-kmsg
"""

import contextlib
import fcntl
import os
import re

ALL_NAMESPACES = "/proc/sys/net/netfilter/nf_log_all_netns"


class KernelLog:
    """Made before the first namespace is, for there the switch cannot be seen."""

    def __init__(self):
        self._log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._switch = os.open(ALL_NAMESPACES, os.O_RDWR | os.O_CLOEXEC)
        # Not while another bench has it on.
        fcntl.flock(self._switch, fcntl.LOCK_SH)
        self._before = os.pread(self._switch, 16, 0)
        fcntl.flock(self._switch, fcntl.LOCK_UN)

    @contextlib.contextmanager
    def injecting(self, kept):
        """Around the injection of a packet; gives a list that has its lines behind it, if they are kept."""
        lines = []
        fcntl.flock(self._switch, fcntl.LOCK_EX if kept else fcntl.LOCK_SH)
        try:
            if kept:
                os.lseek(self._log, 0, os.SEEK_END)
                os.pwrite(self._switch, b"1", 0)
            yield lines
        finally:
            if kept:
                os.pwrite(self._switch, self._before, 0)
                lines += self._drain()
            fcntl.flock(self._switch, fcntl.LOCK_UN)

    def _drain(self):
        """Gives what was written of packets since the log was last kept: "<priority>text"."""
        lines = []
        while True:
            try:
                record = os.read(self._log, 8192).decode("utf-8", "replace")
            except BlockingIOError:
                return lines
            head, text = record.split("\n", 1)[0].split(";", 1)
            priority = int(head.split(",", 1)[0])
            if priority < 8 and re.search(r"IN=\S* OUT=", text):  # the kernel's own, of a packet
                text = re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), text)
                lines += [f"<{priority}>{line}" for line in text.split("\n")]
