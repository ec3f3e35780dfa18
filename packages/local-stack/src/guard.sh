#!/bin/sh
# Reads lines `<signal> <pid>` and `forget <pid>`. Its input ends when its parent ends or dies. Then it sends each listed process its signal,
# and SIGKILL to those that still run 4 s later.

watched=
while read -r word pid; do
  others=
  for entry in $watched; do
    [ "${entry#*:}" = "$pid" ] || others="$others $entry"
  done
  if [ "$word" = forget ]; then watched=$others; else watched="$others $word:$pid"; fi
done

# Sends the given signal to all listed processes, or each its own signal. `left` says whether any still run.
signal_all() {
  left=
  for entry in $watched; do
    kill -s "${1:-${entry%%:*}}" "${entry#*:}" 2>/dev/null && left=yes
  done
}

signal_all
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  signal_all 0
  [ "$left" ] || exit 0
  sleep 0.2
done
signal_all KILL
