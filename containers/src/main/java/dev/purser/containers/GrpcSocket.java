package dev.purser.containers;

import com.google.protobuf.CodedInputStream;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.helidon.common.tls.Tls;
import io.helidon.webclient.grpc.GrpcClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/// Calls to a gRPC server on a unix socket. Thread-safe.
final class GrpcSocket {
  private static final Duration CALL_DEADLINE = Duration.ofSeconds(10);

  /// What a runtime tells of one container with all its mounts and its environment is far below.
  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  /// A call whose connection fails is told there with a stack trace, though its caller tells it as
  /// a problem. Held here: logging forgets the level of a logger that nobody holds.
  private static final Logger CALLS = Logger.getLogger("io.grpc.stub.ClientCalls");

  static {
    CALLS.setLevel(Level.OFF);
  }

  private final Channel channel;

  GrpcSocket(Path socket) {
    this.channel =
        GrpcClient.builder()
            .baseUri("http://localhost")
            .tls(Tls.builder().enabled(false).build())
            .baseAddress(UnixDomainSocketAddress.of(socket))
            .build()
            .channel();
  }

  /// @param method `package.Service/Method`
  /// @throws StatusRuntimeException with what the server, or the way to it, has against the call
  /// @throws IOException when the answer is no such message
  Message call(String method, byte[] request) throws IOException {
    return call(channel, method, request);
  }

  /// As [#call(String, byte[])].
  ///
  /// @param metadata a header that goes with the call, and its value
  Message call(String method, byte[] request, Map.Entry<String, String> metadata)
      throws IOException {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of(metadata.getKey(), Metadata.ASCII_STRING_MARSHALLER), metadata.getValue());
    return call(
        ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
        method,
        request);
  }

  private static Message call(Channel channel, String method, byte[] request) throws IOException {
    try {
      return ClientCalls.blockingUnaryCall(
          channel,
          descriptor(method, MethodType.UNARY),
          CallOptions.DEFAULT.withDeadlineAfter(CALL_DEADLINE.toSeconds(), TimeUnit.SECONDS),
          request);
    } catch (UncheckedIOException e) {
      throw new IOException(method + ": the answer is malformed: " + e.getMessage(), e);
    }
  }

  /// The answers that come until the call ends. Going on to the next one throws what a call does,
  /// unchecked.
  Iterator<Message> stream(String method, byte[] request) {
    return ClientCalls.blockingServerStreamingCall(
        channel, descriptor(method, MethodType.SERVER_STREAMING), CallOptions.DEFAULT, request);
  }

  private static MethodDescriptor<byte[], Message> descriptor(String method, MethodType type) {
    return MethodDescriptor.<byte[], Message>newBuilder()
        .setType(type)
        .setFullMethodName(method)
        .setRequestMarshaller(new Requests())
        .setResponseMarshaller(new Responses())
        .build();
  }

  private static final class Requests implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] request) {
      return new ByteArrayInputStream(request);
    }

    @Override
    public byte[] parse(InputStream in) {
      throw new UnsupportedOperationException("requests are only sent");
    }
  }

  private static final class Responses implements MethodDescriptor.Marshaller<Message> {
    @Override
    public InputStream stream(Message response) {
      throw new UnsupportedOperationException("responses are only received");
    }

    @Override
    public Message parse(InputStream in) {
      try {
        CodedInputStream coded = CodedInputStream.newInstance(in);
        coded.setSizeLimit(MAX_MESSAGE_BYTES);
        return Message.parse(coded);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
