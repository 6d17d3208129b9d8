"""The kernel's clock beside the time of day: how far its ticks, counted in nanoseconds, are ahead.

When a tick is due stands in /proc/timer_list, on the monotonic clock. The coarse clocks do not say it: they go on at a tick, but to a time of
their own up to a tick before it.
"""

import re
import time

TICK_NS = 4_000_000
# The jiffies; and when the first processor's tick is due next, whether the kernel calls it as it does since Linux 6.9 or as before.
JIFFIES = re.compile(r"^jiffies: (\d+)$", re.MULTILINE)
DUE = re.compile(r"\btick_(?:nohz_handler|sched_timer)\b.*\n # expires at (\d+)-")


def ahead():
    """Gives jiffies * TICK_NS - nanoseconds since the epoch, at a tick."""
    # A tick that comes late is counted late: what is read in the second half of a tick, and of three times the most, has counted all.
    return max(_ahead() for _ in range(3))


def _ahead():
    while True:
        before = time.monotonic_ns()
        with open("/proc/timer_list", encoding="ascii", errors="replace") as file:
            text = file.read()
        after = time.monotonic_ns()
        since_epoch = time.time_ns() - time.monotonic_ns()
        phase = int(DUE.search(text)[1]) % TICK_NS
        into = (before - phase) % TICK_NS
        tick = before - into
        if into >= TICK_NS // 2 and after < tick + TICK_NS:
            return int(JIFFIES.search(text)[1]) * TICK_NS - tick - since_epoch
        time.sleep(((TICK_NS * 5 // 8 - (after - phase)) % TICK_NS) / 1e9)
