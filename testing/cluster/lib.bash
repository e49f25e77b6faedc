# Shared by the scripts beside it; sourced, never run.
#
# One cluster is one number N, and everything of it outside its directory is named after it: the bridge purserN, the cgroup purserN,
# the subnet 198.18.N.0/24 and a block of ten ports. The bridge is the claim: the kernel lets only one caller create it.

# shellcheck disable=SC2034 # used by those that source this
readonly NODE_NAME=node-1
# shellcheck disable=SC2034
readonly MAX_CLUSTERS=100
# shellcheck disable=SC2034
readonly FIRST_PORT=21000 # below the range from which the kernel draws ports for outgoing connections

say() { printf '%s\n' "$*" >&2; }

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

need_root() {
  ((EUID == 0)) || fail "this needs root; run it as: sudo $0"
}

# The mounts in which a kubelet and runc make directories: of version 2, of each controller of version 1, or of both.
cgroup_hierarchies() {
  awk '$3 ~ /^cgroup2?$/ && $2 ~ "^/sys/fs/cgroup" { print $2 }' /proc/mounts
}

# The hierarchy in which every process of a cluster is found again, those of its containers included, whatever crashed meanwhile.
tracking_hierarchy() {
  if [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; then
    echo /sys/fs/cgroup
  else
    echo /sys/fs/cgroup/pids
  fi
}

# Prints the ids of all processes below the cgroup of cluster $1.
cluster_processes() {
  local root
  root=$(tracking_hierarchy)/$1
  [[ ! -d $root ]] || find "$root" -name cgroup.procs -exec cat {} + 2> /dev/null || true
}

# Prints the value of key $2 in the record that `up` left in directory $1.
recorded() {
  sed -n "s/^$2=//p" "$1/instance"
}
