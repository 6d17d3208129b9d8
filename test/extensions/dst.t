family 6
chains INPUT FORWARD OUTPUT
-m dst                                             => same
-m dst ! --dst-len 0                               => same
-m dst --dst-opts 1:0x2,0,5 --dst-len 8            => -m dst --dst-len 8 --dst-opts 1:2,0,5
# any length
-m dst --dst-opts 3:255                            => -m dst --dst-opts 3
-m dst --dst-opts 300                              => -m dst --dst-opts 44 ?? number-cut
-m dst --dst-opts -1                               => -m dst --dst-opts 255 ?? number-cut

-m dst --dst-opts 0:1                              !! bad-option @ 21
-m dst --dst-opts ""                               !! bad-number @ 19
-m dst --dst-opts 1,x                              !! bad-number @ 21
-m dst --dst-opts 1:                               !! bad-number @ 21
-m dst --dst-opts 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16:1 !! too-many-options @ 58
-m dst --dst-opts 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 !! too-many-options @ 58
-m dst ! --dst-opts 1                              !! not-invertible @ 10
