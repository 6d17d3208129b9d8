family 6
chains INPUT FORWARD OUTPUT
-m frag                                            => same
-m frag --fragid 1:42                              => same
-m frag ! --fragid 0:                              => -m frag
-m frag --fraglast --fragres ! --fraglen 0 --fragid :7 => -m frag --fragid 0:7 ! --fraglen 0 --fragres --fraglast
-m frag --fragmore --fragfirst                     => -m frag --fragfirst --fragmore

-m frag --fragmore --fraglast                      !! exclusive-options @ 20
-m frag ! --fragfirst                              !! not-invertible @ 11
