chains PREROUTING OUTPUT
table nat
family 4

-j DNAT --to-destination 198.51.100.7                       => same
-j DNAT --to-destination 198.51.100.7-198.51.100.8          => same
-j DNAT --persistent --random --to-destination 198.51.100.7 => -j DNAT --to-destination 198.51.100.7 --random --persistent
-p tcp -j DNAT --to-destination 198.51.100.7:8080           => same
-p tcp -j DNAT --to-destination :8080-8090                  => same
-p tcp -j DNAT --to-destination 198.51.100.7:https          => -p tcp -j DNAT --to-destination 198.51.100.7:443
-p udp -j DNAT --to-destination :500-600/1500               => same
-p udp -j DNAT --to-destination :500-600/domain             => -p udp -j DNAT --to-destination :500-600/53
-p udp -j DNAT --to-destination :500-600/7x                 => -p udp -j DNAT --to-destination :500-600/7 ?? text-ignored

-j DNAT                                                     !! missing-option @ 4
-j DNAT --to-destination 198.51.100.7 --random-fully        !! unknown-option @ 39
-j DNAT --to-destination :80                                !! needs-protocol @ 27
-p tcp -j DNAT --to-destination :80/90                      !! bad-range @ 36
-p tcp -j DNAT --to-destination :80-90/0                    !! port-out-of-range @ 40
-p tcp -j DNAT --to-destination :80-90/65536                !! port-out-of-range @ 40
-p tcp -j DNAT --to-destination :80-90/                     !! unknown-port @ 40
-p tcp -j DNAT --to-destination :80-90x                     !! bad-range @ 37

family 6
-j DNAT --to-destination 2001:db8::7                        => same
-p tcp -j DNAT --to-destination [2001:db8::7]:1-9/300       => same
-p tcp -j DNAT --to-destination [2001:db8::7]x:1            => -p tcp -j DNAT --to-destination [2001:db8::7]:1 ?? text-ignored

family 4 6
chains INPUT POSTROUTING
-p tcp -j DNAT --to-destination :80                         !! wrong-hook @ 11
table mangle
chains PREROUTING
-p tcp -j DNAT --to-destination :80                         !! wrong-table @ 11
