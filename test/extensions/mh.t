family 6
chains INPUT FORWARD OUTPUT
-p mobility-header -m mh                           => same
-p mh --mh-type 1                                  => -p mobility-header -m mh --mh-type 1
-p mh -m mh ! --mh-type Home-Test                  => -p mobility-header -m mh ! --mh-type 3
# the first that begins so
-p mh -m mh --mh-type home                         => -p mobility-header -m mh --mh-type 1
-p mh -m mh --mh-type b:be                         => -p mobility-header -m mh --mh-type 0:7
-p mh -m mh --mh-type 5:                           => -p mobility-header -m mh --mh-type 5:255
-p mh -m mh ! --mh-type :                          => -p mobility-header -m mh

-m mh                                              !! wrong-protocol @ 4
-p mh -m mh --mh-type 5:3                          !! range-backwards @ 23
-p mh -m mh --mh-type 256                          !! number-out-of-range @ 23
-p mh -m mh --mh-type pigeon                       !! bad-number @ 23
