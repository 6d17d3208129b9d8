chains INPUT FORWARD OUTPUT

-m length --length 100                             => same
-m length ! --length 0:1500                        => same
-m length --length :1500                           => -m length --length 0:1500
-m length --length 1500:                           => -m length --length 1500:65535
-m length --length :                               => -m length --length 0:65535
-m length --length 0x28                            => -m length --length 40
-m length --length 9:8                             => same ?? range-backwards

-m length                                          !! missing-option @ 4
-m length --length 65536                           !! number-out-of-range @ 20
-m length --length 1:2:3                           !! bad-range @ 20
-m length --length big                             !! bad-number @ 20
