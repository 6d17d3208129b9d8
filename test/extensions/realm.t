family 4
chains INPUT FORWARD OUTPUT
-m realm --realm 0x1/0x2a                          => same
-m realm ! --realm 17                              => -m realm ! --realm 0x11
-m realm --realm 0                                 => -m realm --realm cosmos
-m realm --realm cosmos                            => same

-m realm                                           !! missing-option @ 4
-m realm --realm russia                            !! unknown-realm @ 18
table mangle
chains PREROUTING
-m realm --realm 1                                 !! wrong-hook @ 4
