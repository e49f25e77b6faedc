package dev.purser.containers;

import dev.purser.core.json.JsonTree;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// A runtime that speaks the CRI, version 1: containerd, CRI-O. Field numbers are those of
/// `k8s.io/cri-api/pkg/apis/runtime/v1/api.proto`.
///
/// Events come from `GetContainerEvents`; where a containerd is too old for that, from its own
/// event service on the same socket.
final class CriRuntime implements ContainerRuntime {
  private static final String SERVICE = "runtime.v1.RuntimeService/";
  private static final String CONTAINERD_EVENTS = "containerd.services.events.v1.Events/Subscribe";
  private static final String CONTAINERD_MOUNTS =
      "containerd.services.snapshots.v1.Snapshots/Mounts";
  private static final Map.Entry<String, String> CONTAINERD_NAMESPACE =
      Map.entry("containerd-namespace", "k8s.io");
  private static final byte[] NOTHING = new byte[0];
  private static final long RUNNING = 1;

  private final GrpcSocket socket;
  private final String kind;
  private final String version;

  /// @throws IOException when there is nobody, or nobody that speaks the CRI
  CriRuntime(Path path) throws IOException {
    this.socket = new GrpcSocket(path);
    Message answer = call("Version", NOTHING);
    this.kind = answer.string(2);
    this.version = answer.string(3);
  }

  @Override
  public String name() {
    return kind + " " + version;
  }

  @Override
  public Map<String, Boolean> list() throws IOException {
    Map<String, Boolean> all = new HashMap<>();
    for (Message container : call("ListContainers", NOTHING).messages(1)) {
      all.put(container.string(1), container.number(6) == RUNNING);
    }
    return all;
  }

  @Override
  public Optional<Container> inspect(String id) throws IOException {
    Message response;
    Message sandbox;
    JsonTree info;
    try {
      response =
          socket.call(
              SERVICE + "ContainerStatus", new Message.Writer().string(1, id).flag(2).bytes());
      info = info(response);
      sandbox = sandbox(info.path("sandboxID").text());
    } catch (StatusRuntimeException e) {
      if (isAbsent(e)) {
        return Optional.empty();
      }
      throw broken("ContainerStatus", e);
    }
    return Optional.of(container(response.message(1), info, sandbox));
  }

  @Override
  public boolean follow(Consumer<String> changed) throws IOException {
    try {
      Iterator<Message> events = socket.stream(SERVICE + "GetContainerEvents", NOTHING);
      while (events.hasNext()) {
        Message event = events.next();
        String id = event.string(1);
        // CRI-O tells of the sandbox itself too.
        if (!id.equals(event.message(4).string(1))) {
          changed.accept(id);
        }
      }
      return true;
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.UNIMPLEMENTED) {
        throw broken("GetContainerEvents", e);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return kind.equals("containerd") && followContainerd(changed);
  }

  @Override
  public void close() {
    // Each call has a connection of its own.
  }

  private boolean followContainerd(Consumer<String> changed) throws IOException {
    byte[] filter =
        new Message.Writer()
            .string(1, "namespace==k8s.io,topic~=|^/tasks/(create|start|exit)$|")
            .bytes();
    try {
      Iterator<Message> events = socket.stream(CONTAINERD_EVENTS, filter);
      while (events.hasNext()) {
        Message envelope = events.next();
        changed.accept(envelope.message(4).message(2).string(1));
      }
      return true;
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
        return false;
      }
      throw broken("Subscribe", e);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /// The pod's sandbox may go before its container does.
  private Message sandbox(String id) throws IOException {
    if (id.isEmpty()) {
      return Message.EMPTY;
    }
    try {
      return socket
          .call(SERVICE + "PodSandboxStatus", new Message.Writer().string(1, id).bytes())
          .message(1);
    } catch (StatusRuntimeException e) {
      if (isAbsent(e)) {
        return Message.EMPTY;
      }
      throw broken("PodSandboxStatus", e);
    }
  }

  private Container container(Message status, JsonTree info, Message sandbox) throws IOException {
    Map<String, String> labels = status.map(12);
    String log = status.string(15);
    return new Container(
        kind,
        status.string(1),
        status.message(2).string(1),
        pod(labels, sandbox),
        image(status),
        digest(status),
        (int) status.message(2).number(2),
        labels,
        environment(info),
        log.isEmpty() ? Optional.empty() : Optional.of(Path.of(log)),
        log.isEmpty() ? "it has no log file" : "",
        status.number(3) == RUNNING ? pid(info) : 0,
        root(info),
        mounts(status));
  }

  /// What the sandbox says of the pod; where it is gone, what the container's labels repeat.
  private static Optional<Pod> pod(Map<String, String> labels, Message sandbox) throws IOException {
    String uid = labels.getOrDefault(Pod.UID_LABEL, sandbox.message(2).string(2));
    if (uid.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Pod(
            labels.getOrDefault(Pod.NAMESPACE_LABEL, sandbox.message(2).string(3)),
            labels.getOrDefault(Pod.NAME_LABEL, sandbox.message(2).string(1)),
            uid,
            sandbox.map(7),
            sandbox.map(8)));
  }

  private static String image(Message status) throws IOException {
    Message spec = status.message(8);
    return spec.string(18).isEmpty() ? spec.string(1) : spec.string(18);
  }

  /// The reference is `name@sha256:…`, or the id of an image that has no name.
  private static String digest(Message status) {
    String reference = status.string(9);
    return reference.substring(reference.indexOf('@') + 1);
  }

  private static List<String> environment(JsonTree info) {
    List<String> environment = new ArrayList<>();
    info.path("runtimeSpec")
        .path("process")
        .path("env")
        .items()
        .forEach(e -> environment.add(e.text()));
    return environment;
  }

  /// CRI does not tell of it; containerd's service for snapshots does.
  private Container.Root root(JsonTree info) throws IOException {
    String key = info.path("snapshotKey").text();
    if (!kind.equals("containerd") || key.isEmpty()) {
      return Container.Root.UNKNOWN;
    }
    byte[] request =
        new Message.Writer().string(1, info.path("snapshotter").text()).string(2, key).bytes();
    try {
      List<Message> mounts =
          socket.call(CONTAINERD_MOUNTS, request, CONTAINERD_NAMESPACE).messages(1);
      return mounts.size() == 1 ? root(mounts.getFirst()) : Container.Root.UNKNOWN;
    } catch (StatusRuntimeException e) {
      if (isAbsent(e) || e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
        return Container.Root.UNKNOWN;
      }
      throw broken("Mounts", e);
    }
  }

  /// A `containerd.types.Mount`: an overlay, or the only directory of an image without layers.
  private static Container.Root root(Message mount) {
    if (mount.string(1).equals("bind")) {
      return new Container.Root(List.of(Path.of(mount.string(2))));
    }
    Optional<Path> upper = Optional.empty();
    List<Path> lower = List.of();
    for (String option : mount.strings(4)) {
      if (option.startsWith("upperdir=")) {
        upper = Optional.of(Path.of(option.substring("upperdir=".length())));
      } else if (option.startsWith("lowerdir=")) {
        lower = Container.Root.directories(option.substring("lowerdir=".length()));
      }
    }
    return Container.Root.of(upper, lower);
  }

  private static List<Container.Mount> mounts(Message status) throws IOException {
    List<Container.Mount> mounts = new ArrayList<>();
    for (Message mount : status.messages(14)) {
      try {
        mounts.add(new Container.Mount(Path.of(mount.string(1)), Path.of(mount.string(2))));
      } catch (InvalidPathException e) {
        throw new IOException("a mount whose path is none", e);
      }
    }
    return mounts;
  }

  private static long pid(JsonTree info) {
    long pid = info.path("pid").number();
    return pid == 0 ? -1 : pid;
  }

  private static JsonTree info(Message response) throws IOException {
    String text = response.map(2).getOrDefault("info", "{}");
    try {
      return JsonTree.read(text);
    } catch (IOException e) {
      throw new IOException("ContainerStatus: its info is no JSON", e);
    }
  }

  private Message call(String method, byte[] request) throws IOException {
    try {
      return socket.call(SERVICE + method, request);
    } catch (StatusRuntimeException e) {
      throw broken(method, e);
    }
  }

  private static boolean isAbsent(StatusRuntimeException e) {
    return e.getStatus().getCode() == Status.Code.NOT_FOUND;
  }

  private static IOException broken(String method, StatusRuntimeException e) {
    String description = e.getStatus().getDescription();
    return new IOException(
        method + ": " + e.getStatus().getCode() + (description == null ? "" : ": " + description),
        e);
  }
}
