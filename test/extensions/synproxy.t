chains INPUT FORWARD

-p tcp -j SYNPROXY                                 => same
-p tcp -j SYNPROXY --mss 1460 --wscale 7 --timestamp --sack-perm => -p tcp -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460
-p tcp -j SYNPROXY --ecn --mss 536                 => -p tcp -j SYNPROXY --mss 536 --ecn
-p tcp -j SYNPROXY --wscale 256                    => -p tcp -j SYNPROXY --wscale 0 ?? number-out-of-range
-p tcp -j SYNPROXY --mss 70000                     => -p tcp -j SYNPROXY --mss 4464 ?? number-out-of-range

-j SYNPROXY                                        !! wrong-protocol @ 4
-p udp -j SYNPROXY                                 !! wrong-protocol @ 11
! -p tcp -j SYNPROXY                               !! wrong-protocol @ 13
-p tcp -j SYNPROXY --mss 4294967296                !! number-out-of-range @ 26

chains OUTPUT
-p tcp -j SYNPROXY                                 !! wrong-hook @ 11
