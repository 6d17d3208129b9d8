family 6
chains INPUT FORWARD OUTPUT
-m hbh                                             => same
-m hbh ! --hbh-len 5 --hbh-opts 1:2,23:42,4        => same
-m hbh --hbh-opts 0:1                              !! bad-option @ 21
