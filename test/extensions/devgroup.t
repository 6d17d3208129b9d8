chains INPUT FORWARD
-m devgroup --src-group 0x1                        => same
-m devgroup ! --src-group 7/0xff                   => -m devgroup ! --src-group 0x7/0xff
-m devgroup --src-group 0                          => -m devgroup --src-group default
-m devgroup --src-group 0/1                        => -m devgroup --src-group 0x0/0x1
chains FORWARD
-m devgroup --dst-group default --src-group 2/0xffffffff => -m devgroup --src-group 0x2 --dst-group default

-m devgroup                                        !! missing-option @ 4
-m devgroup --src-group office                     !! unknown-group @ 25
-m devgroup --src-group 1/                         !! unknown-group @ 25
chains OUTPUT
-m devgroup ! --dst-group 3                        => -m devgroup ! --dst-group 0x3
-m devgroup --src-group 3                          !! wrong-hook @ 4
chains INPUT
-m devgroup --dst-group 3                          !! wrong-hook @ 4
