package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Files as another tree shows them, but for what a test overrides.
abstract class PassingTree implements FileTree {

  abstract FileTree tree();

  @Override
  public List<FilePattern> patterns() {
    return tree().patterns();
  }

  @Override
  public void finish() {
    tree().finish();
  }

  @Override
  public boolean isWatched() {
    return tree().isWatched();
  }

  @Override
  public List<String> notRead() {
    return tree().notRead();
  }

  @Override
  public FileStats stats() {
    return tree().stats();
  }

  @Override
  public boolean isKnown() {
    return tree().isKnown();
  }

  @Override
  public List<String> problems() {
    return tree().problems();
  }

  @Override
  public List<String> names(Path directory, Consumer<Path> onWatchable, Consumer<String> problems)
      throws IOException {
    return tree().names(directory, onWatchable, problems);
  }

  @Override
  public boolean isDirectory(Path path) {
    return tree().isDirectory(path);
  }

  @Override
  public boolean leadsToDirectory(Path path) {
    return tree().leadsToDirectory(path);
  }

  @Override
  public Optional<String> oddity(Path path) {
    return tree().oddity(path);
  }

  @Override
  public FileStats.Stat stat(Path file) throws IOException {
    return tree().stat(file);
  }

  @Override
  public @Nullable FileChannel open(Path file, FileId found) throws IOException {
    return tree().open(file, found);
  }

  @Override
  public Optional<Path> hostPath(Path file) {
    return tree().hostPath(file);
  }
}
