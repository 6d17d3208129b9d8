family 6
chains INPUT FORWARD OUTPUT
-m rt                                              => same
-m rt --rt-type 0 ! --rt-len 22                    => same
-m rt ! --rt-type 2 --rt-segsleft 1                => same
-m rt --rt-segsleft 1:5                            => same
-m rt ! --rt-segsleft :5                           => -m rt ! --rt-segsleft 0:5
# every number of segments prints nothing, be it inverted
-m rt ! --rt-segsleft 0:                           => -m rt
-m rt --rt-type 0 --rt-0-res --rt-0-addrs 2001:DB8::1,::2 --rt-0-not-strict => -m rt --rt-type 0 --rt-0-res --rt-0-addrs 2001:db8::1,::2 --rt-0-not-strict
-m rt --rt-segsleft 5:1                            => same ?? range-backwards

-m rt --rt-0-res                                   !! missing-option @ 7
-m rt --rt-0-res --rt-type 0                       !! missing-option @ 7
-m rt --rt-type 1 --rt-0-res                       !! missing-option @ 19
-m rt ! --rt-type 0 --rt-0-addrs ::1               !! missing-option @ 21
-m rt --rt-type 0 --rt-0-not-strict                !! missing-option @ 19
-m rt --rt-type 0 --rt-0-addrs ::1,nowhere         !! bad-address @ 36
-m rt --rt-type 0 --rt-0-addrs ::,::,::,::,::,::,::,::,::,::,::,::,::,::,::,::,:: !! too-many-addresses @ 80
-m rt --rt-segsleft 1:2:3                          !! bad-range @ 21
-m rt ! --rt-0-res                                 !! not-invertible @ 9
