chains INPUT FORWARD OUTPUT
-p dccp -m dccp                                    => same
-p dccp --sport 1:1024 ! --dport http              => -p dccp -m dccp --sport 1:1024 ! --dport 80
-p dccp -m dccp --sport :                          => -p dccp -m dccp --sport 0:65535
-p dccp -m dccp --dccp-types reset,Request,,INVALID => -p dccp -m dccp --dccp-types REQUEST,RESET,INVALID
-p dccp -m dccp ! --dccp-types SYNCACK ! --dccp-option 255 => same
-p dccp -m dccp --dport 9:5                        => same ?? range-backwards

-m dccp                                            !! wrong-protocol @ 4
-p dccp -m dccp --dccp-types FIN                   !! unknown-dccp-type @ 30
-p dccp -m dccp --dccp-option 0                    !! number-out-of-range @ 31
