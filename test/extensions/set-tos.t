chains PREROUTING INPUT FORWARD OUTPUT POSTROUTING
table mangle

-j TOS --set-tos 0x10                              => -j TOS --set-tos 0x10/0xff
-j TOS --set-tos 0x10/0x1c                         => same
-j TOS --set-tos minimize-COST                     => -j TOS --set-tos 0x02/0x3f
-j TOS --and-tos 0x0f                              => -j TOS --set-tos 0x00/0xf0
-j TOS --or-tos 0x0f                               => -j TOS --set-tos 0x0f/0x0f
-j TOS --xor-tos 0x0f                              => -j TOS --set-tos 0x0f/0x00

-j TOS                                             !! missing-option @ 4
-j TOS --set-tos 256                               !! number-out-of-range @ 18
-j TOS --set-tos minimize-cost/0xff                !! unknown-tos @ 18
-j TOS --and-tos 1/2                               !! bad-number @ 18
-j TOS --and-tos 1 --or-tos 2                      !! exclusive-options @ 20

table filter
chains INPUT
-j TOS --set-tos 1                                 !! wrong-table @ 4
