"""Listens to what the kernel tells of connections and expectations, as `conntrack -E` does.

The listeners run in the namespace of whoever starts them, from before rules are loaded: where nobody listens the kernel takes no note.
"""

import subprocess
import time

# Tables of conntrack(8), and how each is listened to.
LISTENERS = {"conntrack": ["-b", "8388608", "-o", "extended"], "expect": []}
# Multicast groups that both join, together: some words of /proc/net/netlink then say so.
NETFILTER = "12"


class Listeners:
    def __init__(self):
        before = _joined()
        self._running = {
            table: subprocess.Popen(
                ["conntrack", "-E", table, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            for table, options in LISTENERS.items()
        }
        deadline = time.monotonic() + 5
        while _joined() < before + len(LISTENERS):
            if time.monotonic() > deadline:
                raise RuntimeError("conntrack -E does not listen")
            time.sleep(0.001)

    def finish(self):
        """Gives the lines of each table. What was told before is in them."""
        time.sleep(0.02)  # until they have read it
        lines = {}
        for table, process in self._running.items():
            process.terminate()
            told = process.communicate()[0].splitlines()
            lines[table] = [line for line in told if "[" in line]  # not what it says of itself
        return lines

    def close(self):
        for process in self._running.values():
            process.kill()
            process.wait()


def _joined():
    """How many sockets have joined a group of netfilter."""
    with open("/proc/net/netlink", encoding="ascii") as file:
        sockets = [line.split() for line in file.readlines()[1:]]
    return sum(1 for words in sockets if words[1] == NETFILTER and int(words[3], 16) != 0)
