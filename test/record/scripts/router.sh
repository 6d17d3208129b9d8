#!/bin/sh
# A router with NAT: two LANs behind one address, port forwarding, a guest network that may only go out.
# Run with "stop" it takes everything away again.

set -eu

WAN=eth0
LAN=eth1
GUEST=eth2
LAN_NET=10.0.0.0/24
GUEST_NET=10.0.9.0/24
LAN6_NET=2001:db8:1::/64

# protocol, port outside, host, port inside
FORWARDS="tcp,80,10.0.0.10,8080
tcp,443,10.0.0.10,8443
udp,51820,10.0.0.2,51820"

have_chain() {
  iptables -t "$1" -S "$2" >/dev/null 2>&1
}

new_chain() {
  if have_chain "$1" "$2"; then
    iptables -t "$1" -F "$2"
  else
    iptables -t "$1" -N "$2"
  fi
}

# Adds a rule unless it is there.
once() {
  table=$1 chain=$2
  shift 2
  iptables -t "$table" -C "$chain" "$@" 2>/dev/null || iptables -t "$table" -A "$chain" "$@"
}

stop() {
  for tool in iptables ip6tables; do
    for table in filter nat mangle; do
      $tool -t $table -F
      $tool -t $table -X
    done
    for chain in INPUT FORWARD OUTPUT; do
      $tool -P $chain ACCEPT
    done
  done
}

addresses() {
  ip addr add 192.0.2.2/24 dev $WAN
  ip addr add 10.0.0.1/24 dev $LAN
  ip addr add 10.0.9.1/24 dev $GUEST
  for link in $WAN $LAN $GUEST; do
    ip link set $link up
  done
  ip route add default via 192.0.2.1 dev $WAN
  sysctl -q -w net.ipv4.ip_forward=1
  sysctl -q net.ipv4.conf.all.rp_filter=1
}

port_forwards() {
  new_chain nat forwards
  new_chain filter forwards
  echo "$FORWARDS" | while IFS=, read -r protocol port host inside; do
    iptables -t nat -A forwards -p "$protocol" --dport "$port" -j DNAT --to-destination "$host:$inside"
    iptables -A forwards -d "$host" -p "$protocol" --dport "$inside" -m comment --comment "from port $port" -j ACCEPT
  done
  once nat PREROUTING -i $WAN -j forwards
}

start() {
  stop
  addresses
  for chain in INPUT FORWARD; do
    iptables -P $chain DROP
    ip6tables -P $chain DROP
    once filter $chain -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    once filter $chain -m conntrack --ctstate INVALID -j DROP
    ip6tables -A $chain -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
  done
  port_forwards

  iptables -A INPUT -i lo -j ACCEPT
  iptables -A INPUT -i $LAN -s $LAN_NET -j ACCEPT
  iptables -A INPUT -i $GUEST -p udp -m multiport --dports 53,67 -j ACCEPT
  iptables -A INPUT -p icmp --icmp-type echo-request -m limit --limit 5/second -j ACCEPT

  iptables -A FORWARD -i $LAN -s $LAN_NET -j ACCEPT
  iptables -A FORWARD -i $GUEST -o $WAN -s $GUEST_NET -j ACCEPT
  iptables -A FORWARD -i $WAN -m conntrack --ctstate DNAT -j forwards
  # The guests must not see the LAN, whatever stands above.
  iptables -I FORWARD 3 -i $GUEST -o $LAN -j REJECT --reject-with icmp-admin-prohibited

  for net in $LAN_NET $GUEST_NET; do
    once nat POSTROUTING -s $net -o $WAN -j MASQUERADE
    once nat POSTROUTING -s $net -o $WAN -j MASQUERADE
  done
  iptables -t mangle -A FORWARD -o $WAN -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu

  ip6tables-restore --noflush <<RULES
*filter
:lan - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p ipv6-icmp -j ACCEPT
-A INPUT -i $LAN -j lan
-A FORWARD -i $LAN -s $LAN6_NET -j ACCEPT
-A lan -s $LAN6_NET,fe80::/10 -j ACCEPT
COMMIT
RULES
}

case "${1:-start}" in
  start) start ;;
  stop) stop ;;
  *) echo "usage: $0 start|stop" >&2; exit 64 ;;
esac

iptables -S
iptables -t nat -L -n --line-numbers
iptables-save -t mangle | grep -v '^#'
ip6tables -L -n -v
ip route show default | awk '{ print $3, $5 }'
ip -4 -o addr show dev $LAN | awk '{ print $4 }'
