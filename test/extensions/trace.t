chains PREROUTING OUTPUT
table raw

-j TRACE                                           => same

table filter
chains INPUT
-j TRACE                                           !! wrong-table @ 4
