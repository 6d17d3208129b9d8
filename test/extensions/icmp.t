chains INPUT FORWARD OUTPUT
family 4

-p icmp -m icmp --icmp-type 8                      => same
-p icmp --icmp-type 8                              => -p icmp -m icmp --icmp-type 8
-p icmp -m icmp --icmp-type any                    => same
-p icmp -m icmp ! --icmp-type any                  => same
-p icmp -m icmp --icmp-type 255/3                  => -p icmp -m icmp --icmp-type any
-p icmp -m icmp --icmp-type echo-request           => -p icmp -m icmp --icmp-type 8
-p icmp -m icmp --icmp-type ping                   => -p icmp -m icmp --icmp-type 8
-p icmp -m icmp --icmp-type PoNg                   => -p icmp -m icmp --icmp-type 0
-p icmp -m icmp --icmp-type port-unreachable       => -p icmp -m icmp --icmp-type 3/3
-p icmp -m icmp --icmp-type fragm                  => -p icmp -m icmp --icmp-type 3/4
-p icmp -m icmp ! --icmp-type 5/1                  => same
-p icmp -m icmp --icmp-type 0x0b/0                 => -p icmp -m icmp --icmp-type 11/0
-p icmp -m icmp --icmp-type 3/0:255                => -p icmp -m icmp --icmp-type 3
# of a range of codes iptables prints the first
-p icmp -m icmp --icmp-type 3/2:9                  => -p icmp -m icmp --icmp-type 3/2
-p icmp -m icmp --icmp-type 3:3/1                  => -p icmp -m icmp --icmp-type 3/1

-p icmp -m icmp                                    !! missing-option @ 12
-p icmp -m icmp --icmp-type 256                    !! unknown-icmp-type @ 29
-p icmp -m icmp --icmp-type 3/256                  !! unknown-icmp-type @ 29
-p icmp -m icmp --icmp-type 3:4                    !! unknown-icmp-type @ 29
-p icmp -m icmp --icmp-type tos                    !! ambiguous-icmp-type @ 29
-p icmp -m icmp --icmp-type nonsense               !! unknown-icmp-type @ 29
