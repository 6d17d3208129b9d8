chains INPUT FORWARD OUTPUT
-p esp -m esp                                      => same
-p esp -m esp --espspi 500                         => same
-p esp ! --espspi 0x1:0xff                         => -p esp -m esp ! --espspi 1:255
-p esp -m esp ! --espspi 0:                        => -p esp -m esp
-p esp -m esp --espspi 0:                          => -p esp -m esp

-m esp --espspi 1                                  !! wrong-protocol @ 4
-p esp -m esp --espspi -1                          !! bad-number @ 24
