#!/bin/bash
# Port knocking: ssh opens for ten seconds to whoever knocks at three ports in the right order.

KNOCKS=(7000 8000 9000)
SECONDS_PER_KNOCK=10
PORT=22

fw() {
  if ! iptables "$@"; then
    echo "failed: iptables $*"
    failures=$((failures + 1))
  fi
}
failures=0

# Whatever is there from an earlier run, in the order in which it can be deleted.
while iptables -D INPUT -j knocking 2>/dev/null; do :; done
for chain in knocking $(iptables -S | sed -n 's/^-N \(knock-[0-9]*\)$/\1/p'); do
  iptables -F "$chain" 2>/dev/null && iptables -X "$chain"
done

fw -N knocking
for i in "${!KNOCKS[@]}"; do
  fw -N "knock-$i"
  if [ "$i" -gt 0 ]; then
    # Every knock is good once.
    fw -A "knock-$i" -m recent --name "knock-$((i - 1))" --remove
  fi
  fw -A "knock-$i" -p tcp --dport "${KNOCKS[$i]}" -m recent --name "knock-$i" --set -j DROP
done

last=$((${#KNOCKS[@]} - 1))
fw -A knocking -p tcp --dport "$PORT" -m recent --name "knock-$last" --rcheck --seconds "$SECONDS_PER_KNOCK" --reap -j ACCEPT
for ((i = last; i > 0; i--)); do
  fw -A knocking -m recent --name "knock-$((i - 1))" --rcheck --seconds "$SECONDS_PER_KNOCK" -j "knock-$i"
done
fw -A knocking -j knock-0
fw -A knocking -p tcp --dport "$PORT" -j DROP

fw -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
fw -A INPUT -j knocking

# Second thoughts: nothing but the interface that faces the world knocks.
number=$(iptables -L INPUT -n --line-numbers | awk '$2 == "knocking" { print $1 }')
fw -R INPUT "$number" -i eth+ -j knocking
fw -A INPUT -j no-such-chain
fw -X knocking
fw -E knock-0 first-knock
fw -Z

iptables-save -c | sed '/^#/d'
iptables -L knocking -v -n -x
exit "$failures"
