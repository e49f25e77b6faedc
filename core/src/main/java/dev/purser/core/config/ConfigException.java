package dev.purser.core.config;

import java.util.List;

/// The operator's mistake: the config file, with all of its faults.
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient List<String> faults;

  public ConfigException(String file, List<String> faults) {
    super(file + ": " + String.join("\n" + file + ": ", faults));
    this.faults = List.copyOf(faults);
  }

  public List<String> faults() {
    return faults;
  }
}
