chains PREROUTING OUTPUT
table raw

-j NOTRACK                                         => same
-p udp -m udp --dport 53 -j NOTRACK                => same

table filter
chains INPUT
-j NOTRACK                                         !! wrong-table @ 4
