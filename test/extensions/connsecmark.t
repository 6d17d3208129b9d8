chains PREROUTING INPUT FORWARD OUTPUT POSTROUTING
table mangle

-j CONNSECMARK --save                              => same
-j CONNSECMARK --restore                           => same

-j CONNSECMARK                                     !! missing-option @ 4
-j CONNSECMARK --save --restore                    !! exclusive-options @ 23
-j CONNSECMARK --save --save                       !! duplicate-option @ 23

table security
chains INPUT FORWARD OUTPUT
-j CONNSECMARK --save                              => same
table filter
-j CONNSECMARK --save                              !! wrong-table @ 4
