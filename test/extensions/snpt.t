chains INPUT POSTROUTING
table mangle
family 6

-j SNPT --src-pfx fd00:1::/48 --dst-pfx 2001:db8:7::/48     => same
-j SNPT --dst-pfx 2001:db8:7::/48 --src-pfx fd00::/64       => -j SNPT --src-pfx fd00::/64 --dst-pfx 2001:db8:7::/48
-j SNPT --src-pfx ::/0 --dst-pfx 2001:db8::/64              => -j SNPT --dst-pfx 2001:db8::/64 ?? unreadable-print

-j SNPT                                                     !! missing-option @ 4, missing-option @ 4
-j SNPT --src-pfx fd00::/64                                 !! missing-option @ 4
-j SNPT --dst-pfx fd00::/64                                 !! missing-option @ 4
-j SNPT --src-pfx fd00::/65 --dst-pfx 2001:db8::/64         !! bad-mask @ 19
-j SNPT --src-pfx fd00::1 --dst-pfx 2001:db8::/64           !! bad-mask @ 19
-j SNPT --src-pfx fd00::1/64 --dst-pfx 2001:db8::/64        !! bad-address @ 19
-j SNPT --src-pfx fd00::/64 --dst-pfx 2001:db8::/16         !! bad-address @ 39

chains PREROUTING FORWARD OUTPUT
-j SNPT --src-pfx fd00::/64 --dst-pfx 2001:db8::/64         !! wrong-hook @ 4
table nat
chains POSTROUTING
-j SNPT --src-pfx fd00::/64 --dst-pfx 2001:db8::/64         !! wrong-table @ 4
