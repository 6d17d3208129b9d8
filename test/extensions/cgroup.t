chains INPUT OUTPUT
-m cgroup --cgroup 1048577                         => same
-m cgroup ! --cgroup 0x10                          => -m cgroup ! --cgroup 16
-m cgroup --path /                                 => -m cgroup --path "/"
-m cgroup ! --path ""                              => same

-m cgroup                                          !! missing-option @ 4
-m cgroup --cgroup 1 --path /                      !! exclusive-options @ 22
-m cgroup --cgroup one                             !! bad-number @ 20
chains FORWARD
-m cgroup --cgroup 1                               !! wrong-hook @ 4

# taken where there is such a group
offline
chains OUTPUT
-m cgroup --path system.slice/ssh.service          => -m cgroup --path "system.slice/ssh.service"
-m cgroup ! --path user                            => same
