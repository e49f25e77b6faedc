# Sourced by ./purser, ./test and build/train: finds or installs a JDK and Maven, and builds. Expects $root.
# shellcheck shell=bash

readonly min_java=25

# Flags that the tools and the program share: quiet about native libraries and sun.misc.Unsafe, which zstd-jni, Arrow,
# DuckDB, SQLite and Maven's Guava use; Arrow needs to see into java.nio.
readonly quiet_flags=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
  --add-opens=java.base/java.nio=ALL-UNNAMED)

die() {
  printf 'purser: %s\n' "$*" >&2
  exit 1
}

# The major version of the JDK in $1, from its release file: a tenth of a millisecond, where starting it costs fifty.
java_major() {
  local line version
  [[ -x $1/bin/javac && -r $1/release ]] || return 1
  while IFS= read -r line; do
    if [[ $line == JAVA_VERSION=* ]]; then
      version=${line#*\"}
      version=${version%%[.\"+-]*}
      [[ $version =~ ^[0-9]+$ ]] || return 1
      printf '%s' "$version"
      return
    fi
  done <"$1/release"
  return 1
}

# Sets java_home to the first JDK that is new enough.
find_jdk() {
  local path_java candidate major
  path_java=$(command -v java || true)
  [[ -z $path_java ]] || path_java=$(dirname "$(dirname "$(readlink -f "$path_java")")")
  for candidate in "${JAVA_HOME:-}" "$path_java" /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/*jdk* \
    "${HOME:-/nonexistent}"/.sdkman/candidates/java/* "${HOME:-/nonexistent}"/.jdks/*; do
    [[ -n $candidate ]] || continue
    if major=$(java_major "$candidate") && ((major >= min_java)); then
      java_home=$candidate
      return
    fi
  done
  return 1
}

# Installs the packages named after the first of dnf and apt-get that is there, as root, or says the command.
install_with() {
  local what=$1 apt_package=$2 dnf_package=$3 command
  if command -v apt-get >/dev/null; then
    command="apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $apt_package"
    if ((EUID == 0)); then
      apt-get -o DPkg::Lock::Timeout=300 update -qq >&2 || true
      apt-cache show "$apt_package" >/dev/null 2>&1 || die "$what is missing, and apt-get knows no package $apt_package: install $what and set JAVA_HOME or PATH"
    fi
  elif command -v dnf >/dev/null; then
    command="dnf install -y $dnf_package"
  else
    die "$what is missing: install it and set JAVA_HOME or PATH"
  fi
  ((EUID == 0)) || die "$what is missing; as root: $command"
  printf 'purser: installing %s: %s\n' "$what" "$command" >&2
  DEBIAN_FRONTEND=noninteractive $command >&2
}

require_jdk() {
  find_jdk && return
  install_with "a JDK of version $min_java or newer" "openjdk-$min_java-jdk-headless" "java-$min_java-openjdk-devel"
  find_jdk || die "no JDK of version $min_java or newer was found after installing one: set JAVA_HOME"
}

require_maven() {
  command -v mvn >/dev/null || install_with Maven maven maven
}

maven() {
  JAVA_HOME=$java_home MAVEN_OPTS="${quiet_flags[*]} ${MAVEN_OPTS:-}" mvn --batch-mode --no-transfer-progress --file "$root/pom.xml" "$@"
}

# Runs a command alone among the builds of this tree. The lock is on the folder .mvn and is let go with the command.
build_alone() {
  (
    exec 9<"$root/.mvn"
    if ! flock --nonblock 9; then
      printf 'purser: waiting for another build of this tree\n' >&2
      flock 9
    fi
    "$@" 9>&-
  )
}

readonly distribution=$root/app/target/purser
# What the JVM learnt of the program by build/train, a file for each kind of command.
readonly caches=$distribution/aot
# As old as the start of the build that made the distribution.
readonly stamp=$root/app/target/purser.stamp

# Small heaps and two cores are the common case on a node. Most of what runs at the start runs once: compiled only after
# five times as many calls as usual, it takes half the CPU time, and the loops that matter are still found at once. Not so
# the JDK's ciphers, which are many times as slow until they are compiled and their callers too. Frames being
# received must die young, for which survivors need room: once a buffer of a connection's linked chain is old, it keeps
# all that follow it alive in each young collection.
readonly java_flags=("${quiet_flags[@]}" -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC -XX:SurvivorRatio=3
  -XX:CompileThresholdScaling=5 -XX:CompileCommand=quiet "-XX:CompileCommand=CompileThresholdScaling,com.sun.crypto.provider.*::*,0.1")

# An agent shares its node with those it watches: it gives up speed that only a hub needs for a heap that stays small and is
# packed tightly, and memory that the start took goes back. It runs for long and does the same few times a second: without the
# quick compiler, whose code is larger and counts what the other one needs, it takes 12 MB less at rest; what it does with many
# records is compiled as soon, and so is the HTTP client, which does much for each request. The arithmetic of a TLS handshake
# takes the compiler tens of megabytes and is left to the interpreter. The archive of its classes lies where it was made for:
# moved, each page of it would be a copy.
readonly agent_flags=(-Xms8m -Xmn3m -XX:MinHeapFreeRatio=5 -XX:MaxHeapFreeRatio=8 -XX:-ShrinkHeapInSteps -XX:MarkSweepDeadRatio=0
  -XX:-TieredCompilation -XX:CompileThresholdScaling=1 -XX:TrimNativeHeapInterval=10000 -XX:+UnlockDiagnosticVMOptions
  -XX:ArchiveRelocationMode=0 "-XX:CompileCommand=MemLimit,sun.security.util.math.*::*,8M~stop"
  "-XX:CompileCommand=CompileThresholdScaling,org.apache.hc.*::*,0.02")

# The class path of an agent, and of all else: see hub.groups in app/pom.xml.
readonly agent_classes="$distribution/lib/*"
readonly classes="$agent_classes:$distribution/lib/hub/*"
readonly main=dev.purser.app.Main

is_fresh() {
  [[ -e $stamp && -d $distribution/lib ]] || return 1
  [[ -z $(find "$root"/{core,transport,lake,sources,hub,agent,app} "$root/pom.xml" -name target -prune \
    -o -newer "$stamp" \( -name pom.xml -o -path '*/src/main/*' \) -print -quit) ]]
}

# Runs "$@", which must leave a distribution behind, and stamps it with the time at which it started.
stamped() {
  local started=$root/app/target/purser.started status=0
  mkdir -p "$root/app/target"
  rm -f "$stamp"
  touch "$started"
  "$@" || status=$?
  if ((status == 0)); then
    mv "$started" "$stamp"
  fi
  return "$status"
}

# Builds the distribution where it is missing or older than its sources.
build_program() {
  is_fresh || build_alone package
}

package() {
  local log
  # Another build may have finished while this one waited for the lock.
  if is_fresh; then
    return
  fi
  [[ -w $root/app ]] || die "this tree is not built, and you may not write it: run ./purser version once as its owner"
  require_maven
  printf 'purser: building, which takes a minute or two\n' >&2
  log=$(mktemp)
  if ! stamped maven --quiet --threads 1C package --projects app --also-make -Dmaven.test.skip=true >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "the build failed"
  fi
  rm -f "$log"
}
