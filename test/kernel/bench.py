#!/usr/bin/python3
"""The live kernel as a test bench: says what it does with packets, under given rules, on a given host.

One JSON object a line comes in on stdin, one goes out on stdout. A request is a scenario:
  {"host": {...}, "answers": what the host may answer with ("none", "rules", "host"), "ethernet": [names], "mac": address of Ethernet devices, "rules": text, "rules6": text, "ipset": text, "packets": [{"dev": name, "hex": bytes, "wait": seconds, "forget": all connections before it, "list": the table behind it} | {"sent": true, ...}],
   "hits": true, "conntrack": true, "save": false, "log": false, "events": false, "groups": [NFLOG groups of the rules], "osf": text of a pf.os file}
and its answer, in the same order:
  {"packets": [{"time": ns, "hits": [[table, chain, number, packets, bytes], ...], "out": [[dev, hex], ...],
    "delivered": [[dev, hex], ...], "answers": [hex, ...], "refused": why, "log": [line, ...], "nflog": [{...}], "table": [line, ...]}],
   "totals": [...], "conntrack": [...], "expectations": [...], "dumping", "dumped": between when they were listed,
   "loaded": when the rules were, "clock": ns that jiffies are ahead of the time, "recent": {name: text of the list}}
or {"error": text}. Number 0 is the chain's policy.
Each scenario has a network namespace of its own. Needs root. Standard library only.
"""

import errno
import json
import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import events  # noqa: E402
import jiffies  # noqa: E402
import kmsg  # noqa: E402
import namespace  # noqa: E402
import xtables  # noqa: E402

ETHERNET_HEADER = 14
JIFFY = 0.004
NOISE6 = {130, 131, 132, 133, 134, 135, 136, 143}


class Scenario:
    """Runs one scenario in its namespace."""

    def __init__(self, request, kernel_log):
        self._count = request.get("hits", True)
        self._kernel_log = kernel_log
        self._keeps_log = bool(request.get("log"))
        self._host = namespace.Namespace(
            request.get("host", {}), request.get("ethernet", []), request.get("mac"), request.get("groups", []), request.get("answers")
        )
        self._events = events.Listeners() if request.get("events") else None
        self._host.load(request.get("rules"), request.get("rules6"), request.get("ipset"))
        self._loaded = time.clock_gettime_ns(time.CLOCK_REALTIME)
        self._tables = {4: xtables.Tables(xtables.V4), 6: xtables.Tables(xtables.V6)}
        self._poll = select.poll()
        self._poll.register(self._host.log.fileno(), select.POLLIN)
        self._readers = {self._host.log.fileno(): None}
        for name, descriptor in self._host.devices.items():
            self._poll.register(descriptor, select.POLLIN)
            self._readers[descriptor] = name
        self._drain(_nothing())

    def run(self, packet):
        data = bytes.fromhex(packet["hex"])
        if packet.get("wait"):
            time.sleep(packet["wait"])
        if packet.get("forget"):
            namespace.forget()
        result = _nothing()
        try:
            with self._kernel_log.injecting(self._keeps_log) as result["log"]:
                # Behind the wait for other benches.
                result["time"] = str(time.clock_gettime_ns(time.CLOCK_REALTIME))
                if packet.get("sent"):
                    self._host.send(data, packet.get("dev"))
                else:
                    self._host.receive(packet["dev"], data)
        except OSError as error:
            # EPERM is how a socket learns that a rule dropped its packet: no refusal, the packet met the rules.
            if error.errno != errno.EPERM:
                result["refused"] = error.strerror
        self._drain(result)
        if packet.get("list"):
            # Of its time something has passed then, so that whole seconds are never shown whole.
            time.sleep(JIFFY)
            result["table"] = namespace.conntrack("ipv6" if data[0] >> 4 == 6 else "ipv4")
        if self._count:
            result["hits"] = self._tables[4].moved() + self._tables[6].moved()
        return result

    def _drain(self, result):
        """Reads what left and what was logged. Everything is there already: the injection was synchronous."""
        while True:
            ready = [descriptor for descriptor, event in self._poll.poll(0) if event & select.POLLIN]
            if not ready:
                return
            for descriptor in ready:
                name = self._readers[descriptor]
                if name is None:
                    self._logged(result)
                else:
                    frame = os.read(descriptor, 1 << 17)
                    packet = frame[ETHERNET_HEADER:] if name in self._host.ethernet else frame
                    result["out"].append([name, packet.hex()])

    def _logged(self, result):
        for logged in self._host.log.drain():
            data = logged.payload
            if logged.group == namespace.DELIVERED:
                result["delivered"].append([self._host.indexes.get(logged.indev, ""), data.hex()])
            elif logged.group != namespace.ANSWERED:
                result["nflog"].append(self._nflog(logged))
            elif not _is_noise(data):
                result["answers"].append(data.hex())

    def _nflog(self, logged):
        devices = {"in": self._host.indexes.get(logged.indev, ""), "out": self._host.indexes.get(logged.outdev, "")}
        sender = {} if logged.uid is None else {"uid": logged.uid, "gid": logged.gid}
        bytes_ = {"payload": logged.payload.hex(), "header": logged.header.hex()}
        family = 6 if logged.family == socket.AF_INET6 else 4
        return {"family": family, "group": logged.group, "prefix": logged.prefix, "mark": logged.mark, **devices, **sender, **bytes_}

    def finish(self, request):
        answer = {
            "loaded": str(self._loaded),
            "clock": str(jiffies.ahead()),
            "totals": {},
        }
        answer["recent"] = namespace.recent()
        if self._events:
            answer["events"] = self._events.finish()
        if request.get("conntrack"):
            answer["dumping"] = str(time.clock_gettime_ns(time.CLOCK_REALTIME))
            answer["conntrack"] = namespace.conntrack("ipv4") + namespace.conntrack("ipv6")
            answer["expectations"] = namespace.expectations("ipv4") + namespace.expectations("ipv6")
            answer["dumped"] = str(time.clock_gettime_ns(time.CLOCK_REALTIME))
        if request.get("ipset"):
            answer["sets"] = namespace.sets()
            answer["ended"] = str(time.clock_gettime_ns(time.CLOCK_REALTIME))
        if request.get("save"):
            answer["saved"] = {4: namespace.saved("iptables"), 6: namespace.saved("ip6tables")}
        for family, tables in self._tables.items():
            answer["totals"][family] = tables.totals()
        return answer

    def close(self):
        if self._events:
            self._events.close()
        for tables in self._tables.values():
            tables.close()
        self._host.close()


def _nothing():
    return {"out": [], "delivered": [], "answers": [], "nflog": []}


def _is_noise(data):
    """Multicast membership and neighbour discovery, which the host says of its own accord."""
    if data[0] >> 4 == 4:
        return data[9] == 2
    return data[6] == 0 or (data[6] == 58 and len(data) > 40 and data[40] in NOISE6)


def answer(request, kernel_log):
    with namespace.fingerprints(request.get("osf")):
        return answer_with(Scenario(request, kernel_log), request)


def answer_with(scenario, request):
    try:
        packets = [scenario.run(packet) for packet in request.get("packets", [])]
        return {"packets": packets, **scenario.finish(request)}
    finally:
        scenario.close()


def main():
    # All packets are handled by one processor, whose number rules may ask for.
    os.sched_setaffinity(0, {0})
    kernel_log = kmsg.KernelLog()
    for line in sys.stdin:
        try:
            result = answer(json.loads(line), kernel_log)
        except Exception as error:  # a scenario that cannot be set up must not end the bench
            result = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(result, separators=(",", ":")) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
