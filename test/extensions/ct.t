chains PREROUTING OUTPUT
table raw

-j CT --notrack                                    => same

-j CT                                              !! not-supported-yet @ 4
-j CT --notrack --zone 1                           !! not-supported-yet @ 17
-j CT --helper ftp                                 !! not-supported-yet @ 7

table mangle
chains PREROUTING
-j CT --notrack                                    !! wrong-table @ 4
