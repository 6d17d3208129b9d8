"""A host made of a fresh network namespace: TUN devices, addresses, routes, sysctls, rules, and a way to inject packets.

Comes in: the host and rules as the scenario has them. Goes out: devices whose traffic can be read, and two injectors.
The namespace has no name: it belongs to this process, and is gone with all it holds when the process moves on or dies.

The host itself must stay silent, so that every packet seen is one the scenario caused: autoconfiguration is off, and an nft
output hook ahead of everything (priority -500) drops what the host sends, save what comes from the injector's user id, and
the copies that TEE sends: they are what goes to a gateway that rules name.

Where a scenario is about what the host answers with, only what it says of its own accord is dropped. Answers of rules, of routing and of
forwarding are had apart by dropping what is delivered, before it comes to anybody.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import socket
import struct
import subprocess
import tempfile
import time

import nfacct
import nflog

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
TUNSETCARRIER = 0x400454E2
IFF_TUN, IFF_TAP, IFF_NO_PI = 1, 2, 0x1000
RTF_LOCAL = 0x80000000
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, PMTUDISC_PROBE = 10, 23, 3
IP_TOS, IP_PKTINFO, IP_PROTOCOL = 1, 8, 52
IPV6_HDRINCL, IPV6_PKTINFO, IPV6_TCLASS, IPV6_FREEBIND = 36, 50, 67, 78
# Where nothing is sent to: a socket bound there gets nothing.
NOBODY6 = "100::1"
# Headers between that of IPv6 and the transport, and the unit of their lengths; a fragment header has none.
EXTENSIONS = {0: 8, 43: 8, 60: 8, 44: 0}

# The user id of packets "sent by the host". Any id will do that no other program has.
INJECTOR = 424242
DELIVERED, ANSWERED = 101, 102

# Neither chain mentions conntrack, so loading it does not make the kernel track connections. Of hooks of one priority the one that came
# last runs first: what conntrack does not confirm at INPUT is not delivered.
NFT = f"""
table inet bench {{
  chain output {{
    type filter hook output priority -500; policy drop;
    meta skuid {INJECTOR} accept
    log group {ANSWERED}
  }}
  chain delivered {{
    type filter hook input priority 2147483647; policy accept;
    log group {DELIVERED}
  }}
}}
"""

# What a host says of its own accord, group membership and neighbour discovery, is dropped.
ANSWERS = f"""
flush chain inet bench output
add rule inet bench output meta skuid {INJECTOR} accept
add rule inet bench output meta l4proto igmp drop
add rule inet bench output icmpv6 type {{ 130-136, 143 }} drop
add rule inet bench output accept
"""
UNHEARD = "add rule inet bench delivered drop\n"

# A new namespace takes these from the machine it is made on: set them to the kernel's own defaults.
BASE4 = {
    "rp_filter": 0,
    "accept_local": 0,
    "route_localnet": 0,
    "accept_redirects": 1,
    "send_redirects": 1,
    "secure_redirects": 1,
    "log_martians": 0,
    "src_valid_mark": 0,
    "forwarding": 0,
    "drop_unicast_in_l2_multicast": 0,
    "force_igmp_version": 0,
    "bc_forwarding": 0,
    "shared_media": 1,
    "ignore_routes_with_linkdown": 0,
}
BASE6 = {
    "accept_dad": 0,
    "dad_transmits": 0,
    "accept_ra": 0,
    "autoconf": 0,
    "router_solicitations": 0,
    "addr_gen_mode": 1,
    "forwarding": 0,
    "disable_ipv6": 0,
    "accept_source_route": 0,
    "ignore_routes_with_linkdown": 0,
}
BASE = {
    "net/ipv4/ip_forward": 0,
    "net/ipv4/ip_default_ttl": 64,
    "net/ipv4/icmp_ratelimit": 0,
    "net/ipv4/icmp_ratemask": 0,
    "net/ipv4/icmp_msgs_per_sec": 100000,
    "net/ipv4/icmp_msgs_burst": 100000,
    "net/ipv6/icmp/ratelimit": 0,
    "net/ipv6/icmp/ratemask": "",
    # A host draws flow labels for what it says itself.
    "net/ipv6/auto_flowlabels": 0,
}

_libc = ctypes.CDLL(None, use_errno=True)


def _unshare():
    if _libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot make a network namespace (needs root)")


def _run(arguments, text):
    """Runs a program on a text; its complaint becomes the exception's."""
    done = subprocess.run(arguments, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {(done.stderr or done.stdout).strip()}\n{text}")
    return done.stdout


def _set(path, value, required=True):
    try:
        with open("/proc/sys/" + path, "w", encoding="ascii") as file:
            file.write(f"{value}\n")
    except OSError as error:
        if required:
            raise RuntimeError(f"sysctl {path} = {value}: {error.strerror}") from error


def sysctl_path(name):
    """Gives the path of a sysctl name; as in sysctl(8) a slash first makes the slash the separator and the dot a letter."""
    first = name.replace("/", ".").find(".")
    if first >= 0 and name[first] == "/":
        return name
    return name.replace("/", "\0").replace(".", "/").replace("\0", ".")


class Namespace:
    def __init__(self, host, ethernet=(), mac=None, groups=(), answers=None):
        _unshare()
        self.ethernet = set(ethernet)
        self._mac = mac
        self.devices = {}
        self.indexes = {}
        self._base(("all", "default", "lo"))
        _run(["nft", "-f", "-"], NFT)
        if answers in ("rules", "host"):
            _run(["nft", "-f", "-"], ANSWERS + (UNHEARD if answers == "rules" else ""))
        self.log = nflog.Listener((DELIVERED, ANSWERED, *groups))
        for name in host.get("interfaces", {}):
            if name != "lo":
                self.devices[name] = _open_device(name, name in self.ethernet)
                if (host["interfaces"][name] or {}).get("carrier") is False:
                    # Before it goes up: what the kernel hears later it may act upon a second later.
                    fcntl.ioctl(self.devices[name], TUNSETCARRIER, struct.pack("i", 0))
        self._base(self.devices)
        self._configure(host)
        for name in ("lo", *self.devices):
            self.indexes[socket.if_nametoindex(name)] = name
        _await_local_routes(host)
        self._join_solicited(host)
        self._open_injectors()

    def _base(self, names):
        for path, value in BASE.items():
            _set(path, value, required=False)
        for name in names:
            for key, value in BASE4.items():
                _set(f"net/ipv4/conf/{name}/{key}", value)
            for key, value in BASE6.items():
                _set(f"net/ipv6/conf/{name}/{key}", value, required=key != "addr_gen_mode")

    def _configure(self, host):
        links, routes, routes6 = ["link set lo up"], [], []
        for name, value in host.get("sysctl", {}).items():
            # IPv4's paths are weighed when their route is made; IPv6 refuses routes by such devices with it.
            if re.search(r"ipv4.*ignore_routes_with_linkdown", name):
                _set(sysctl_path(name), value)
        for name, interface in host.get("interfaces", {}).items():
            interface = interface or {}
            if name != "lo":
                if "group" in interface:
                    links.append(f"link set dev {name} group {interface['group']}")
                if "mtu" in interface:
                    links.append(f"link set dev {name} mtu {interface['mtu']}")
                if name in self.ethernet:
                    # Nobody would answer its questions for neighbours.
                    links.append(f"link set dev {name} address {self._mac} arp off")
                links.append(f"link set dev {name} {'down' if interface.get('up') is False else 'up'}")
            for address in interface.get("addresses", []):
                links.append(f"addr add {address} dev {name}" + (" nodad" if _is_ipv6(address) else ""))
        routes += [f"route add {route}" for route in host.get("routes", [])]
        routes += [f"rule add {rule}" for rule in host.get("rules", [])]
        routes6 += [f"route add {route}" for route in host.get("routes6", [])]
        routes6 += [f"rule add {rule}" for rule in host.get("rules6", [])]
        _run(["ip", "-batch", "-"], "\n".join(links + routes) + "\n")
        if routes6:
            _run(["ip", "-6", "-batch", "-"], "\n".join(routes6) + "\n")
        for name, value in host.get("sysctl", {}).items():
            _set(sysctl_path(name), value)
        for name, policy in host.get("timeout_policies", {}).items():
            states = [f"{word}" for state, seconds in policy.items() if state not in ("l3proto", "l4proto") for word in (state, seconds)]
            _run(["nfct", "add", "timeout", name, policy["l3proto"], policy["l4proto"], *states], "")

    def _join_solicited(self, host):
        """Joins the solicited-node groups of the host's addresses: Linux does so on Ethernet, not on devices without ARP."""
        self._member = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        for name, interface in host.get("interfaces", {}).items():
            for address in (interface or {}).get("addresses", []):
                if not _is_ipv6(address) or name == "lo":
                    continue
                last = _packed6(address)[13:]
                group = bytes.fromhex("ff0200000000000000000001ff") + last
                request = group + struct.pack("<I", socket.if_nametoindex(name))
                try:
                    self._member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
                except OSError as error:  # two addresses may share a group
                    if error.errno != errno.EADDRINUSE:
                        raise

    def _open_injectors(self):
        self._sent4 = _raw_socket(socket.AF_INET, socket.IPPROTO_RAW)
        self._sent4.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
        self._sent4.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._sent4.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE)
        self._sent6 = {}

    def _injector6(self, protocol):
        """The socket that sends packets of a transport protocol, which rules of routing may ask for."""
        if protocol not in self._sent6:
            known = protocol not in (0, 255)
            sent = _raw_socket(socket.AF_INET6, protocol if known else socket.IPPROTO_RAW)
            sent.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE)
            sent.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            if known:
                sent.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
                sent.bind((NOBODY6, 0))
            self._sent6[protocol] = sent
        return self._sent6[protocol]

    def load(self, rules, rules6, sets=None):
        if sets:
            _run(["ipset", "restore"], sets)
        nfacct.create((rules or "") + (rules6 or ""))
        if rules:
            _run(["iptables-legacy-restore"], rules)
        if rules6:
            _run(["ip6tables-legacy-restore"], rules6)
        self._let_copies_pass("ip", rules)
        self._let_copies_pass("ip6", rules6)

    def _let_copies_pass(self, family, rules):
        """Accepts what goes to a gateway of TEE. The copies have no socket, as the host's answers to packets have none, but this
        next hop; where --oif has its device without a route of it, they have a source that is not the host's."""
        for gateway, _, device in sorted(set(re.findall(r"-j TEE --gateway (\S+)( --oif (\S+))?", rules or ""))):
            way = subprocess.run(["ip", "route", "get", gateway], capture_output=True, text=True, check=False).stdout
            hop = re.search(r" via (\S+)", way)
            passes = f"rt {family} nexthop {hop[1] if hop else gateway} accept"
            _run(["nft", "-f", "-"], f"insert rule inet bench output {passes}\n")
            if device and f" dev {device} " not in way:
                _run(["nft", "-f", "-"], f'insert rule inet bench output oifname "{device}" fib saddr type != local accept\n')

    def receive(self, device, packet):
        """Lets the host receive a packet. When this returns, the packet's way through the kernel has ended."""
        os.write(self.devices[device], packet)

    def send(self, packet, device=None):
        """Lets the host send a packet; `device` gives the scope of a link-local destination. Routing is told what is in the packet."""
        if packet[0] >> 4 == 4:
            told = [(socket.IPPROTO_IP, IP_TOS, struct.pack("i", packet[1]))]
            told.append((socket.IPPROTO_IP, IP_PROTOCOL, struct.pack("i", packet[9])))
            # A loopback address goes out only where routing is not told of it.
            if any(packet[12:16]) and packet[12] != 127:
                told.append((socket.IPPROTO_IP, IP_PKTINFO, struct.pack("i4s4s", 0, packet[12:16], b"\0" * 4)))
            self._sent4.sendmsg([packet], told, 0, (socket.inet_ntoa(packet[16:20]), 0))
            return
        scope = socket.if_nametoindex(device) if device else 0
        traffic_class = (packet[0] << 4 | packet[1] >> 4) & 0xFF
        told = [(socket.IPPROTO_IPV6, IPV6_TCLASS, struct.pack("i", traffic_class))]
        if any(packet[8:24]) and packet[8] != 0xFF:
            told.append((socket.IPPROTO_IPV6, IPV6_PKTINFO, packet[8:24] + struct.pack("i", scope)))
        to = (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0, 0, scope)
        self._injector6(_transport6(packet)).sendmsg([packet], told, 0, to)

    def close(self):
        for descriptor in self.devices.values():
            os.close(descriptor)
        self.log.close()
        self._member.close()
        self._sent4.close()
        for sent in self._sent6.values():
            sent.close()


def _is_ipv6(address):
    """Whether an address as `ip addr add` takes it, with whatever words behind, is one of IPv6."""
    return ":" in address.split()[0]


def _packed6(address):
    return socket.inet_pton(socket.AF_INET6, address.split()[0].split("/")[0])


def _raw_socket(family, protocol):
    _libc.setfsuid(INJECTOR)
    try:
        return socket.socket(family, socket.SOCK_RAW, protocol)
    finally:
        _libc.setfsuid(0)


def _transport6(packet):
    """The transport protocol of an IPv6 packet."""
    protocol, at = packet[6], 40
    while protocol in EXTENSIONS and at + 8 <= len(packet):
        unit = EXTENSIONS[protocol]
        protocol, at = packet[at], at + 8 + packet[at + 1] * unit
    return protocol


def _await_local_routes(host):
    """Waits until the host knows its IPv6 addresses as its own: the kernel leaves that to a work queue."""
    wanted = {
        _packed6(address).hex()
        for interface in host.get("interfaces", {}).values()
        if (interface or {}).get("up") is not False
        for address in (interface or {}).get("addresses", [])
        if _is_ipv6(address)
    }
    deadline = time.monotonic() + 5
    while wanted:
        with open("/proc/net/ipv6_route", encoding="ascii") as routes:
            words = [line.split() for line in routes]
        wanted -= {route[0] for route in words if route[1] == "80" and int(route[8], 16) & RTF_LOCAL}
        if time.monotonic() > deadline:
            raise RuntimeError(f"no local route to {', '.join(wanted)}")
        if wanted:
            time.sleep(0.001)


def _open_device(name, is_ethernet):
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    kind = IFF_TAP if is_ethernet else IFF_TUN
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), kind | IFF_NO_PI))
    return descriptor


def recent():
    """Gives the lists of -m recent, by name."""
    folder = "/proc/self/net/xt_recent"
    texts = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="ascii") as file:
            texts[name] = file.read()
    return texts


def conntrack(family):
    """Gives the lines of `conntrack -L` for a family ('ipv4', 'ipv6')."""
    return _run(["conntrack", "-L", "-f", family], "").splitlines()


def forget():
    """Empties the table of connections."""
    _run(["conntrack", "-F"], "")


def expectations(family):
    """Gives the lines of `conntrack -L expect` for a family ('ipv4', 'ipv6')."""
    return _run(["conntrack", "-L", "expect", "-f", family], "").splitlines()


def sets():
    """Gives the text of `ipset save`."""
    return _run(["ipset", "save"], "")


def saved(program):
    """Gives the text of `iptables-save -c` or its sister."""
    return _run([f"{program}-legacy-save", "-c"], "")


@contextlib.contextmanager
def fingerprints(text):
    """Gives the kernel operating systems' fingerprints for as long as they are needed: the whole machine has one list of them."""
    if text is None:
        yield
        return
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        _run(["nfnl_osf", "-f", file.name], "")
        try:
            yield
        finally:
            _run(["nfnl_osf", "-f", file.name, "-d"], "")
