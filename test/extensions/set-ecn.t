chains PREROUTING INPUT FORWARD OUTPUT POSTROUTING
table mangle
family 4

-p tcp -j ECN --ecn-tcp-remove                     => same
-p tcp -j ECN --ecn-tcp-cwr 0 --ecn-tcp-ece 0      => -p tcp -j ECN --ecn-tcp-remove
-p tcp -j ECN --ecn-tcp-cwr 1                      => same
-p tcp -j ECN --ecn-tcp-cwr 1 --ecn-tcp-ece 0      => -p tcp -j ECN --ecn-tcp-ece 0 --ecn-tcp-cwr 1
-j ECN --ecn-ip-ect 3                              => same
-p tcp -j ECN --ecn-tcp-remove --ecn-ip-ect 0      => -p tcp -j ECN --ecn-tcp-ece 0 --ecn-tcp-cwr 0 --ecn-ip-ect 0
-p tcp -j ECN --ecn-ip-ect 1 --ecn-tcp-remove      => -p tcp -j ECN --ecn-tcp-remove ?? option-dropped

-p tcp -j ECN                                      !! missing-option @ 11
-p tcp -j ECN --ecn-tcp-cwr 2                      !! number-out-of-range @ 29
-j ECN --ecn-ip-ect 4                              !! number-out-of-range @ 21
-p tcp -j ECN --ecn-tcp-remove --ecn-tcp-cwr 0     !! exclusive-options @ 32
-j ECN --ecn-tcp-remove                            !! needs-protocol @ 4
! -p tcp -j ECN --ecn-tcp-ece 0                    !! needs-protocol @ 13

table filter
chains INPUT
-j ECN --ecn-ip-ect 1                              !! wrong-table @ 4
