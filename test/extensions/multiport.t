chains INPUT FORWARD OUTPUT

-p tcp -m multiport --dports 22,80,443             => same
-p tcp -m multiport --destination-ports 22         => -p tcp -m multiport --dports 22
-p tcp -m multiport --source-ports 22              => -p tcp -m multiport --sports 22
-p udp -m multiport --ports 53,5353                => same
-p sctp -m multiport --sports 1,2                  => same
-p dccp -m multiport --sports 1,2                  => same
-p udplite -m multiport --ports 1                  => same
-p tcp -m multiport ! --ports 80:90,443            => same
-p tcp -m multiport --dports ssh,http:https        => -p tcp -m multiport --dports 22,80:443
-p tcp -m multiport --dports 1,1,1                 => same
-p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 => same
-p tcp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15 => same

-p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 !! too-many-ports @ 66
-p tcp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16 !! too-many-ports @ 63
-p tcp -m multiport                                !! missing-option @ 11
-p tcp -m multiport --dports 9:9                   !! range-backwards @ 30
-p tcp -m multiport --dports 80,9:8                !! range-backwards @ 33
-p tcp -m multiport --dports 80,,81                !! unknown-port @ 33
-p tcp -m multiport --dports 80,81:                !! unknown-port @ 36
-p udplite -m multiport --dports http              !! unknown-port @ 34
-p tcp -m multiport --dports 1 --sports 2          !! exclusive-options @ 32
-m multiport --dports 80                           !! needs-protocol @ 14
-p icmp -m multiport --dports 80                   !! needs-protocol @ 22
! -p tcp -m multiport --dports 80                  !! needs-protocol @ 23
