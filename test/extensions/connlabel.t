chains INPUT FORWARD OUTPUT
-m connlabel --label 0                             => -m connlabel --label "0"
-m connlabel ! --label 0x7f --set                  => -m connlabel ! --label "127" --set
-m connlabel --label customers                     => -m connlabel --label "customers"

-m connlabel                                       !! missing-option @ 4
-m connlabel --label 128                           !! unknown-label @ 22
