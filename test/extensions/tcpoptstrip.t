chains PREROUTING INPUT FORWARD OUTPUT POSTROUTING
table mangle

-p tcp -j TCPOPTSTRIP                              => same
-p tcp -j TCPOPTSTRIP --strip-options 3            => same
-p tcp -j TCPOPTSTRIP --strip-options timestamp,mss,0x20 => -p tcp -j TCPOPTSTRIP --strip-options 2,8,32
-p tcp -j TCPOPTSTRIP --strip-options wscale,sack-permitted,sack,md5,255 => -p tcp -j TCPOPTSTRIP --strip-options 3,4,5,19,255

-p tcp -j TCPOPTSTRIP --strip-options 1            !! number-out-of-range @ 39
-p tcp -j TCPOPTSTRIP --strip-options 2,256        !! number-out-of-range @ 41
-p tcp -j TCPOPTSTRIP --strip-options MSS          !! unknown-tcp-option @ 39
-p tcp -j TCPOPTSTRIP --strip-options mss,         !! unknown-tcp-option @ 43
-p tcp -j TCPOPTSTRIP --strip-options mss,2        !! duplicate-value @ 43
-j TCPOPTSTRIP                                     !! wrong-protocol @ 4

table filter
chains INPUT
-p tcp -j TCPOPTSTRIP                              !! wrong-table @ 11
