chains INPUT POSTROUTING
table nat
family 4

-j SNAT --to-source 192.0.2.1                          => same
-j SNAT --to-source 192.0.2.1-192.0.2.9                => same
-j SNAT --to-source 192.0.2.1-192.0.2.1                => -j SNAT --to-source 192.0.2.1
-j SNAT --to-source 192.0.2.9-192.0.2.1                => same ?? range-backwards
-j SNAT --persistent --random-fully --to 192.0.2.1     => -j SNAT --to-source 192.0.2.1 --random-fully --persistent
-j SNAT --to-source 192.0.2.1 --random                 => same
-p tcp -j SNAT --to-source 192.0.2.1:1024              => same
-p udp -j SNAT --to-source 192.0.2.1:0x400-0x7ff       => -p udp -j SNAT --to-source 192.0.2.1:1024-2047
-p sctp -j SNAT --to-source 192.0.2.1-192.0.2.2:9-10   => same
-p dccp -j SNAT --to-source :80-80                     => -p dccp -j SNAT --to-source :80
-p icmp -j SNAT --to-source :5-7                       => same
! -p tcp -j SNAT --to-source 192.0.2.1:http            => ! -p tcp -j SNAT --to-source 192.0.2.1:80
# two characters before the colon count as "no address"
-p tcp -j SNAT --to-source 10:80                       => -p tcp -j SNAT --to-source :80 ?? text-ignored
# SNAT has no place for the base of a shifted range
-p tcp -j SNAT --to-source 192.0.2.1:1000-2000/5       => -p tcp -j SNAT --to-source 192.0.2.1:1000-2000/0 ?? unreadable-print

-j SNAT                                                !! missing-option @ 4
-j SNAT --random                                       !! missing-option @ 4
-j SNAT --to-source 192.0.2.1 --to-source 192.0.2.2    !! duplicate-option @ 31
-j SNAT ! --to-source 192.0.2.1                        !! not-invertible @ 11
-j SNAT --to-source 192.0.2                            !! bad-address @ 21
-j SNAT --to-source 192.0.2.01                         !! bad-address @ 21
-j SNAT --to-source 192.0.2.1-                         !! bad-address @ 31
-j SNAT --to-source 192.0.2.1-me                       !! bad-address @ 31
-j SNAT --to-source 2001:db8::1                        !! bad-address @ 21
-j SNAT --to-source [192.0.2.1]                        !! bad-address @ 21
-j SNAT --to-source 192.0.2.1:80                       !! needs-protocol @ 31
-j SNAT --to-source 192.0.2.1:80 -p tcp                !! needs-protocol @ 31
-p udplite -j SNAT --to-source :80                     !! needs-protocol @ 33
-p tcp -j SNAT --to-source 192.0.2.1:                  !! unknown-port @ 38
-p tcp -j SNAT --to-source 192.0.2.1:65536             !! port-out-of-range @ 38
-p tcp -j SNAT --to-source 192.0.2.1:nothing           !! unknown-port @ 38
-p tcp -j SNAT --to-source :80:90                      !! bad-address @ 28
-p tcp -j SNAT --to-source :80+90                      !! bad-range @ 31
-p tcp -j SNAT --to-source :90-80                      !! range-backwards @ 29
-p tcp -j SNAT --to-source :90-http                    !! bad-range @ 32
-p tcp -j SNAT --to-source :90-                        !! bad-range @ 32

family 6
-j SNAT --to-source 2001:db8::1                        => same
-j SNAT --to-source [2001:db8::1]                      => -j SNAT --to-source 2001:db8::1
-j SNAT --to-source 2001:db8::1-2001:db8::f --random   => same
-j SNAT --to-source 2001:DB8:0::1                      => -j SNAT --to-source 2001:db8::1
-p tcp -j SNAT --to-source [2001:db8::1]:80            => same
-p udp -j SNAT --to-source [2001:db8::1-2001:db8::2]:80-90 => same
-p udp -j SNAT --to-source []:7-9                      => -p udp -j SNAT --to-source :7-9
-p udp -j SNAT --to-source a[2001:db8::1]:7            => -p udp -j SNAT --to-source [2001:db8::1]:7 ?? text-ignored
# without brackets it is part of the address
-p tcp -j SNAT --to-source 2001:db8::1:80              => same

-j SNAT --to-source 192.0.2.1                          !! bad-address @ 21
-j SNAT --to-source [2001:db8::1                       !! bad-address @ 21
-p ipv6-icmp -j SNAT --to-source [2001:db8::1]:80      !! needs-protocol @ 48

family 4 6
chains OUTPUT PREROUTING
-p tcp -j SNAT --to-source :80                         !! wrong-hook @ 11
table filter
chains INPUT
-p tcp -j SNAT --to-source :80                         !! wrong-table @ 11
