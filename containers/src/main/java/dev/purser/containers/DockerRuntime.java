package dev.purser.containers;

import com.fasterxml.jackson.core.JsonParser;
import dev.purser.core.json.JsonTree;
import io.helidon.common.tls.Tls;
import io.helidon.http.Status;
import io.helidon.webclient.api.HttpClientRequest;
import io.helidon.webclient.api.HttpClientResponse;
import io.helidon.webclient.api.WebClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Docker, by its Engine API on its socket.
final class DockerRuntime implements ContainerRuntime {
  /// The oldest that its present versions accept; Docker 20.10, and those since 2020.
  private static final String API = "/v1.41";

  private static final Duration ANSWER_DEADLINE = Duration.ofSeconds(10);
  private static final String EVENTS =
      "{\"type\":[\"container\"],\"event\":[\"create\",\"start\",\"die\",\"destroy\",\"rename\"]}";
  private static final Set<String> NOT_RUNNING = Set.of("created", "exited", "dead");

  /// Of the labels that cri-dockerd makes of annotations.
  private static final String ANNOTATION_PREFIX = "annotation.";

  private final WebClient client;
  private final String version;
  private final AtomicReference<@Nullable HttpClientResponse> following = new AtomicReference<>();

  /// @throws IOException when there is nobody, or nobody that speaks Docker's API
  DockerRuntime(Path socket) throws IOException {
    this.client =
        WebClient.builder()
            .baseUri("http://docker")
            .tls(Tls.builder().enabled(false).build())
            .baseAddress(UnixDomainSocketAddress.of(socket))
            .connectTimeout(ANSWER_DEADLINE)
            .readTimeout(ANSWER_DEADLINE)
            .build();
    this.version = read("/version", request -> request).path("Version").text();
  }

  @Override
  public String name() {
    return "docker " + version;
  }

  @Override
  public Map<String, Boolean> list() throws IOException {
    Map<String, Boolean> all = new HashMap<>();
    // Ended ones too.
    for (JsonTree container :
        read("/containers/json", request -> request.queryParam("all", "true")).items()) {
      all.put(container.path("Id").text(), !NOT_RUNNING.contains(container.path("State").text()));
    }
    return all;
  }

  @Override
  public Optional<Container> inspect(String id) throws IOException {
    String path = "/containers/" + id + "/json";
    return answer(path, request -> request).map(DockerRuntime::container);
  }

  @Override
  public boolean follow(Consumer<String> changed) throws IOException {
    try (HttpClientResponse response =
        client
            .get(API + "/events")
            .queryParam("filters", EVENTS)
            .readTimeout(Duration.ZERO)
            .request()) {
      following.set(response);
      check("/events", response);
      try (JsonParser events = JsonTree.FORMAT.createParser(response.entity().inputStream())) {
        for (Optional<JsonTree> event = JsonTree.next(events);
            event.isPresent();
            event = JsonTree.next(events)) {
          changed.accept(event.get().path("Actor").path("ID").text());
        }
      }
      return true;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } finally {
      following.set(null);
    }
  }

  @Override
  public void close() {
    HttpClientResponse open = following.getAndSet(null);
    if (open != null) {
      open.close();
    }
    client.closeResource();
  }

  private JsonTree read(String path, UnaryOperator<HttpClientRequest> with) throws IOException {
    return answer(path, with).orElseThrow(() -> new IOException(path + ": HTTP 404"));
  }

  /// Empty when the API says that there is no such thing.
  private Optional<JsonTree> answer(String path, UnaryOperator<HttpClientRequest> with)
      throws IOException {
    try (HttpClientResponse response = with.apply(client.get(API + path)).request()) {
      if (response.status().code() == Status.NOT_FOUND_404.code()) {
        return Optional.empty();
      }
      check(path, response);
      return Optional.of(JsonTree.read(response.entity().inputStream()));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void check(String path, HttpClientResponse response) throws IOException {
    if (response.status().code() != Status.OK_200.code()) {
      throw new IOException(path + ": HTTP " + response.status().code());
    }
  }

  private static Container container(JsonTree inspected) {
    List<Container.Mount> mounts = new ArrayList<>();
    for (JsonTree mount : inspected.path("Mounts").items()) {
      if (!mount.path("Source").text().isEmpty()) {
        mounts.add(
            new Container.Mount(
                Path.of(mount.path("Destination").text()), Path.of(mount.path("Source").text())));
      }
    }
    String driver = inspected.path("HostConfig").path("LogConfig").path("Type").text();
    Optional<Path> log = log(inspected, driver);
    String unreadable =
        log.isPresent()
            ? ""
            : "its log driver is "
                + driver
                + ", which writes no file that can be read; use json-file or local";
    return container(
        inspected,
        inspected.path("Id").text(),
        new OnHost(
            log,
            unreadable,
            inspected.path("State").path("Pid").number(),
            root(inspected.path("GraphDriver").path("Data")),
            mounts));
  }

  /// As [DockerFiles#of] has it.
  static Container noted(JsonTree noted, String id) {
    return container(noted, id, OnHost.UNKNOWN);
  }

  /// Where the output and the files of a container are, as [Container] has it.
  private record OnHost(
      Optional<Path> log,
      String unreadable,
      long pid,
      Container.Root root,
      List<Container.Mount> mounts) {
    static final OnHost UNKNOWN =
        new OnHost(Optional.empty(), "", 0, Container.Root.UNKNOWN, List.of());
  }

  /// @param told what the API tells and what Docker notes name alike
  private static Container container(JsonTree told, String id, OnHost host) {
    JsonTree config = told.path("Config");
    Map<String, String> labels = new TreeMap<>();
    config.path("Labels").fields().forEach((key, value) -> labels.put(key, value.text()));
    List<String> environment = new ArrayList<>();
    config.path("Env").items().forEach(e -> environment.add(e.text()));
    Optional<Pod> pod = pod(labels);
    return new Container(
        "docker",
        id,
        pod.isPresent()
            ? labels.getOrDefault(Pod.CONTAINER_LABEL, "")
            : told.path("Name").text().replaceFirst("^/", ""),
        pod,
        config.path("Image").text(),
        told.path("Image").text(),
        restarts(told, labels),
        labels,
        environment,
        host.log,
        host.unreadable,
        host.pid,
        host.root,
        host.mounts);
  }

  /// A kubelet makes a container anew, and counts itself.
  private static int restarts(JsonTree told, Map<String, String> labels) {
    String counted = labels.get(ANNOTATION_PREFIX + Pod.RESTARTS_ANNOTATION);
    return (int)
        (counted == null ? told.path("RestartCount") : new JsonTree(counted, Map.of(), List.of()))
            .number();
  }

  private static Container.Root root(JsonTree driver) {
    String upper = driver.path("UpperDir").text();
    return Container.Root.of(
        upper.isEmpty() ? Optional.empty() : Optional.of(Path.of(upper)),
        Container.Root.directories(driver.path("LowerDir").text()));
  }

  private static Optional<Path> log(JsonTree inspected, String driver) {
    String path = inspected.path("LogPath").text();
    return switch (driver) {
      case "json-file" -> path.isEmpty() ? Optional.empty() : Optional.of(Path.of(path));
      case "local" -> {
        // It is not told, but lies beside what is.
        Path directory = Path.of(inspected.path("HostnamePath").text()).getParent();
        yield directory == null
            ? Optional.empty()
            : Optional.of(directory.resolve("local-logs/container.log"));
      }
      default -> Optional.empty();
    };
  }

  /// A kubelet that uses Docker tells of the pod in labels.
  private static Optional<Pod> pod(Map<String, String> labels) {
    String uid = labels.getOrDefault(Pod.UID_LABEL, "");
    return uid.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Pod(
                labels.getOrDefault(Pod.NAMESPACE_LABEL, ""),
                labels.getOrDefault(Pod.NAME_LABEL, ""),
                uid,
                Map.of(),
                Map.of()));
  }
}
