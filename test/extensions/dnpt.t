chains PREROUTING OUTPUT
table mangle
family 6

-j DNPT --src-pfx 2001:db8:7::/48 --dst-pfx fd00:1::/48     => same
-j DNPT --src-pfx 2001:db8:7::/48 --dst-pfx fd00:1:2::/ffff:ffff:ffff:: => -j DNPT --src-pfx 2001:db8:7::/48 --dst-pfx fd00:1:2::/48

-j DNPT --src-pfx 2001:db8:7::/48                           !! missing-option @ 4
-j DNPT --src-pfx 2001:db8:7::/48 --dst-pfx fd00::          !! bad-mask @ 45

chains INPUT POSTROUTING
-j DNPT --src-pfx fd00::/64 --dst-pfx 2001:db8::/64         !! wrong-hook @ 4
