chains OUTPUT
-m owner --uid-owner root                          => -m owner --uid-owner 0
-m owner ! --uid-owner 1000-1999                   => same
-m owner --uid-owner 33:0x21                       => -m owner --uid-owner 33
-m owner --uid-owner 4294967294                    => same
-m owner --gid-owner www-data --suppl-groups       => -m owner --gid-owner 33 --suppl-groups
-m owner ! --gid-owner 5:7 --uid-owner nobody      => -m owner --uid-owner 65534 ! --gid-owner 5-7
-m owner --uid-owner 7 --socket-exists             => -m owner --socket-exists --uid-owner 7
-m owner ! --socket-exists                         => same

-m owner                                           !! missing-option @ 4
-m owner --suppl-groups                            !! missing-option @ 10
-m owner --suppl-groups --gid-owner 3              !! missing-option @ 10
-m owner --uid-owner 4294967295                    !! number-out-of-range @ 22
-m owner --uid-owner 9-3                           !! range-backwards @ 22
-m owner --uid-owner 3-                            !! unknown-user @ 22
-m owner --uid-owner 1-2-3                         !! unknown-user @ 22
-m owner --gid-owner no-such-group                 !! unknown-group @ 22
-m owner --pid-owner 1                             !! missing-option @ 4, unknown-option @ 10

chains INPUT
-m owner --uid-owner 0                             !! wrong-hook @ 4
table mangle
chains POSTROUTING
-m owner --uid-owner 0                             => same
chains PREROUTING FORWARD
-m owner --uid-owner 0                             !! wrong-hook @ 4
