chains INPUT FORWARD OUTPUT
-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 0xdeadbeef => -m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0xdeadbeef
-m cluster --cluster-total-nodes 32 ! --cluster-local-node 32 --cluster-hash-seed 7 => -m cluster ! --cluster-local-nodemask 0x80000000 --cluster-total-nodes 32 --cluster-hash-seed 0x00000007 ?? unreadable-print
-m cluster --cluster-total-nodes 6 ! --cluster-local-nodemask 0x20 --cluster-hash-seed 0 => -m cluster ! --cluster-local-nodemask 0x00000020 --cluster-total-nodes 6 --cluster-hash-seed 0x00000000

-m cluster                                         !! missing-option @ 4, missing-option @ 4
-m cluster --cluster-total-nodes 2 --cluster-hash-seed 1 !! missing-option @ 4
-m cluster --cluster-total-nodes 2 --cluster-local-node 3 --cluster-hash-seed 1 !! number-out-of-range @ 4
-m cluster --cluster-total-nodes 2 --cluster-local-nodemask 4 --cluster-hash-seed 1 !! number-out-of-range @ 4
-m cluster --cluster-total-nodes 33 --cluster-local-node 1 --cluster-hash-seed 1 !! number-out-of-range @ 34
-m cluster --cluster-total-nodes 9 --cluster-local-nodemask 33 --cluster-hash-seed 1 !! number-out-of-range @ 61
-m cluster --cluster-total-nodes 9 --cluster-local-node 1 --cluster-local-nodemask 2 --cluster-hash-seed 1 !! exclusive-options @ 59
