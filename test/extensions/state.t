chains INPUT FORWARD OUTPUT

-m state --state NEW                               => same
-m state --state established,related               => -m state --state RELATED,ESTABLISHED
-m state ! --state UNTRACKED,INVALID               => -m state ! --state INVALID,UNTRACKED

-m state                                           !! missing-option @ 4
-m state --state DNAT                              !! unknown-state @ 18
-m state --state ,NEW                              !! unknown-state @ 18
-m state --ctstate NEW                             !! missing-option @ 4, unknown-option @ 10
