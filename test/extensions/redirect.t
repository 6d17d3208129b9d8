chains PREROUTING OUTPUT
table nat

-j REDIRECT                                                 => same
-j REDIRECT --random                                        => same
-p tcp -j REDIRECT --to-ports 3128                          => same
-p tcp -j REDIRECT --random --to-ports 3128-3130            => -p tcp -j REDIRECT --to-ports 3128-3130 --random
-p tcp -j REDIRECT --to-ports 0                             => same
-p tcp -j REDIRECT --to-port squid                          !! unknown-port @ 30
-p tcp -j REDIRECT --to-port 3128                           => -p tcp -j REDIRECT --to-ports 3128

-j REDIRECT --to-ports 3128                                 !! needs-protocol @ 24
-p tcp -j REDIRECT --to-ports 10-20/5                       !! bad-range @ 11
-p tcp -j REDIRECT --to-ports 20-10                         !! range-backwards @ 31
-j REDIRECT --random-fully                                  !! unknown-option @ 13

chains INPUT POSTROUTING
-j REDIRECT                                                 !! wrong-hook @ 4
table filter
chains FORWARD
-j REDIRECT                                                 !! wrong-table @ 4
