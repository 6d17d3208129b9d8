family 4
chains INPUT FORWARD
-p tcp -m osf --genre Linux                        => same
-p tcp -m osf --log 1 --ttl 2 ! --genre FreeBSD    => -p tcp -m osf ! --genre FreeBSD --ttl 2 --log 1
-p tcp -m osf --genre "Mac OS"                     => -p tcp -m osf --genre Mac OS ?? unreadable-print

-p tcp -m osf                                      !! missing-option @ 11
-m osf --genre Linux                               !! wrong-protocol @ 4
-p tcp -m osf --genre Linux --ttl 3                !! number-out-of-range @ 35
chains OUTPUT
-p tcp -m osf --genre Linux                        !! wrong-hook @ 11
