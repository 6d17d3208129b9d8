chains INPUT FORWARD OUTPUT

-m addrtype --src-type LOCAL                       => same
-m addrtype ! --dst-type unicast                   => -m addrtype ! --dst-type UNICAST
-m addrtype --dst-type MULTI,LOC,UNSPEC            => -m addrtype --dst-type UNSPEC,LOCAL,MULTICAST
-m addrtype --src-type ANYCAST,UNREACHABLE --dst-type LOCAL => same

-m addrtype                                        !! missing-option @ 4
-m addrtype --src-type                             !! missing-argument @ 13
-m addrtype --src-type HOME                        !! unknown-address-type @ 24
-m addrtype --src-type LOCAL,                      !! unknown-address-type @ 30

family 4
-m addrtype --dst-type BROADCAST,BLACKHOLE,PROHIBIT,THROW,NAT,XRESOLVE => same

family 6
-m addrtype --dst-type BROADCAST                   !! not-for-ipv6 @ 24
-m addrtype --dst-type LOCAL,BLACKHOLE             !! not-for-ipv6 @ 24
-m addrtype --dst-type PROHIBIT                    !! not-for-ipv6 @ 24

family 4 6
chains INPUT
-m addrtype --src-type LOCAL --limit-iface-in      => same
-m addrtype --src-type LOCAL --limit-iface-out     !! wrong-hook @ 4
-m addrtype --limit-iface-in                       !! missing-option @ 4

chains OUTPUT
-m addrtype --dst-type LOCAL --limit-iface-out     => same
-m addrtype --dst-type LOCAL --limit-iface-in      !! wrong-hook @ 4

chains FORWARD
-m addrtype --dst-type LOCAL --limit-iface-out     => same
-m addrtype --dst-type LOCAL --limit-iface-in      => same
-m addrtype --dst-type LOCAL --limit-iface-in --limit-iface-out !! exclusive-options @ 47
