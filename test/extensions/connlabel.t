chains INPUT FORWARD OUTPUT
-m connlabel --label 0                             => -m connlabel --label "0"
-m connlabel ! --label 0x7f --set                  => -m connlabel ! --label "127" --set

-m connlabel                                       !! missing-option @ 4
-m connlabel --label 128                           !! unknown-label @ 22

# iptables itself takes only names that the machine has
offline
-m connlabel --label customers                     => -m connlabel --label "customers"
