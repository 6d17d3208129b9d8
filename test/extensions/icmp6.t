chains INPUT FORWARD OUTPUT
family 6

-p ipv6-icmp -m icmp6 --icmpv6-type 128            => same
-p icmpv6 --icmpv6-type 128                        => -p ipv6-icmp -m icmp6 --icmpv6-type 128
-p icmpv6 -m icmpv6 --icmpv6-type echo-reply       => -p ipv6-icmp -m icmp6 --icmpv6-type 129
-p icmpv6 -m ipv6-icmp --icmpv6-type packet-too-big => -p ipv6-icmp -m icmp6 --icmpv6-type 2
-p ipv6-icmp -m icmp6 ! --icmpv6-type no-route     => -p ipv6-icmp -m icmp6 ! --icmpv6-type 1/0
-p ipv6-icmp -m icmp6 --icmpv6-type neighbor-sol   => -p ipv6-icmp -m icmp6 --icmpv6-type 135
-p ipv6-icmp -m icmp6 --icmpv6-type 255            => same
-p ipv6-icmp -m icmp6 --icmpv6-type 4/1:2          => -p ipv6-icmp -m icmp6 --icmpv6-type 4/1

-p ipv6-icmp -m icmp6                              !! missing-option @ 17
-p ipv6-icmp -m icmp6 --icmpv6-type any            !! unknown-icmp-type @ 37
-p ipv6-icmp -m icmp6 --icmpv6-type router         !! ambiguous-icmp-type @ 37
