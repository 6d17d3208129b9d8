chains FORWARD OUTPUT POSTROUTING
table mangle

-j CLASSIFY --set-class 0001:00f0                  => same
-j CLASSIFY --set-class 1:f                        => -j CLASSIFY --set-class 0001:000f
-j CLASSIFY --set-class 0x1:0xF                    => -j CLASSIFY --set-class 0001:000f
-j CLASSIFY --set-class +1:+2                      => -j CLASSIFY --set-class 0001:0002
-j CLASSIFY --set-class 0x:1                       => -j CLASSIFY --set-class 0000:0001
-j CLASSIFY --set-class 0:-1                       => -j CLASSIFY --set-class 0000:ffff ?? number-out-of-range
-j CLASSIFY --set-class 12345:1                    => -j CLASSIFY --set-class 2345:0001 ?? number-out-of-range
-j CLASSIFY --set-class 123456789abcdef01:1        => -j CLASSIFY --set-class ffff:0001 ?? number-out-of-range
-j CLASSIFY --set-class 1:2z                       => -j CLASSIFY --set-class 0001:0002 ?? text-ignored

-j CLASSIFY                                        !! missing-option @ 4
-j CLASSIFY --set-class 1                          !! bad-class @ 25
-j CLASSIFY --set-class 1:                         !! bad-class @ 25
-j CLASSIFY --set-class :1                         !! bad-class @ 25
-j CLASSIFY --set-class x:1                        !! bad-class @ 25

chains PREROUTING INPUT
-j CLASSIFY --set-class 1:1                        !! wrong-hook @ 4
table filter
chains OUTPUT
-j CLASSIFY --set-class 0001:0001                  => same
