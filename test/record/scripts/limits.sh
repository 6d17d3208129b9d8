#!/bin/sh
# Limits against floods: new connections a second and connections at once for each source, lists of the good and the bad.

IPT=iptables
$IPT -w 5 -F
$IPT -w 5 -X

if ! ipset list -n allowed >/dev/null 2>&1; then
  ipset create allowed hash:net comment
fi
ipset create banned hash:ip timeout 600 -exist
ipset create banned hash:ip timeout 600 2>/dev/null || echo "there is a list of the banned"
for net in 192.0.2.0/25 198.51.100.7; do
  ipset add allowed $net comment "monitoring $net"
done
ipset restore <<SETS
create ports bitmap:port range 1-1024
add ports 80
add ports 443
SETS

limit() { # name port rate burst connections
  chain="limit-$1"
  $IPT -N "$chain"
  $IPT -A "$chain" -m set --match-set allowed src -j RETURN
  $IPT -A "$chain" -m connlimit --connlimit-above "$5" --connlimit-mask 24 -j REJECT --reject-with tcp-reset -p tcp
  $IPT -A "$chain" -m hashlimit --hashlimit-name "$1" --hashlimit-mode srcip --hashlimit-srcmask 32 \
    --hashlimit-upto "$3" --hashlimit-burst "$4" --hashlimit-htable-expire 30000 -j RETURN
  $IPT -A "$chain" -j SET --add-set banned src --exist
  $IPT -A "$chain" -m limit --limit 10/minute -j LOG --log-prefix "$1 flood: " --log-level warning
  $IPT -A "$chain" -j DROP
  $IPT -A INPUT -p tcp --dport "$2" --syn -m conntrack --ctstate NEW -j "$chain"
}

$IPT -A INPUT -m set --match-set banned src -m set ! --match-set allowed src -j DROP
while read -r name port rate burst connections; do
  case $name in ''|'#'*) continue ;; esac
  limit "$name" "$port" "$rate" "$burst" "$connections"
done <<SERVICES
# service port  rate       burst connections
web       80    50/second  100   40
https     443   50/second  100   40
smtp      25    6/minute   10    5
SERVICES

$IPT -A INPUT -p tcp -m set --match-set ports dst -j ACCEPT
$IPT -A INPUT -p udp -m hashlimit --hashlimit-name udp --hashlimit-mode srcip,dstport --hashlimit-above 512kb/s -j DROP
$IPT -t raw -A PREROUTING -p tcp --tcp-flags ALL NONE -j DROP
$IPT -t raw -A PREROUTING -p udp --dport 53 -j CT --notrack

# Smtp is not for us after all.
$IPT -D INPUT -p tcp --dport 25 --syn -m conntrack --ctstate NEW -j limit-smtp
$IPT -F limit-smtp && $IPT -X limit-smtp
ipset del allowed 198.51.100.7
ipset destroy banned || echo "still banning: $?"
ipset test allowed 192.0.2.99 2>&1

$IPT -S
$IPT -t raw -S PREROUTING
ipset save | sed 's/ initval 0x[0-9a-f]*//'
