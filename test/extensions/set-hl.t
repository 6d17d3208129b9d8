chains PREROUTING INPUT FORWARD OUTPUT POSTROUTING
table mangle
family 6

-j HL --hl-set 64                                  => same
-j HL --hl-set 0                                   => same
-j HL --hl-inc 0x2                                 => -j HL --hl-inc 2
-j HL --hl-dec 1                                   => same

-j HL                                              !! missing-option @ 4
-j HL --hl-set                                     !! missing-argument @ 7
-j HL --hl-inc 0                                   !! number-out-of-range @ 16
-j HL --hl-dec 256                                 !! number-out-of-range @ 16
-j HL --hl-dec 1 --hl-inc 1                       !! exclusive-options @ 18

table filter
chains INPUT
-j HL --hl-set 1                                   !! wrong-table @ 4
