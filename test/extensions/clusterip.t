chains INPUT
family 4
offline

-d 192.0.2.10/32 -i eth0 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5E:00:01:0A --total-nodes 2 --local-node 1 --hash-init 7 => same
-d 192.0.2.10/32 -i eth0 -j CLUSTERIP --new --hashmode sourceip-sourceport --clustermac 1:0:5e:0:1:a --total-nodes 16 --local-node 16 => -d 192.0.2.10/32 -i eth0 -j CLUSTERIP --new --hashmode sourceip-sourceport --clustermac 01:00:5E:00:01:0A --total-nodes 16 --local-node 16 --hash-init 0
-d 192.0.2.10/32 -j CLUSTERIP                      => same

-d 192.0.2.10 -i eth0 -j CLUSTERIP --new           !! missing-option @ 26
-d 192.0.2.10 -i eth0 -j CLUSTERIP --hash-init 1   !! missing-option @ 26
-d 192.0.2.10 -i eth0 -j CLUSTERIP --clustermac 02:00:5E:00:01:0A !! bad-mac @ 49
-d 192.0.2.10 -i eth0 -j CLUSTERIP --clustermac 01:00:5E:00:01 !! bad-mac @ 49
-d 192.0.2.10 -i eth0 -j CLUSTERIP --hashmode source !! unknown-hashmode @ 47
-d 192.0.2.10 -i eth0 -j CLUSTERIP --total-nodes 17 !! number-out-of-range @ 50
-d 192.0.2.10 -i eth0 -j CLUSTERIP --local-node 0  !! number-out-of-range @ 49
-i eth0 -j CLUSTERIP                               !! needs-address @ 12
-d 192.0.2.0/24 -i eth0 -j CLUSTERIP               !! needs-address @ 28
-d 192.0.2.10 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5E:00:01:0A --total-nodes 2 --local-node 1 !! needs-interface @ 18
