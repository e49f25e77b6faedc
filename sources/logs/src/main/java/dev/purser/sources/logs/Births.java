package dev.purser.sources.logs;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// Counts the files that came and went between two looks: the kernel told that each was made, and
/// no look found as many.
///
/// The kernel's word of a file comes before or after the look that finds it, and a file that is
/// being renamed can be missing from a listing. So a look's balance proves nothing; what was
/// missing at each look of a while is lost. Owned by one thread.
final class Births {
  /// For how long a file must be missing: a name that is on its way to another one takes less.
  static final long MISSING_MICROS = 1_000_000;

  private final Map<Path, Account> accounts = new HashMap<>();

  /// Of the files that were made under one name.
  private static final class Account {
    private long made;
    private long found;
    private long missing;
    private long missingSinceMicros;
  }

  /// Takes what the kernel told before the look. Call it with all that it told until then.
  ///
  /// @param made how many files under each name
  /// @param isOurs whether a file of that name would be found
  void told(Map<Path, Integer> made, Predicate<Path> isOurs) {
    made.forEach((base, files) -> {
      if (accounts.containsKey(base) || isOurs.test(base)) {
        account(base).made += files;
      }
    });
    // The kernel told of all that earlier looks found and that were made here. Others were moved
    // here, or made before anybody watched.
    accounts.values().forEach(account -> account.made = Math.max(account.made, account.found));
  }

  /// A look found another file that is, or was, written under `base`.
  ///
  /// @param isOld whether it was made well before the last look, so that the kernel's word of it,
  ///   if there was one, is among what it told
  void found(Path base, boolean isOld) {
    Account known = accounts.get(base);
    if (!isOld) {
      account(base).found++;
    } else if (known != null && known.made > known.found) {
      known.found++;
    }
  }

  /// In which a look must find out more.
  Set<Path> directories() {
    Set<Path> directories = new HashSet<>();
    accounts.forEach((base, account) -> {
      Path directory = base.getParent();
      if (account.missing > 0 && directory != null) {
        directories.add(directory);
      }
    });
    return directories;
  }

  /// Whether there is one that a look soon would find, or find lost.
  boolean isUndecided() {
    return accounts.values().stream().anyMatch(account -> account.missing > 0);
  }

  /// The look is over.
  ///
  /// @param isThere whether a name stands for something that is no file that was found
  /// @return how many files are lost now, by the name under which they were made
  Map<Path, Long> lost(Predicate<Path> isThere, long nowMicros) {
    Map<Path, Long> lost = new HashMap<>();
    for (Iterator<Map.Entry<Path, Account>> all = accounts.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Path, Account> entry = all.next();
      Account account = entry.getValue();
      if (account.made == account.found) {
        all.remove();
        continue;
      }
      long missing = account.made - account.found;
      if (missing > 0 && isThere.test(entry.getKey())) {
        missing--;
      }
      if (missing <= 0) {
        account.missing = 0;
      } else if (account.missing == 0 || nowMicros < account.missingSinceMicros) {
        account.missing = missing;
        account.missingSinceMicros = nowMicros;
      } else {
        account.missing = Math.min(account.missing, missing);
        if (nowMicros - account.missingSinceMicros >= MISSING_MICROS) {
          lost.put(entry.getKey(), account.missing);
          account.found += account.missing;
          account.missing = 0;
        }
      }
    }
    return lost;
  }

  private Account account(Path base) {
    return accounts.computeIfAbsent(base, _ -> new Account());
  }
}
