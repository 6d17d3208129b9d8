chains INPUT FORWARD OUTPUT

-p sctp -m sctp --sport 5                          => same
-p sctp --dport 5:9                                => -p sctp -m sctp --dport 5:9
-p sctp -m sctp ! --sport 5 ! --dport 7:           => -p sctp -m sctp ! --sport 5 ! --dport 7:65535
# unlike tcp, every port is printed where it was asked
-p sctp -m sctp --sport :                          => -p sctp -m sctp --sport 0:65535
-p sctp -m sctp                                    => same
-p sctp -m sctp --chunk-types All INIT,data        => -p sctp -m sctp --chunk-types all DATA,INIT
-p sctp ! --chunk-types only SACK --sport 5        => -p sctp -m sctp --sport 5 ! --chunk-types only SACK
-p sctp -m sctp --chunk-types any all              => -p sctp -m sctp --chunk-types any ALL
-p sctp -m sctp --chunk-types any ""               => -p sctp -m sctp --chunk-types any NONE
-p sctp -m sctp --chunk-types any PAD,ASCONF_ACK,I_DATA => -p sctp -m sctp --chunk-types any I_DATA,ASCONF_ACK,PAD
-p sctp -m sctp --chunk-types any DATA:Be,ABORT:t  => same
-p sctp -m sctp --chunk-types any DATA:Bb-,INIT:-  => -p sctp -m sctp --chunk-types any DATA:-B,INIT:-
-p sctp -m sctp --chunk-types any I_DATA:B         => -p sctp -m sctp --chunk-types any I_DATA ?? option-ignored

-p sctp -m sctp --dport 9:5                        !! range-backwards @ 25
-p sctp -m sctp --dport http                       !! unknown-port @ 25
-p sctp -m sctp --chunk-types all                  !! missing-argument @ 17
-p sctp -m sctp --chunk-types some INIT            !! unknown-word @ 31
-p sctp -m sctp --chunk-types any HELLO            !! unknown-chunk-type @ 35
-p sctp -m sctp --chunk-types any DATA,ALL         !! unknown-chunk-type @ 40
-p sctp -m sctp --chunk-types any DATA:T           !! unknown-chunk-flag @ 35
-p sctp -m sctp --chunk-types any DATA:B,ABORT:T,SHUTDOWN_COMPLETE:t,INIT:-,SACK:- !! too-many-chunk-flags @ 77
