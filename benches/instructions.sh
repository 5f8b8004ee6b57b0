#!/bin/sh
# P4 and P14: instructions under valgrind's callgrind, which repeat within 2 %
# whatever else the machine does. SHA-256 counts as software, since valgrind's
# processor has no instructions for it. Arguments: the bench programs `sale`
# and `receipt`; without them they are built and found.
set -eu
cd "$(dirname "$0")/.."

command -v valgrind >/dev/null || { echo "P4 | valgrind is not installed | - | - | - | - | -"; exit 0; }

program() {
    cargo bench --no-run --bench "$1" 2>&1 | sed -n 's/.*(\(.*\))$/\1/p' | tail -n 1
}
sale=${1:-$(program sale)}
receipt=${2:-$(program receipt)}

# Instructions per call of gauge_$2 in program $1, over $3 calls; $2 may go on
# with a dash and what it is called with.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="*gauge_${2%%-*}*" \
        "$1" --gauge "$2" --sales "$3" 2>&1 |
        awk -v calls="$3" '/Collected/ { printf "%d\n", $4 / calls }'
}

# budget, what, limit, instructions, most
line() {
    awk -v b="$1" -v w="$2" -v l="$3" -v n="$4" -v m="$5" 'BEGIN {
        printf "%s | %s | %s | %d | %.2f M | %.2f M | %s\n", b, w, l, n, n / 1e6, m / 1e6, n == 0 ? "not counted" : n <= m ? "met" : "MISSED" }'
}

# The same for a count without a budget.
remark() {
    awk -v b="$1" -v w="$2" -v l="$3" -v n="$4" 'BEGIN {
        printf "%s | %s | %s | %d | %.2f M | - | -\n", b, w, l, n, n / 1e6 }'
}

signature=$(count "$sale" signature 20)
sealed=$(count "$sale" sealed 20)
verified=$(count "$sale" verified 20)
line P4 "instructions, 10 lines sealed" "one signature $signature" "$sealed" 2500000
line P4 "instructions, sealed and re-verified" "one signature $signature" "$verified" 5000000
remark P4 "of this: the rule checks" "one signature $signature" "$(count "$sale" rules 20)"
remark P4 "of this: the rule checks of 40 lines" "one signature $signature" "$(count "$sale" rules-of-40 20)"
verification=$(count "$sale" verification 20)
remark - "instructions, a document of 14 KB judged" "one verification $verification" "$(count "$sale" judge 20)"

matrix=$(count "$receipt" matrix 3)
image=$(count "$receipt" image 3)
line P14 "instructions of the image beyond its QR matrix" "QR matrix $matrix" "$((image - matrix))" 12000000
