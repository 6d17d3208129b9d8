chains INPUT FORWARD OUTPUT
-m nfacct                                          !! missing-option @ 4
-m nfacct --nfacct-name ""                         !! bad-name @ 25

# taken where there is such a counter
offline
-m nfacct --nfacct-name http                       => -m nfacct --nfacct-name  http
-m nfacct --nfacct-name "web traffic"              => -m nfacct --nfacct-name  "web traffic"
-m nfacct --nfacct-name a-name-of-more-than-thirty-one-bytes => -m nfacct --nfacct-name  a-name-of-more-than-thirty-one- ?? text-cut
