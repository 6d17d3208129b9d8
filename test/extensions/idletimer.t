chains INPUT FORWARD OUTPUT

-j IDLETIMER --timeout 600 --label hookline-a      => same
-j IDLETIMER --label hookline-b --timeout 0x10     => -j IDLETIMER --timeout 16 --label hookline-b
-j IDLETIMER --timeout 2147482 --label hookline-c --alarm => same
-j IDLETIMER --timeout 1 --label hookline-abcdefghijklmnopqrstuvwxyz => -j IDLETIMER --timeout 1 --label hookline-abcdefghijklmnopqr ?? text-cut
-j IDLETIMER --timeout 1 --label "hookline d"      => -j IDLETIMER --timeout 1 --label hookline d ?? unreadable-print

-j IDLETIMER                                       !! missing-option @ 4, missing-option @ 4
-j IDLETIMER --timeout 1                           !! missing-option @ 4
-j IDLETIMER --label a                             !! missing-option @ 4
-j IDLETIMER --timeout 0 --label a                 !! number-out-of-range @ 24
-j IDLETIMER --timeout 2147483 --label a           !! number-out-of-range @ 24
-j IDLETIMER --timeout 1 --label a/b               !! bad-name @ 4
-j IDLETIMER --timeout 1 --label power             !! bad-name @ 4
-j IDLETIMER --timeout 1 --label ""                !! bad-name @ 4
