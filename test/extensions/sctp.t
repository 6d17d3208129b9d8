chains INPUT FORWARD OUTPUT

-p sctp -m sctp --sport 5                          => same
-p sctp --dport 5:9                                => -p sctp -m sctp --dport 5:9
-p sctp -m sctp ! --sport 5 ! --dport 7:           => -p sctp -m sctp ! --sport 5 ! --dport 7:65535
# unlike tcp, every port is printed where it was asked
-p sctp -m sctp --sport :                          => -p sctp -m sctp --sport 0:65535
-p sctp -m sctp                                    => same

-p sctp -m sctp --dport 9:5                        !! range-backwards @ 25
-p sctp -m sctp --dport http                       !! unknown-port @ 25
-p sctp -m sctp --chunk-types all INIT             !! not-supported-yet @ 17
