chains INPUT FORWARD OUTPUT
-m ecn --ecn-ip-ect 0                              => same
-m ecn ! --ecn-ip-ect 3                            => same
-p tcp -m ecn --ecn-tcp-cwr                        => same
-p tcp -m ecn ! --ecn-tcp-cwr --ecn-ip-ect 2 --ecn-tcp-ece => -p tcp -m ecn --ecn-tcp-ece ! --ecn-tcp-cwr --ecn-ip-ect 2

-m ecn                                             !! missing-option @ 4
-m ecn --ecn-ip-ect 4                              !! number-out-of-range @ 21
-m ecn --ecn-tcp-ece                               !! wrong-protocol @ 4
-p udp -m ecn --ecn-tcp-cwr                        !! wrong-protocol @ 11
! -p tcp -m ecn --ecn-tcp-ece                      !! wrong-protocol @ 13
