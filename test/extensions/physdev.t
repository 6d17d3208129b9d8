chains INPUT FORWARD
-m physdev --physdev-in eth0                       => same
-m physdev --physdev-out vnet+ ! --physdev-in eth0 => -m physdev ! --physdev-in eth0 --physdev-out vnet+
-m physdev --physdev-is-bridged --physdev-is-out --physdev-is-in => -m physdev --physdev-is-in --physdev-is-out --physdev-is-bridged
-m physdev ! --physdev-is-bridged                  => same
-m physdev ! --physdev-is-in ! --physdev-is-out    => same
-m physdev --physdev-in a/b                        => same ?? odd-interface

-m physdev                                         !! missing-option @ 4
-m physdev --physdev-in longer-than-a-name         !! bad-interface @ 25
-m physdev --physdev-in eth0 --physdev-in eth1     !! duplicate-option @ 30

chains OUTPUT
-m physdev --physdev-in eth0                       => same
-m physdev --physdev-out eth0 --physdev-is-bridged => same
-m physdev --physdev-out eth0                      !! wrong-hook @ 4
-m physdev ! --physdev-is-out                      !! wrong-hook @ 4
-m physdev --physdev-out eth0 ! --physdev-is-bridged !! wrong-hook @ 4
table mangle
chains POSTROUTING PREROUTING
-m physdev --physdev-out eth0                      => same
