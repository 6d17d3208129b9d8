#!/usr/bin/python3
"""The live kernel as a peer: how long it takes for packets that are written to a TUN device, under given rules.

Comes in, one JSON object a line: {"host": {...}, "rules": iptables-save text} or {"host": {...}, "nft": text}, which begins; then any number of
{"write": path of a pcap of Ethernet frames}, {"counters": true}. Goes out, one line each: {}; {"packets", "ns", "emptyNs": the same
writing to /dev/null}; {"counters": {table: [[packets, bytes] of each rule]}}, or {"error": text}.
What the host forwards is not read: once the device's queue is full, the kernel drops it, which costs it least.
Needs root. Standard library only; the namespace is that of the live-kernel suite.
"""

import gc
import json
import os
import re
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../test/kernel"))

import namespace  # noqa: E402

FILE_HEADER, RECORD, ETHERNET = 24, 16, 14


class Peer:
    def __init__(self, request):
        self._host = namespace.Namespace(request["host"])
        self._nft = request.get("nft")
        if self._nft:
            _run(["nft", "-f", "-"], self._nft)
        else:
            self._host.load(request["rules"], None)
        self._device = self._host.devices["eth0"]
        self._empty = os.open("/dev/null", os.O_WRONLY)

    def write(self, path):
        packets = _packets(path)
        empty = _time(self._empty, packets)
        return {"packets": len(packets), "ns": _time(self._device, packets), "emptyNs": empty}

    def counters(self):
        if self._nft:
            return _by_table(_run(["nft", "list", "ruleset", "ip"], ""), r"^table ip (\w+)", r"counter packets (\d+) bytes (\d+)")
        return _by_table(namespace.saved("iptables"), r"^\*(\w+)", r"^\[(\d+):(\d+)\] -A ")


def _by_table(text, table_form, rule_form):
    """Gives packets and bytes of the rules of each table, in the order of a listing."""
    tables, rules = {}, []
    for line in text.splitlines():
        if table := re.search(table_form, line):
            rules = tables.setdefault(table[1], [])
        elif rule := re.search(rule_form, line):
            rules.append([int(rule[1]), int(rule[2])])
    return tables


def _packets(path):
    """The packets of a little-endian pcap, without their Ethernet headers."""
    with open(path, "rb") as file:
        data = file.read()
    packets, at = [], FILE_HEADER
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at + 8)
        packets.append(data[at + RECORD + ETHERNET : at + RECORD + length])
        at += RECORD + length
    return packets


def _time(descriptor, packets):
    """Nanoseconds to write all packets, one call each, back to back."""
    write = os.write
    started = time.perf_counter_ns()
    for packet in packets:
        write(descriptor, packet)
    return time.perf_counter_ns() - started


def _run(arguments, text):
    done = subprocess.run(arguments, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip()[:1000]}")
    return done.stdout


def main():
    gc.disable()
    peer = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "host" in request:
                peer = Peer(request)
                answer = {}
            elif "write" in request:
                answer = peer.write(request["write"])
            else:
                answer = {"counters": peer.counters()}
        except Exception as error:  # said in the answer: whoever asks decides
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
