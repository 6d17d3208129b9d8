chains POSTROUTING
table nat

-j MASQUERADE                                               => same
-j MASQUERADE --random                                      => same
-j MASQUERADE --random-fully --random                       => -j MASQUERADE --random --random-fully
-p tcp -j MASQUERADE --random --to-ports 2000               => -p tcp -j MASQUERADE --to-ports 2000 --random
-p udp -j MASQUERADE --to-ports 2000-3000                   => same
-p udp -j MASQUERADE --to-ports ntp                         => -p udp -j MASQUERADE --to-ports 123
-p udp -j MASQUERADE --to-ports 20-30/4                     => -p udp -j MASQUERADE --to-ports 20-30/0 ?? unreadable-print

-j MASQUERADE --to-ports 2000                               !! needs-protocol @ 26
-p udp -j MASQUERADE --to-ports 2000-70000                  !! bad-range @ 38
-p udp -j MASQUERADE --to-ports -1                          !! unknown-port @ 33
-p udp -j MASQUERADE --to-ports 20:30                       !! bad-range @ 35
-j MASQUERADE --persistent                                  !! unknown-option @ 15

chains PREROUTING INPUT OUTPUT
-j MASQUERADE                                               !! wrong-hook @ 4
table mangle
chains POSTROUTING
-j MASQUERADE                                               !! wrong-table @ 4
