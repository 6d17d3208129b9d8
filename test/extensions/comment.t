chains INPUT FORWARD OUTPUT

-m comment --comment web                           => same
-m comment --comment "two words"                   => same
-m comment --comment "web-1_x"                     => -m comment --comment web-1_x
-m comment --comment "say \"hi\" it's \\"          => -m comment --comment "say \"hi\" it\'s \\"
-m comment --comment ""                            => same
-m comment --comment "größe"                       => same
# in its place among the matches, and more than once
-m comment --comment one -p tcp -m tcp --dport 1 -m comment --comment two => -p tcp -m comment --comment one -m tcp --dport 1 -m comment --comment two

-m comment                                         !! missing-option @ 4
-m comment ! --comment web                         !! not-invertible @ 14
