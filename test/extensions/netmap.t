chains PREROUTING INPUT OUTPUT POSTROUTING
table nat
family 4

-j NETMAP --to 192.0.2.0/24                                 => same
-j NETMAP --to 192.0.2.7/24                                 => -j NETMAP --to 192.0.2.0/24
-j NETMAP --to 192.0.2.7                                    => -j NETMAP --to 192.0.2.7/32
-j NETMAP --to 10.1/0x10                                    => -j NETMAP --to 10.0.0.0/16
-j NETMAP --to 192.0.2.7/255.255.0.0                        => -j NETMAP --to 192.0.0.0/16
-j NETMAP --to 192.0.2.7/0                                  => -j NETMAP --to 0.0.0.0/0
-j NETMAP --to 192.0.2.7/33                                 => -j NETMAP --to 192.0.2.7/32 ?? mask-ignored
-j NETMAP --to 192.0.2.7/255.0.255.0                        => -j NETMAP --to 192.0.2.7/32 ?? mask-ignored

-j NETMAP                                                   !! missing-option @ 4
-j NETMAP --to 192.0.2.0/all                                !! bad-mask @ 26
-j NETMAP --to 192.0.2.256                                  !! bad-address @ 16
-j NETMAP --to 192.0.2.0/24 --to 192.0.2.0/24               !! duplicate-option @ 29

family 6
-j NETMAP --to 2001:db8:1::/48                              => same
-j NETMAP --to 2001:db8::5                                  => -j NETMAP --to 2001:db8::5/128
-j NETMAP --to 2001:db8::5/ffff:ff00::                      => -j NETMAP --to 2001:d00::/24

-j NETMAP --to 2001:db8::5/129                              !! bad-mask @ 28
-j NETMAP --to 192.0.2.0/24                                 !! bad-address @ 16

table filter
chains FORWARD
-j NETMAP --to 2001:db8::/32                                !! wrong-table @ 4
